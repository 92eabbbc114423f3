"""`python -m mlsysim`: the simulator from a terminal. Exit codes: 0 fine, 1 what was asked for cannot exist, 2 usage."""

from __future__ import annotations

import argparse
import sys

from mlsysim import __version__
from mlsysim import command_catalog as catalog
from mlsysim import command_estimate as estimate
from mlsysim import command_layout as layout
from mlsysim import command_validate as validate
from mlsysim.command_output import Usage, report_error
from mlsysim.errors import MlsysimError, UnknownName

FINE, INFEASIBLE, USAGE = 0, 1, 2
_COMMANDS = (catalog, estimate, layout, validate)


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line as the simulator reports wrong input: a sentence, with near matches."""

    def _check_value(self, action, value):
        if action.choices is not None and value not in action.choices:
            what = "command" if isinstance(action, argparse._SubParsersAction) else f"value of {action.option_strings[0]}"
            raise Usage(str(UnknownName(what, value, [str(c) for c in action.choices])))

    def error(self, message):
        raise Usage(f"{self.prog}: {message}. Run `{self.prog} --help` for what it takes.")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    shared = _Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
    top = _Parser(
        prog="mlsysim",
        description="A first-principles simulator of machine learning systems.",
        epilog="Exit codes: 0 fine, 1 what was asked for cannot exist, 2 usage.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"mlsysim {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for module in _COMMANDS:
        module.add_to(commands, [shared])
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code.

    >>> main(["devices", "--kind", "wafer", "--json"])  # doctest: +ELLIPSIS
    [{"name": "wse2", ...
    0
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        options = parser().parse_args(arguments)
        return options.run(options)
    except (Usage, MlsysimError) as error:
        return report_error(error, as_json="--json" in arguments)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return FINE


if __name__ == "__main__":
    sys.exit(main())
