"""Measured training runs from the literature, to compare the models with (`data/published/`)."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from mlsysim._datafile import load
from mlsysim.errors import UnknownName, named
from mlsysim.transformer import Transformer


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One row of a published table."""

    model: Transformer
    method: str  # "ptd" (pipeline, tensor and data parallel) or "zero3"
    table: int
    tensor: int
    pipeline: int
    gpus: int
    batch: int  # sequences a step
    flop_per_s_per_gpu: float  # counts the FLOP of a full recomputation
    fit: bool  # a parameter of our cluster data was solved from this row
    source: str


def megatron_model(name: str) -> Transformer:
    """A GPT of Narayanan et al., SC21, by its name there, `nominal_parameters` set. Errors: UnknownName.

    >>> megatron_model("174.6B").hidden
    12288
    """
    models = _read()[0]
    named("published model", name, models)
    return models[name]


def megatron_runs(method: str | None = None) -> tuple[TrainingRun, ...]:
    """The runs of Narayanan et al., SC21, Tables 1 and 2, all or those of one method. Errors: UnknownName.

    >>> [round(r.flop_per_s_per_gpu / 1e12) for r in megatron_runs("zero3")]
    [144, 88, 44, 138, 98, 48]
    """
    runs = _read()[1]
    if method is None:
        return runs
    if method not in ("ptd", "zero3"):
        raise UnknownName("training method", method, ("ptd", "zero3"))
    return tuple(r for r in runs if r.method == method)


@functools.cache
def _read():
    raw = load("published/megatron_sc21.json")
    models = {
        name: Transformer(name, m["layers"], m["hidden"], m["heads"], raw["sequence"], raw["vocabulary"], m["nominal_parameters"])
        for name, m in raw["models"].items()
    }
    runs = tuple(
        TrainingRun(
            model=models[r["model"]],
            method=r["method"],
            table=r["table"],
            tensor=r["tensor"],
            pipeline=r["pipeline"],
            gpus=r["gpus"],
            batch=r["batch"],
            flop_per_s_per_gpu=r["tflop_per_s_per_gpu"] * 1e12,
            fit=r["fit"],
            source=f"{raw['source']}, Table {r['table']}",
        )
        for r in raw["runs"]
    )
    return models, runs
