"""Let a lab whose tab lies behind others be quiet there.

marimo tells about every run of a notebook: it asks for the permission to show notifications when a run ends in a tab that is
not in front, which is any lab opened in a new tab while it starts, and it changes the tab's icon while Python runs. The page's
copy of the front end does neither; what a lab is doing stands on its page.
"""

import re
from pathlib import Path

from .front_change import change_script

MARK = "new Notification("
ASKS = re.compile(r"if\(document\.visibilityState===`visible`\)(?=return;let [\w$]+=async\(\)=>\{[\w$]+===0\?new Notification\()")
ICONS = re.compile(r"(?<=\{idle:)`\./favicon\.ico`,success:`data:[^`]+`,running:`data:[^`]+`,error:`data:[^`]+`(?=\})")
ICON = "../../favicon.svg"  # from any lab's page


def leave_the_tab_alone(assets: Path) -> None:
    """Change the script of the copied front end that tells about runs; BuildError where it does not read as expected."""
    module = "sitebuild/quiet_tab.py"
    change_script(assets, MARK, ASKS, "", "A lab must not ask to show notifications.", module)
    same = f"`{ICON}`,success:`{ICON}`,running:`{ICON}`,error:`{ICON}`"
    change_script(assets, MARK, ICONS, same, "A lab keeps its icon.", module)
