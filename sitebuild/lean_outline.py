"""Let marimo look for headings only where there are any.

For its outline marimo parses each output of a cell a second time, as a document of its own. An instrument's output is
100 kB of charts and has no heading, so at every slider's move this was a quarter of what the page computes.
"""

import re
from pathlib import Path

from .front_change import change_script

MARK = "=`h1, h2, h3, h4, h5, h6`;function "
PARSES = re.compile(r"(=`h1, h2, h3, h4, h5, h6`;function [\w$]+\((?P<html>[\w$]+)\)\{if\(typeof DOMParser>`u`)(?=\)return null;)")


def outline_where_headings_are(assets: Path) -> None:
    """Change the script of the copied front end that makes the outline; BuildError where it does not read as expected."""
    change_script(assets, MARK, PARSES, r"\1||!/<h[1-6]/i.test(\g<html>)", "Each output would be parsed twice.", "sitebuild/lean_outline.py")
