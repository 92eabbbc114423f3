"""`mlsysim validate`: predictions against published measurements, from a checkout of the source."""

from __future__ import annotations

import os
import subprocess
import sys

from mlsysim.command_output import Usage


def add_to(commands, parents) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("validate", parents=parents, help="predictions against published measurements (source checkout)")
    command.set_defaults(run=_validate)


def checkout() -> str | None:
    """The folder that holds `validation/`, if the package runs from a checkout of its source."""
    here = os.path.dirname(os.path.abspath(__file__))
    above = os.path.dirname(os.path.dirname(here))
    return above if os.path.isfile(os.path.join(above, "validation", "__main__.py")) else None


def _validate(options) -> int:
    folder = checkout()
    if folder is None:
        raise Usage(
            "The measurements are not part of the installed package: clone the repository, "
            "install it with `pip install -e ./mlsysim_wheel`, and run `mlsysim validate` there."
        )
    arguments = ["--json"] if options.json else []
    return subprocess.run([sys.executable, "-m", "validation", *arguments], cwd=folder, check=False).returncode
