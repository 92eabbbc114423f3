"""What holds for every public function of the package, found by looking at it: finite, non-negative, monotone, below every ceiling.

A strategy is derived for each parameter from its name, its type or its default; a function for which one is missing is
left to the tests of its module. A call may refuse its arguments, with one of the package's errors and no other.
"""

import contextlib
import dataclasses
import inspect
import math
import signal
import time

import mlsysim
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlsysim import catalog, convnet, fixed_batching, inference_cards, iron_law, layout, published_training
from mlsysim.errors import MlsysimError

SKIPPED = ("catalog", "catalog_entries", "errors", "explore", "quantity", "units")  # nothing to compute, or tests of their own
whole, amount, share = st.integers(1, 64), st.floats(1e-3, 1e15), st.floats(1e-3, 1.0)
MODELS = tuple(published_training.megatron_model(name) for name in ("1.7B", "18.4B", "174.6B"))
JOBS = tuple(iron_law.Job.of(catalog.model(name)) for name in ("ds_cnn_s", "resnet50", "llama3_8b"))
BY_TYPE = {
    "Device": st.sampled_from(catalog.devices()),
    "Machine": st.sampled_from(catalog.machines()),
    "Machine | str": st.sampled_from(catalog.machine_names()),
    "Model": st.sampled_from(catalog.models()),
    "Job": st.sampled_from(JOBS),
    "Job | str": st.sampled_from(JOBS),
    "iron_law.Job": st.sampled_from(JOBS),
    "Transformer": st.sampled_from(MODELS),
    "Layout": st.builds(layout.Layout, st.sampled_from([1, 2, 8]), st.sampled_from([1, 2, 8]), st.sampled_from([1, 2])),
    "InferenceCard | str": st.sampled_from(inference_cards.card_names()),
    "Network": st.just(convnet.mobilenet_v1(0.25, 128)),
    "IronLaw": st.just(iron_law.on_machine(JOBS[2], catalog.machine("h100_sxm"))),
    "bool": st.booleans(),
}
BY_NAME = {
    "fmt": st.sampled_from(["fp32", "fp16", "bf16", "fp8", "int8"]),
    "part": st.sampled_from(iron_law.PARTS),
    "phase": st.sampled_from(["decode", "prefill", "inference"]),
    "schedule": st.sampled_from(["gpipe", "1f1b", "interleaved"]),
    "algorithm": st.sampled_from(["ring", "binary tree", "double binary tree", "parameter server"]),
    "recomputation": st.sampled_from(["none", "selective", "full"]),
    "precision": st.sampled_from(["mixed", "fp32"]),
    "stage": st.integers(0, 3),
    "gpus": st.sampled_from([1, 8, 64, 512, 1024]),
    "batch": st.sampled_from([1, 8, 64, 1536]),
    "load": st.floats(0.05, 0.95),
    "arrivals_per_s": st.floats(1.0, 500.0),
    "service_s": st.floats(1e-4, 1e-2),
    "rate_per_s": st.floats(0.1, 1e3),
    "cs2": st.floats(0.0, 10.0),
    "share": st.floats(0.01, 0.99),
    "factor": st.floats(1.0, 100.0),
    "bubble_percent": st.integers(1, 99),
    "efficiency": share,
    "usable_share": share,
    "compute_efficiency": share,
    "memory_efficiency": share,
    "mapped_share": share,
    "long_share": share,
    "joules_per_flop": st.floats(1e-15, 1e-9),
    "joules_per_byte": st.floats(1e-15, 1e-9),
    "idle_power_w": st.floats(0.0, 10.0),
    "full_power_w": st.floats(10.0, 100.0),
    "peak_flop_per_s": st.floats(1e6, 1e16),
    "peak_ops_per_s": st.floats(1e6, 1e16),
    "bandwidth_bytes_per_s": st.floats(1e3, 1e14),
    "node_bytes_per_s": st.floats(1e6, 1e13),
    "network_bytes_per_s": st.floats(1e6, 1e13),
    "link_bytes_per_s": st.floats(1e6, 1e13),
    "microbatches": whole,
    "requests": st.just(60),
    "items": st.just(200),
    "answers": st.just(12),
    "cache_lines": st.integers(3, 64),
    "n": st.integers(4, 12),
    "tile": st.integers(1, 4),
    "seed": st.integers(0, 5),
    "points": st.integers(2, 5),
    "given": st.none(),
}
BY_ENDING = {"_s": st.floats(1e-7, 1e3), "_bytes": st.floats(1.0, 1e13), "_w": st.floats(0.1, 1e3), "_share": share, "_per_s": st.floats(1.0, 1e12)}
# Which way a result's time moves when one argument doubles
SLOWER = ("operations", "traffic_bytes", "data_bytes", "message_bytes", "latency_s", "overhead_s", "node_latency_s", "network_latency_s", "idle_power_w")
FASTER = ("bandwidth_bytes_per_s", "peak_flop_per_s", "peak_ops_per_s", "node_bytes_per_s", "network_bytes_per_s", "link_bytes_per_s")
# Differences, which may be below zero (other fields say so in their doc); shares of something that may be exceeded
SIGNED = {"queue_s", "shortening_share", "growth_share"}
BEYOND_ONE = {"load", "share", "memory_share", "growth_share", "kv_peak_share"}
BELOW_ZERO = ("below zero", "below 0", "negative")  # what a field's description says where it may be
ENDLESS = ("infinit", "∞", "never", "without end", "no limit")  # what a docstring or a source says where a number may have no end
CALM = {None, "ok", "fits", "stable"}


def strategy(parameter):
    """A strategy for one parameter, or None if neither name, type nor default tells what it is."""
    kind = parameter.annotation if isinstance(parameter.annotation, str) else ""
    if parameter.name in BY_NAME:
        return BY_NAME[parameter.name]
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    default = parameter.default
    if isinstance(default, bool):
        return st.booleans()
    if default is not parameter.empty and not isinstance(default, (int, float)):
        return st.just(default)
    ending = next((s for end, s in BY_ENDING.items() if parameter.name.endswith(end)), None)
    if ending is not None:
        return ending
    if kind == "int" or isinstance(default, int):
        return whole
    if isinstance(default, float):
        return st.floats(*sorted((default / 2, default * 2))) if default else st.just(default)
    return amount if parameter.name in ("operations", "intensity_flop_per_byte", "parameters", "tokens", "m", "k", "seconds") else None


def public_functions():
    """Every public function that computes, with strategies for its parameters."""
    for module_name in mlsysim._MODULES:
        module = getattr(mlsysim, module_name)
        for name, f in vars(module).items():
            mine = callable(f) and not inspect.isclass(f) and getattr(f, "__module__", "") == module.__name__
            if not mine or name.startswith(("_", "as_")) or module_name in SKIPPED or module_name.startswith("command_"):
                continue
            found = {p.name: strategy(p) for p in inspect.signature(f).parameters.values()}
            if None not in found.values():
                yield pytest.param(f, st.fixed_dictionaries(found), id=f"{module_name}.{name}")


FUNCTIONS = list(public_functions())
BUDGET_S, LONGEST_S = 0.1, 5.0  # a function; a single call of it
quick = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)


@contextlib.contextmanager
def at_most(seconds):
    """Ends a call that never would."""

    def end(*_):
        raise AssertionError(f"a call with everyday arguments took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def numbers(result, doc="", prefix=""):
    """Every number of a result as (name, unit, value, whether all is well by the result's own word, what is said about it)."""
    if dataclasses.is_dataclass(result):
        calm = {getattr(result, word, None) for word in ("state", "word")} <= CALM
        for f in dataclasses.fields(result):
            value = getattr(result, f.name)
            if dataclasses.is_dataclass(value):
                yield from numbers(value, doc, f"{prefix}{f.name}.")
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                yield prefix + f.name, f.metadata.get("unit", ""), value, calm, f.metadata.get("doc", "")
    elif isinstance(result, (int, float)) and not isinstance(result, bool):
        yield prefix or "result", "", result, False, doc
    elif isinstance(result, (tuple, list)):
        for i, value in enumerate(result[:20]):
            yield from numbers(value, doc, f"{prefix}[{i}]")


def holds(result, f):
    """Assert what is true of every result of a function."""
    cls = type(result)
    said = " ".join([cls.__doc__ or "", f.__doc__ or "", inspect.getmodule(f).__doc__ or "", *(str(dict(x.metadata)) for x in _fields(cls))])
    endless = any(word in said for word in ENDLESS)
    free = not f.__name__.endswith(tuple(BY_ENDING))  # a bare number whose name does not say that it is an amount
    for name, unit, value, calm, doc in numbers(result, f.__doc__ or ""):
        last = name.rpartition(".")[2].rpartition("]")[2]
        signed = last in SIGNED or last.endswith("_exponent") or any(word in doc for word in BELOW_ZERO) or (name == "result" and free)
        assert not math.isnan(value), f"{name} is no number"
        assert value >= 0 or signed, f"{name} is {value}"
        assert math.isfinite(value) or endless or not calm, f"{name} is endless and nothing says why"
        beyond = last in BEYOND_ONE or "load" in last or "above 1" in doc
        assert unit != "share" or value <= 1 + 1e-9 or beyond or not calm, f"{name} is {value:.3g} of a whole"
    below_its_ceilings(result)


def _fields(cls):
    return dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()


def below_its_ceilings(result):
    """No result computes faster than its peak, or moves more than its bandwidth."""
    get = lambda *names: next((getattr(result, n) for n in names if hasattr(result, n)), None)  # noqa: E731
    time_s, many = get("time_s"), get("gpus", "chips", "cards") or 1
    if not dataclasses.is_dataclass(result) or not time_s:
        return
    for work, rate in ((get("operations"), get("peak_flop_per_s", "peak_ops_per_s")), (get("traffic_bytes", "data_bytes"), get("bandwidth_bytes_per_s"))):
        if work is not None and rate is not None:
            assert work <= rate * many * time_s * (1 + 1e-9), f"{type(result).__name__} beats its ceiling"


@pytest.mark.parametrize(("f", "arguments"), FUNCTIONS)
def test_results_are_physical_or_refused(f, arguments):
    until = [time.perf_counter() + BUDGET_S]

    @quick
    @given(arguments)
    def physical(found):
        if time.perf_counter() > until[0]:
            return
        try:
            with at_most(LONGEST_S):
                result = f(**found)
        except MlsysimError:
            return
        try:
            holds(result, f)
            assert f(**found) == result, "the same question has the same answer"
        except AssertionError:
            until[0] = math.inf  # a failure is repeated and made small, whatever it takes
            raise

    physical()


DIRECTED = [
    pytest.param(*p.values, argument, sign, id=f"{p.id}({argument})")
    for p in FUNCTIONS
    for names, sign in ((SLOWER, 1), (FASTER, -1))
    for argument in names
    if argument in inspect.signature(p.values[0]).parameters
]


@pytest.mark.parametrize(("f", "arguments", "argument", "sign"), DIRECTED)
def test_more_work_is_never_sooner_and_a_faster_part_never_later(f, arguments, argument, sign):
    until = time.perf_counter() + BUDGET_S

    @quick
    @given(arguments)
    def monotone(found):
        if not found[argument] or time.perf_counter() > until:
            return
        try:
            before, after = (f(**{**found, argument: found[argument] * k}) for k in (1, 2))
        except MlsysimError:
            return
        for name in ("time_s", "energy_j"):
            if hasattr(before, name):
                assert sign * (getattr(after, name) - getattr(before, name)) >= -1e-9 * getattr(before, name)

    monotone()


def test_most_functions_are_covered():
    ids = {p.id for p in FUNCTIONS}
    assert len(ids) >= 70 and len(DIRECTED) >= 25
    for name in ("roofline.estimate", "iron_law.estimate", "parallelism.estimate_layout", "collectives.all_reduce", "serving.serve_slots"):
        assert name in ids
    assert fixed_batching.resnet50_fp16().operations > 0
