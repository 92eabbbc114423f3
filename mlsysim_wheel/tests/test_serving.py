"""Serving a language model in slots, and the room of its KV cache, against stated values and ceilings."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog
from mlsysim.errors import Infeasible, MlsysimError
from mlsysim.kv_cache import kv_capacity, kv_token
from mlsysim.quantity import show_work
from mlsysim.serving import ALLOCATIONS, POLICIES, WEIGHT_BITS, model_capacity, serve_slots
from mlsysim.slot_simulation import Cost, Plan, simulate

GPUS = ("l4", "a100_sxm_80gb", "h100_sxm")


def about(value, rel=5e-3):
    return pytest.approx(value, rel=rel)


# --- stated values of the volume I lab on serving, part C -------------------------------------------------------------


def test_static_batching_wastes_two_thirds_of_its_slots():
    static, continuous = serve_slots("static"), serve_slots("continuous")
    assert (static.slot_use, continuous.slot_use) == (about(0.324), about(0.776))
    assert (static.tokens_per_s, continuous.tokens_per_s) == (about(85.1), about(181))
    assert continuous.tokens_per_s / static.tokens_per_s == about(2.13)
    assert static.wanted_tokens / static.answers == about(184)


@pytest.mark.parametrize(
    ("settings_of_run", "tokens_per_s", "possible"),
    [
        ({}, 225, 27),
        ({"allocation": "paged"}, 270, 64),
        ({"allocation": "paged", "prompt_tokens": 8192}, 33.7, 4),
        ({"allocation": "paged", "weight_bits": 8}, 413, 64),
    ],
)
def test_sixty_four_slots_wanted(settings_of_run, tokens_per_s, possible):
    run = serve_slots("continuous", 64, **settings_of_run)
    assert run.tokens_per_s == about(tokens_per_s) and run.slots_possible == possible


def test_a_24_gb_card_holds_five_long_conversations():
    room = model_capacity(8192)
    assert (round(room.room_tokens), room.users) == (42_267, 5)
    assert model_capacity(8192, weight_bits=8).users == 12
    assert room.token_bytes == 131_072


def test_kv_bytes_follow_from_the_architecture():
    assert kv_token(catalog.model("llama3_8b")).token_bytes == 131_072
    assert kv_token(catalog.model("llama3_70b")).token_bytes == 327_680
    llama_70b = {"weights_bytes": 141.2e9, "token_bytes": 327_680, "context_tokens": 4096}
    users = [kv_capacity(memory_bytes=80e9 * gpus, **llama_70b).users for gpus in (1, 2, 4, 8)]
    assert users == [0, 2, 109, 323]


def test_what_limits_and_whether_it_fits():
    assert (serve_slots("static").limit, serve_slots("continuous").limit) == ("idle slots", "weight reading")
    full = serve_slots("continuous", 64)
    assert (full.limit, full.state) == ("KV capacity", "KV cache full")
    for remedy in ({"allocation": "paged"}, {"gpu": "h100_sxm"}):
        assert serve_slots("continuous", 64, **remedy).state == "fits"


def test_what_does_not_fit_is_said_and_answers_nothing():
    run = serve_slots(prompt_tokens=60_000)
    assert (run.state, run.slots_possible, run.tokens_per_s, run.bars) == ("does not fit", 0, 0.0, ())
    assert math.isinf(run.time_s) and show_work(run).text()
    assert kv_capacity(memory_bytes=16e9, weights_bytes=16e9, token_bytes=1e5, context_tokens=100).users == 0


# --- what must always hold --------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    policy=st.sampled_from(POLICIES),
    allocation=st.sampled_from(ALLOCATIONS),
    slots=st.integers(1, 64),
    prompt=st.sampled_from([128, 512, 2048, 8192]),
    bits=st.sampled_from(WEIGHT_BITS),
    gpu=st.sampled_from(GPUS),
)
def test_no_run_beats_the_memory_the_bandwidth_or_the_arithmetic(policy, allocation, slots, prompt, bits, gpu):
    run = serve_slots(policy, slots, prompt, allocation=allocation, weight_bits=bits, gpu=gpu)
    usable = min(slots, run.slots_possible)
    assert run.tokens_per_s <= usable * run.bandwidth_bytes_per_s / run.weights_bytes
    assert run.tokens_per_s <= run.efficiency * run.peak_flop_per_s / (2 * run.parameters)
    assert run.time_s >= run.answers * run.prefill_s + run.steps * run.overhead_s
    assert 0 < run.slot_use <= 1 and run.kv_peak_share < 0.975
    assert run.kv_peak_bytes <= run.kv_claimed_bytes <= run.room_bytes
    # every answer once, no slot twice at a time, bars and gaps fill the rows
    assert len(run.bars) == run.answers and sum(bar[3] for bar in run.bars) == run.wanted_tokens
    rows = {}
    for begun, end, slot, *_ in sorted(run.bars + run.gaps):
        assert begun == rows.get(slot, 0) and slot < usable
        rows[slot] = end
    assert set(rows.values()) == {run.steps}


@pytest.mark.parametrize("slots", [4, 16, 64])
def test_continuous_batching_is_never_slower_than_static(slots):
    assert serve_slots("continuous", slots).tokens_per_s >= serve_slots("static", slots).tokens_per_s


def test_one_slot_is_the_same_under_both_policies():
    assert serve_slots("static", 1).time_s == pytest.approx(serve_slots("continuous", 1).time_s)
    assert serve_slots("static", 1).slot_use == 1.0


def test_a_step_is_paid_token_by_token():
    """The jump to the next completion costs what single steps would, with the cache at its mean."""
    cost = Cost(weights_bytes=1e9, token_bytes=1e5, bandwidth=1e11, token_arithmetic_s=1e-6, overhead_s=1e-3)
    plan = Plan(continuous=True, paged=False, slots=1, prompt=10, room_tokens=1e4, reserved_slots=5)
    single_steps = sum(cost.steps_s(1, 1, 10 + k + 0.5) for k in range(7))
    assert simulate(plan, cost, (7,)).decode_s == pytest.approx(single_steps)


def test_paged_answers_that_outgrow_the_memory_are_infeasible():
    cost = Cost(1e9, 1e5, 1e11, 1e-6, 1e-3)
    plan = Plan(continuous=True, paged=True, slots=4, prompt=10, room_tokens=60.0, reserved_slots=0)
    with pytest.raises(Infeasible, match="no preemption"):
        simulate(plan, cost, (40, 40, 40))


def test_sources_name_where_the_figures_come_from():
    run = serve_slots()
    assert "Llama" in run.sources["parameters"] and run.sources["memory_bytes"]
    assert "Llama" in model_capacity(4096).sources["weights_bytes"]


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, True, "x", None, -1, 0])
def test_wrong_input_never_yields_a_number(bad):
    for call in (
        lambda: serve_slots(bad),
        lambda: serve_slots("static", bad),
        lambda: serve_slots("static", 16, bad),
        lambda: serve_slots(allocation=bad),
        lambda: serve_slots(weight_bits=bad),
        lambda: serve_slots(gpu=bad),
        lambda: serve_slots(model=bad),
        lambda: serve_slots(answers=bad),
        lambda: model_capacity(bad),
        lambda: kv_token(layers=bad, kv_heads=8, head_dim=128),
        lambda: kv_capacity(memory_bytes=bad, weights_bytes=1e9, token_bytes=1e5, context_tokens=10),
        lambda: kv_capacity(memory_bytes=1e9, weights_bytes=1e9, token_bytes=1e5, context_tokens=10, usable_share=bad),
    ):
        with pytest.raises(MlsysimError):
            call()
    with pytest.raises(MlsysimError, match="KV heads"):
        serve_slots(model="resnet50")
