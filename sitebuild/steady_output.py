"""Let a lab's output stay as it looks until the next one is there.

marimo fades an output while its cell runs. The two changes of its class make the browser work out the style of everything
in it anew, widgets and all, which took a quarter of a slider's move, and the next output is there before the fading shows.
In an editable copy, where a stale output means something, it stays.
"""

import re
from pathlib import Path

from .front_change import change_script

MARK = "`marimo-output-loading`"
SHOWS = re.compile(r"(?P<read>stale:(?P<stale>[\w$]+),loading:(?P<loading>[\w$]+),allowExpand:[^}]*\}=[\w$]+)(?=;)")
READING = "globalThis.__MARIMO_MOUNT_CONFIG__?.mode===`read`"


def keep_outputs_steady(assets: Path) -> None:
    """Change the script of the copied front end that shows outputs; BuildError where it does not read as expected."""
    new = rf"\g<read>;{READING}&&(\g<stale>=\g<loading>=!1)"
    change_script(assets, MARK, SHOWS, new, "Each move of a slider would style a whole output twice.", "sitebuild/steady_output.py")
