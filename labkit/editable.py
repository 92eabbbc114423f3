"""Editable copies of a lab: a notebook that says so in its first lines. What is recorded in one enters no log.

The site's `lab_x.edit.html` is such a copy (sitebuild/edit_page.py). The mark is a comment above `import marimo`, which
marimo keeps when it saves, so a copy stays one when it is downloaded. It tells honest work apart and stops nobody: whoever
can edit code can take the comment away. docs/integrity.md says what a log proves.
"""

from pathlib import Path

MARK = "# An editable copy of a lab: what is recorded in it enters no log. (labkit/editable.py)"
BAR = "editable copy: nothing enters your log"
WHY = "This is an editable copy of the lab. Nothing that you record in it is stored."


def is_copy(notebook: str) -> bool:
    """Whether this notebook's file carries the mark.

    >>> is_copy("no_such_notebook.py")
    False
    """
    path = Path(notebook)
    if not notebook or not path.is_file():
        return False
    return MARK in path.read_text(encoding="utf-8", errors="replace").partition("import marimo")[0]
