"""`python -m validation [--json] [--write DOCS]`: predict every case, print the scores, write page and chart."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from validation import chart, measured, report
from validation.cases import FILE, read
from validation.score import predict_all, score


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="validation", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--cases", type=Path, default=FILE, help="a file of cases, one JSON object a line")
    parser.add_argument("--measured", type=Path, metavar="FILE", nargs="+", default=measured.files(), help="files that tools/measure_gpu.py wrote")
    parser.add_argument("--write", type=Path, metavar="DOCS", help="write validation.md and validation.svg into this folder")
    options = parser.parse_args()
    results = predict_all([*read(options.cases), *(case for file in options.measured for case in measured.read(file))])
    scores = score(results)
    if options.json:
        print(json.dumps(report.as_json(results, scores), indent=1))
    else:
        print(report.table(scores))
        print()
        print(report.summary(results, scores))
    if options.write:
        (options.write / "validation.md").write_text(report.page(results, scores), encoding="utf-8")
        (options.write / "validation.svg").write_text(chart.svg(scores), encoding="utf-8")


if __name__ == "__main__":
    main()
