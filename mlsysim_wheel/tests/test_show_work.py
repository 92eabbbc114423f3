"""Every number of every result can show its work: unit, formula or where it was given, and a source."""

import dataclasses
import inspect
import re
from html.parser import HTMLParser

import mlsysim
import pytest
from mlsysim import catalog, collectives, iron_law, kv_cache, phases, queueing, roofline
from mlsysim.errors import OutOfRange, WrongType
from mlsysim.quantity import show_work, source_of_class


def results():
    """Every dataclass of the package that has quantities."""
    for name in mlsysim._MODULES:
        module = getattr(mlsysim, name)
        for cls in vars(module).values():
            if inspect.isclass(cls) and dataclasses.is_dataclass(cls) and cls.__module__ == module.__name__:
                if any("symbol" in f.metadata for f in dataclasses.fields(cls)):
                    yield pytest.param(cls, id=f"{name}.{cls.__name__}")


RESULTS = list(results())


@pytest.mark.parametrize("cls", RESULTS)
def test_every_field_has_a_unit_and_a_formula_or_where_it_was_given(cls):
    known = {f.name for f in dataclasses.fields(cls)}
    for f in dataclasses.fields(cls):
        if f.name == "sources" or "series" in f.metadata or dataclasses.is_dataclass(_type(cls, f)):
            continue
        where, meta = f"{cls.__name__}.{f.name}", f.metadata
        assert "symbol" in meta, f"{where} is made with neither quantity nor series"
        word = any(kind in str(f.type) for kind in ("str", "bool"))
        assert meta["symbol"] and (meta["unit"] or word), f"{where} has no unit"
        assert not meta["formula"] or meta["source"] or source_of_class(cls), f"the formula of {where} has no source"
        assert set(re.findall(r"<([a-z_][a-z0-9_]*)>", meta["formula"])) <= known, f"the formula of {where} names no field"
        assert meta["formula"].count("{") == meta["formula"].count("}"), f"the formula of {where} is no LaTeX"


@pytest.mark.parametrize("cls", RESULTS)
def test_results_are_frozen(cls):
    assert cls.__dataclass_params__.frozen and cls.__doc__


def _type(cls, field):
    """The class that a field's annotation names, or None."""
    return getattr(inspect.getmodule(cls), field.type, None) if isinstance(field.type, str) else field.type


def test_most_of_the_package_is_covered():
    assert len(RESULTS) >= 35


ANSWERS = [
    roofline.on_device(1e12, 1e9, catalog.device("h100_sxm"), "bf16"),
    iron_law.on_machine(iron_law.Job.of(catalog.model("llama3_8b")), catalog.machine("h100_sxm")),
    collectives.all_reduce(1e6, 8, 1e-6, 1e9),
    queueing.mm1(8, 0.1),
    kv_cache.kv_token(catalog.model("llama3_8b")),
    phases.phase_on_device(catalog.model("llama3_8b"), catalog.device("h100_sxm"), "decode"),
]


class Cells(HTMLParser):
    """Collects the text of every table row."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.rows[-1] += data + "|"


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: type(a).__name__)
def test_three_forms_say_the_same(answer):
    steps = show_work(answer)
    text, page, table = (show_work(answer, form) for form in ("text", "markdown", "html"))
    cells = Cells(table)
    assert len(text.splitlines()) == len(page.splitlines()) == len(steps) == len(cells.rows) - 1 and not cells.open
    for step, line, item, row in zip(steps, text.splitlines(), page.splitlines(), cells.rows[1:], strict=True):
        assert line.startswith(step.name) and step.name in row
        for source in (step.source or "given",):
            assert source in line and source in item and source in row
        assert "<" not in step.formula.replace(r"\left<", "") and "<" not in step.substituted
    assert steps._repr_markdown_() == page


def test_what_a_data_sheet_states_names_it():
    steps = {s.name: s for s in show_work(ANSWERS[0])}
    assert steps["peak_flop_per_s"].source == catalog.device("h100_sxm").source("peak_flop_per_s")
    assert steps["time_s"].source == roofline.PAPER and r"\frac{\text{1.00}\,\text{TFLOP}}" in steps["time_s"].substituted


def test_html_is_safe():
    job = iron_law.Job("<script>", 1.0, 1.0, source="<b>me</b> & you")
    page = show_work(iron_law.on_machine(job, catalog.machine("h100_sxm")), "html")
    assert "<script>" not in page and "&lt;b&gt;me&lt;/b&gt; &amp; you" in page


def test_a_formula_without_a_source_has_that_of_its_docstring():
    @dataclasses.dataclass(frozen=True)
    class Cited:
        """A thing. Source: Someone et al. 1999, page 3. More words."""

        a: float = mlsysim.quantity.quantity("a", "s")
        b: float = mlsysim.quantity.quantity("b", "s", formula=r"2 \cdot <a>")

    assert [s.source for s in show_work(Cited(1.0, 2.0))] == ["", "Someone et al. 1999, page 3"]


def test_another_form_and_another_thing_are_refused():
    with pytest.raises(OutOfRange, match="fmt is 'pdf', but must be one of 'steps', 'text'"):
        show_work(ANSWERS[0], "pdf")
    with pytest.raises(WrongType, match="result is 3"):
        show_work(3)
    assert mlsysim.show_work is show_work
