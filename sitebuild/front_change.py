"""Changes to a script of the copied front end, or a stop of the build that says what to look at."""

import re
from pathlib import Path

from .errors import BuildError


def change_script(assets: Path, mark: str, old: re.Pattern, new: str, why: str, module: str) -> Path:
    """Replace what stands once in the one script that contains a mark; that script.

    Raises BuildError, with the reason for the change and the module to adapt, where there is another number of such scripts
    or of such places: then it is another front end, and somebody has to look.
    """
    found = [p for p in sorted(assets.glob("*.js")) if mark in p.read_text(encoding="utf-8")]
    if len(found) != 1:
        raise BuildError(f"marimo's front end has {len(found)} scripts with `{mark}`, expected one. {why} See how it does this now, and adapt {module}.")
    text, times = old.subn(new, found[0].read_text(encoding="utf-8"))
    if times != 1:
        raise BuildError(f"{found[0].name} of marimo's front end has {old.pattern} {times} times, expected once. {why} Adapt {module}.")
    found[0].write_text(text, encoding="utf-8")
    return found[0]


def put_before(script: Path, ours: Path) -> None:
    """Put a script of ours before one of the front end's, without its opening comment and indentation: it travels with a first visit."""
    text = ours.read_text(encoding="utf-8")
    lines = [line.strip() for line in text[text.index("*/") + 2 :].splitlines() if line.strip()]
    script.write_text("\n".join([*lines, script.read_text(encoding="utf-8")]), encoding="utf-8")
