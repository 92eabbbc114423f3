"""Predictions of mlsysim against published measurements: `python -m validation` in `mlsysim_wheel`, or `make validate`.

`cases.jsonl` holds one published number a line. Each family turns the configuration of a case into a prediction with the
ordinary functions of the simulator; `score` compares. Nothing here is part of the wheel.
"""
