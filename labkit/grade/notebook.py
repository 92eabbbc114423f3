# /// script
# requires-python = ">=3.11"
# dependencies = ["marimo", "mlsysim", "mlsys-labs[grade]"]
#
# [tool.uv.sources]
# mlsysim = { path = "../../mlsysim_wheel" }
# mlsys-labs = { path = "../.." }
# ///

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Grade a class", width="medium", css_file="../assets/labkit.css")

with app.setup:
    import tempfile
    from pathlib import Path

    import marimo as mo
    from labkit.grade.class_report import class_report
    from labkit.grade.collect import count
    from labkit.grade.gradebook import gradebook, lms_columns
    from labkit.grade.session import grade, titles, write_sample
    from labkit.grade.weights import Weights


@app.cell
def _():
    mo.md("""
    # Grade a class

    What `python -m labkit.grade` does, step by step: choose what was handed in, set the points, read the report, look at
    single logs, take the gradebook. Everything stays on this machine.
    """)
    return


@app.cell
def _():
    asked = mo.cli_args()
    labs = Path(str(asked.get("labs") or Path(__file__).parents[2] / "labs"))
    names = {title: lab for lab, title in titles(labs).items()}
    mo.stop(not names, mo.md(f"**{labs} holds no labs.** Start with `marimo run labkit/grade/notebook.py -- --labs FOLDER`."))
    return asked, labs, names


@app.cell
def _(asked, names):
    place = mo.ui.text(value=str(asked.get("logs") or ""), label="A folder or a zip on this machine", placeholder="submissions.zip", full_width=True)
    upload = mo.ui.file(filetypes=[".zip", ".json"], multiple=True, max_size=500_000_000, label="Logs, or a zip from your LMS")
    lab = mo.ui.dropdown(options=names, value=next(iter(names)), label="Lab")
    students = mo.ui.number(5, 500, value=40, label="Students")
    return lab, place, students, upload


@app.cell
def _(lab, place, students, upload):
    source = mo.ui.tabs(
        {
            "A folder or zip": place,
            "Upload": upload,
            "A made-up class": mo.hstack([lab, students], justify="start", align="end"),
        }
    )
    go = mo.ui.run_button(label="Grade")
    mo.vstack([mo.md("## What was handed in"), source, go])
    return go, source


@app.cell
def _(asked, go, lab, labs, place, source, students, upload):
    mo.stop(not (go.value or asked.get("logs")), mo.md("Nothing is graded yet. Press *Grade*."))

    def handed_in(folder: Path) -> Path:
        """Where the logs are: as chosen, or written into a folder that goes away."""
        if source.value == "A folder or zip":
            if not place.value.strip():
                raise ValueError("Name a folder of logs or a zip from your LMS.")
            return Path(place.value.strip()).expanduser()
        if source.value == "A made-up class":
            write_sample(labs, folder, int(students.value), lab.value)
            return folder
        for number, file in enumerate(upload.value):
            (folder / str(number)).mkdir()  # two files may have one name
            (folder / str(number) / Path(file.name).name).write_bytes(file.contents)
        return folder

    _problem, rows = "", []
    try:
        with tempfile.TemporaryDirectory() as _folder:
            _logs = handed_in(Path(_folder))
            with mo.status.progress_bar(total=max(1, count(_logs)), title="Replaying the logs", remove_on_exit=True) as _bar:
                rows = grade(_logs, labs, on_done=lambda done: _bar.update(increment=done - _bar.current))
    except (OSError, ValueError) as _error:
        _problem = str(_error)
    mo.stop(bool(_problem), mo.md(f"**Nothing was graded.** {_problem}"))
    return (rows,)


@app.cell
def _():
    _words = {
        "complete": "completeness", "replays": "every number replays", "explained": "explanations", "decision": "decision", "drills": "drills",
    }  # fmt: skip
    points = mo.ui.dictionary({name: mo.ui.number(0, 100, value=getattr(Weights(), name), label=words) for name, words in _words.items()})
    mo.vstack([mo.md("## Points"), mo.hstack(list(points.elements.values()), justify="start", wrap=True)])
    return (points,)


@app.cell
def _(points, rows):
    weights = Weights(**{name: float(value or 0) for name, value in points.value.items()})
    book = gradebook(rows, weights)
    _broken = sum(bool(r.reason) for r in rows)
    _flagged = sum(bool(r.flags) for r in rows)
    table = mo.ui.table(book, selection="single", page_size=12, label="Choose a row to see that log's evidence.")
    mo.vstack(
        [
            mo.md(f"## Gradebook\n\n{len(rows)} files: {len(rows) - _broken} graded, {_broken} not readable, {_flagged} flagged."),
            table,
            mo.hstack(
                [
                    mo.download(book.write_csv().encode("utf-8-sig"), filename="gradebook.csv", label="Gradebook (CSV)"),
                    *(
                        mo.download(lms_columns(book, lms).write_csv().encode("utf-8-sig"), filename=f"gradebook-{lms}.csv", label=lms.capitalize())
                        for lms in ("canvas", "moodle", "blackboard")
                    ),
                ],
                justify="start",
            ),
        ]
    )
    return book, table, weights


@app.cell
def _(rows, table):
    mo.stop(not len(table.value), mo.md("*No log is chosen.*"))
    _row = next(r for r in rows if r.place == table.value["file"][0].removeprefix("'"))
    _plain = str.maketrans({c: f"&#{ord(c)};" for c in "&<>`*_[]#|$\\"})  # what a student wrote is text, never markup
    mo.vstack(
        [
            mo.md(f"### {(_row.student or _row.place).translate(_plain)}"),
            mo.md(_row.reason.translate(_plain) or f"{_row.complete:.0%} complete, {_row.minutes:.0f} minutes, {_row.words} words."),
            mo.ui.table(
                [{"part": g.part, "said": str(g.said), "true": str(g.truth), "interval held it": g.right} for g in _row.guesses], selection=None
            ),
            *(mo.plain_text(words) for words in (*_row.flags, *_row.texts)),
        ]
    )
    return


@app.cell
def _(labs, rows, weights):
    report = class_report(rows, weights, titles(labs))
    mo.vstack(
        [
            mo.md("## Class report"),
            mo.download(report.encode(), filename="class.html", mimetype="text/html", label="Report (HTML)"),
            mo.iframe(report, height="900px"),
        ]
    )
    return (report,)


if __name__ == "__main__":
    app.run()
