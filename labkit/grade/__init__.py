"""The instructor's side: read a class's logs, replay them, and write a gradebook. Never loaded in the browser.

    python -m labkit.grade logs/ --labs labs/ --out gradebook.csv

`collect` finds the logs, `replay` runs them again, `judge` turns one log into one row, `flags` looks across logs,
`best` finds how good a decision could have been, `session` is all of this in one call, `gradebook` and `class_report` write what
comes out. `notebook.py` is the same in a notebook: marimo run labkit/grade/notebook.py
"""
