"""Shapes of language models: parameters against published counts and the closed form of `transformer`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlsysim import catalog, decoder, kv_cache, transformer
from mlsysim.decoder import Decoder
from mlsysim.errors import MlsysimError


@given(st.integers(1, 60), st.sampled_from([1, 2, 8, 16]), st.integers(1, 200))
@settings(max_examples=50, deadline=None)
def test_a_gpt_has_the_parameters_of_the_closed_form_but_for_norms_and_biases(layers, heads, width):
    hidden = 8 * heads * width
    mine = decoder.size(Decoder("gpt", layers, hidden, heads, vocabulary=51_200)).parameters
    theirs = transformer.parameters(transformer.Transformer("gpt", layers, hidden, heads))
    assert mine == pytest.approx(theirs - 13 * layers * hidden, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "billions", "more"),
    [
        ("llama2_7b", 6.74, {"gated": True, "tied": False}),
        ("llama2_70b", 68.98, {"gated": True, "tied": False}),
        ("llama3_8b", 8.03, {"gated": True, "tied": False}),
        ("llama3_405b", 405.85, {"gated": True, "tied": False}),
        ("gpt3_175b", 174.6, {}),
        ("mixtral_8x7b", 46.7, {"gated": True, "tied": False, "experts": 8, "active_experts": 2}),
    ],
)
def test_published_models_have_their_published_parameters(name, billions, more):
    shape = decoder.from_catalog(catalog.model(name), **more)
    assert decoder.size(shape).parameters / 1e9 == pytest.approx(billions, rel=5e-3)


def test_the_cache_of_a_token_is_that_of_kv_cache():
    model = catalog.model("llama3_70b")
    values = decoder.size(decoder.from_catalog(model)).cached_values
    assert 2 * values == kv_cache.kv_token(model).token_bytes


def test_compressed_keys_and_values_cache_the_latent_alone():
    wide = Decoder("MHA", 61, 7168, 128, head_dim=128)
    latent = Decoder("MLA", 61, 7168, 128, head_dim=128, latent=576)
    assert decoder.size(wide).cached_values / decoder.size(latent).cached_values == pytest.approx(2 * 128 * 128 / 576)


@given(st.floats(1e8, 5e11))
@settings(max_examples=40, deadline=None)
def test_a_typical_shape_has_about_the_parameters_asked_for(parameters):
    shape = decoder.typical_shape(parameters, vocabulary=1)
    assert 0.75 < decoder.size(shape).parameters / parameters < 1.35


@pytest.mark.parametrize("bad", [{"layers": 0}, {"heads": 3, "kv_heads": 2}, {"active_experts": 2}, {"gated": 1}, {"hidden": float("nan")}, {"latent": -1}])
def test_impossible_shapes_are_refused(bad):
    with pytest.raises(MlsysimError):
        Decoder(**{"name": "x", "layers": 2, "hidden": 64, "heads": 4, **bad})
