r"""Numbers that can show their work.

A result is a frozen dataclass whose fields are made with `quantity`: each carries its symbol, unit, formula and
source. The formula is one LaTeX template in which `<name>` stands for another field of the same result:

    time_s: float = quantity("T", "s", formula=r"\frac{<work_flop>}{<rate_flop_per_s>}", source="definition of a rate")

`show_work` renders it twice, with symbols and with the numbers of one result put in. A field without a formula was
given; where it came from stands in its `source`, or, when it differs from call to call (a datasheet), in the
result's own `sources` mapping. A formula without a source has that of its class: the docstring's "Source: …". Fields
that hold many values (samples, a timeline) are made with `series`.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import cache

from mlsysim.errors import WrongType, one_of
from mlsysim.units import fmt, fmt_latex

_SPECIAL = re.compile(r"[_%&#$]")  # what LaTeX reads as a command even inside \text
_HOLE = re.compile(r"<([a-z_][a-z0-9_]*)>")
_TIMES = re.compile(r"(?<=[>\d])(?<!_\d)(?:\s|\\,)*(?=<[a-z])")  # symbols side by side multiply; numbers need a dot to do so
_SAID = re.compile(r"\bSources?: (.+?)(?:(?<!et al)\.(?=\s|$)|\n\s*\n|$)", re.S)
FORMS = ("steps", "text", "markdown", "html")


def quantity(symbol: str, unit: str, *, formula: str = "", source: str = "", doc: str = "", **options):
    """A dataclass field for one number (or one word) with its LaTeX symbol, unit, formula template and source."""
    meta = {"symbol": symbol, "unit": unit, "formula": formula, "source": source, "doc": doc}
    return dataclasses.field(metadata=meta, **options)


def series(unit: str, *, doc: str = "", **options):
    """A dataclass field for many values of one unit; it is neither logged nor shown as work."""
    return dataclasses.field(metadata={"series": True, "unit": unit, "doc": doc}, repr=False, **options)


def sources(**options):
    """The dataclass field `sources`: where the given numbers of this very result came from, by field name."""
    options = options or {"default_factory": dict}
    return dataclasses.field(repr=False, compare=False, kw_only=True, **options)


@dataclass(frozen=True)
class Step:
    """One number with everything that is known about it."""

    name: str
    symbol: str
    value: object
    unit: str
    formula: str  # LaTeX with symbols, "" for a given number
    substituted: str  # LaTeX with numbers, "" for a given number
    source: str
    doc: str


class Work(tuple):
    """The steps of one result, in the order in which the result declares them."""

    def text(self) -> str:
        """One line a step, for a terminal."""
        lines = []
        for s in self:
            how = f"  = {s.substituted}" if s.substituted else ""
            lines.append(f"{s.name} = {_shown(s)}{how}  [{s.source or 'given'}]")
        return "\n".join(lines)

    def markdown(self) -> str:
        """A list for a notebook or a page, with LaTeX between dollar signs."""
        lines = []
        for s in self:
            head = f"- ${s.symbol}$ = {_shown(s)}" + (f" ({s.doc})" if s.doc else "")
            how = f": ${s.symbol} = {s.formula} = {s.substituted}$" if s.formula else ""
            lines.append(f"{head}{how}. *{s.source or 'given'}*")
        return "\n".join(lines)

    def html(self) -> str:
        """A table for a page that typesets LaTeX between \\( and \\), as notebooks do."""
        from html import escape

        rows = []
        for s in self:
            how = rf"\({escape(s.symbol + ' = ' + s.formula + ' = ' + s.substituted if s.formula else s.symbol)}\)"
            cells = (how, escape(_shown(s)), escape(s.doc), escape(s.source or "given"))
            rows.append(f"<tr><th scope='row'><code>{escape(s.name)}</code></th>{''.join(f'<td>{c}</td>' for c in cells)}</tr>")
        head = "".join(f"<th scope='col'>{word}</th>" for word in ("quantity", "formula", "value", "meaning", "source"))
        return f"<table class='mlsysim-work'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def _repr_markdown_(self) -> str:  # what a notebook shows for a cell that ends in show_work(result)
        return self.markdown()


def show_work(result, fmt: str = "steps"):
    """Every quantity of a result: value, unit, formula, numbers put in, source. Nested results follow inline.

    A tuple of `Step` by default, which a notebook shows as Markdown; "text", "markdown" or "html" give a page of that kind.
    Errors: WrongType for what is no result, OutOfRange for another form.

    >>> from mlsysim.roofline import estimate
    >>> r = estimate(operations=2e9, traffic_bytes=1e9, peak_flop_per_s=312e12, bandwidth_bytes_per_s=2.039e12)
    >>> show_work(r, "text").splitlines()[4].replace(chr(8239), " ")
    'intensity_flop_per_byte = 2.00 FLOP/B  = \\\\frac{\\\\text{2.00}\\\\,\\\\text{GFLOP}}{\\\\text{1.00}\\\\,\\\\text{GB}}  [definition]'
    """
    if not dataclasses.is_dataclass(result) or isinstance(result, type):
        raise WrongType(f"result is {result!r}, but show_work explains a result of mlsysim, which must be a dataclass.")
    one_of("fmt", fmt, FORMS)
    work = Work(_steps(result, ""))
    return work if fmt == "steps" else getattr(work, fmt)()


@cache
def source_of_class(cls: type) -> str:
    """What the docstrings name as source: of a result's class, of the function that returns it, or of its module.

    >>> from mlsysim.training_memory import TrainingState
    >>> source_of_class(TrainingState)
    'Rajbhandari et al. 2020, section 5 and 7'
    """
    import sys

    module = sys.modules.get(cls.__module__)
    makers = [f for f in vars(module).values() if getattr(f, "__annotations__", {}).get("return") in (cls.__name__, cls)] if module else []
    for thing in (cls, *makers, module):
        said = _SAID.search(getattr(thing, "__doc__", None) or "")
        if said:
            return " ".join(said[1].split())
    return ""


def values(result) -> dict[str, object]:
    """The plain numbers and words of a result by field name, as a log stores them; nested names are dotted."""
    return {s.name: s.value for s in show_work(result)}


def unit_of(result, name: str) -> str:
    """The unit of one field of a result (or of a result class)."""
    for f in dataclasses.fields(result):
        if f.name == name:
            return f.metadata.get("unit", "")
    raise WrongType(f"{type(result).__name__} has no field {name!r}.")


def _steps(result, prefix: str):
    own = {f.name: f for f in dataclasses.fields(result)}
    given = getattr(result, "sources", None) or {}
    for name, f in own.items():
        value, meta = getattr(result, name), f.metadata
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from _steps(value, f"{prefix}{name}.")
        elif "symbol" in meta:
            for hole in _HOLE.findall(meta["formula"]):
                if "symbol" not in getattr(own.get(hole), "metadata", ()):
                    raise WrongType(f"The formula of {type(result).__name__}.{name} names {hole!r}, which is no quantity of that result.")
            yield Step(
                name=prefix + name,
                symbol=meta["symbol"],
                value=value,
                unit=meta["unit"],
                formula=_HOLE.sub(lambda m: own[m[1]].metadata["symbol"], meta["formula"]),
                substituted=_HOLE.sub(
                    lambda m: _number(getattr(result, m[1]), own[m[1]].metadata["unit"]), _TIMES.sub(r" \\cdot ", meta["formula"])
                ),
                source=given.get(name) or meta["source"] or (source_of_class(type(result)) if meta["formula"] else ""),
                doc=meta["doc"],
            )


def _number(value, unit: str) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return fmt_latex(value, unit)
    return r"\text{" + _SPECIAL.sub(r"\\\g<0>", str(value)) + "}"


def _shown(step: Step) -> str:
    if isinstance(step.value, (int, float)) and not isinstance(step.value, bool):
        return fmt(step.value, step.unit)
    return str(step.value)
