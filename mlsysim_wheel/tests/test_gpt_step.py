"""A training step of a GPT-2 on one card: memory moment by moment, the largest micro-batch, the rate."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import gpt_step
from mlsysim.errors import MlsysimError
from mlsysim.gpt_step import largest_batch, step
from mlsysim.quantity import show_work
from mlsysim.training_memory import training_state
from mlsysim.transformer import RECOMPUTATION

CARDS = ("l4", "a100_sxm_40gb", "a100_sxm_80gb", "h100_sxm")


def near(value):
    return pytest.approx(value, rel=5e-3)


def test_size_and_state_of_gpt2_xl():
    r = step("gpt2_xl", 1)
    assert (r.parameters, r.state_bytes / 1e9) == (near(1.5576e9), near(24.9))
    assert r.state_bytes == training_state(r.parameters, 1, 0).state_bytes == gpt_step.training_state_bytes(r.parameters)


@pytest.mark.parametrize(
    ("batch", "mode", "sequence", "gigabytes"),
    [(5, "none", 1024, 72.8), (6, "none", 1024, 82.1), (8, "none", 1024, 100.6), (8, "selective", 1024, 50.3), (4, "none", 2048, 151)],
)
def test_peaks(batch, mode, sequence, gigabytes):
    assert step("gpt2_xl", batch, mode, sequence=sequence).peak_bytes / 1e9 == near(gigabytes)


def test_blocks_at_a_micro_batch_of_eight():
    r = step("gpt2_xl", 8)
    assert (r.activation_bytes / 1e9, r.head_bytes / 1e9, r.largest_block, r.peak_at) == (near(71.7), near(2.47), "activations", "the head")
    assert (r.fits, r.full_at, r.tokens_per_s) == (False, "layer 36 forward", 0.0)


def test_largest_micro_batches_and_their_rates():
    """Full recomputation fits 23 times the batch and trains more slowly."""
    assert [largest_batch("gpt2_xl", mode) for mode in RECOMPUTATION] == [5, 17, 114]
    assert [m.tokens_per_s for m in gpt_step.compare_modes("gpt2_xl")] == [near(13_900), near(15_300), near(12_400)]


def test_fp32_against_sixteen_bits():
    short, long = (step("gpt2_xl", 2, format=f) for f in ("bf16", "fp32"))
    assert (long.peak_bytes / 1e9, short.peak_bytes / 1e9) == (near(60.3), near(45.0))
    assert (long.step_s, short.step_s, short.update_s) == (near(2.05), near(0.211), near(26.7e-3))


@pytest.mark.parametrize(("optimizer", "state", "passed"), [("adam", 16, 28), ("adam_8bit", 10, 16), ("momentum", 12, 20)])
def test_an_optimizer_decides_what_is_kept_and_what_passes(optimizer, state, passed):
    r = step("gpt2_small", 1, optimizer=optimizer)
    assert (r.state_bytes, r.update_bytes) == (state * r.parameters, passed * r.parameters)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(gpt_step.MODELS), st.integers(1, 128), st.sampled_from(RECOMPUTATION), st.sampled_from((512, 1024, 2048)), st.sampled_from(CARDS))
def test_the_closed_form_is_the_highest_moment_of_the_walk(model, batch, mode, sequence, card):
    r = step(model, batch, mode, sequence=sequence, device=card)
    assert r.peak_bytes == pytest.approx(r.state_bytes + r.context_bytes + r.activation_bytes + max(r.head_bytes, r.recompute_bytes))
    assert max(m.total_bytes for m in r.walk) == r.peak_bytes and r.walk[-1].head_bytes == 0
    fits = [b for b in (r.largest_batch, r.largest_batch + 1) if b and step(model, b, mode, sequence=sequence, device=card).fits]
    assert fits == ([r.largest_batch] if r.largest_batch else [])


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(gpt_step.MODELS),
    st.integers(1, 128),
    st.sampled_from(RECOMPUTATION),
    st.sampled_from(CARDS),
    st.sampled_from(("bf16", "fp16", "fp32", "tf32")),
)
def test_no_step_beats_the_card(model, batch, mode, card, format):
    r = step(model, batch, mode, device=card, format=format)
    assert batch * r.sequence_flop / r.micro_step_s < 0.55 * r.peak_flop_per_s
    assert r.update_bytes / r.update_s <= r.bandwidth_bytes_per_s
    assert r.kept_bytes <= r.layer_bytes and len(show_work(r)) > 30


def test_recomputation_is_a_trade():
    none, selective, full = (step("gpt2_xl", 4, mode) for mode in RECOMPUTATION)
    assert none.peak_bytes > selective.peak_bytes > full.peak_bytes
    assert none.micro_step_s < selective.micro_step_s < full.micro_step_s == pytest.approx(4 / 3 * none.micro_step_s)


@pytest.mark.parametrize(
    "call",
    [
        lambda: step("gpt3"), lambda: step("gpt2_xl", 0), lambda: step("gpt2_xl", 1.5), lambda: step("gpt2_xl", True), lambda: step("gpt2_xl", 1, "some"),
        lambda: step(sequence=0), lambda: step(optimizer="lion"), lambda: step(device="a200"), lambda: step(format="fp8"),
        lambda: step(format="fp32", optimizer="adam_8bit"), lambda: step(device="t4", format="bf16"), lambda: gpt_step.training_state_bytes(-1.0),
        lambda: gpt_step.training_state_bytes(1e9, "lion"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(MlsysimError, match=r"\."):
        call()
