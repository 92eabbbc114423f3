"""Let a chart follow a slider: one that differs in its numbers alone is not compiled anew.

marimo's front end ends a chart and embeds the next whenever its specification changes. `redraw.js`, which goes before the
script that embeds, hands the numbers to the chart that stands wherever it can.
"""

import re
from pathlib import Path

from .front_change import change_script, put_before

MARK = "[react-vega] Error creating view"
EMBEDS = re.compile(r"(?P<made>[\w$]+)=await (?P<embed>[\w$]+)\((?P<element>[\w$]+)\.current,(?P<spec>[\w$]+),(?P<options>[\w$]+)\)")
SCRIPT = Path(__file__).with_name("redraw.js")


def keep_views(assets: Path) -> None:
    """Change the script of the copied front end that embeds charts; BuildError where it does not read as expected."""
    new = r"\g<made>=await lkRedraw(\g<embed>,\g<element>.current,\g<spec>,\g<options>)"
    script = change_script(assets, MARK, EMBEDS, new, "Each move of a slider would compile its charts anew.", "sitebuild/redraw.py")
    put_before(script, SCRIPT)
