"""The models of the catalog: parameters follow from the architecture, and every task has its models."""

import pytest
from mlsysim import catalog
from mlsysim.errors import OutOfRange, WrongType
from mlsysim.kv_cache import kv_token

TASKS = {"language", "vision", "speech", "recommendation", "graph", "tiny"}


def attention(a) -> float:
    """Weights of one attention layer, from its shape alone."""
    h, heads = a["hidden"], a["heads"]
    if "kv_rank" not in a:
        return h * a["head_dim"] * 2 * (heads + a.get("kv_heads", heads))
    query = a["nope_dim"] + a["rope_dim"]
    into = h * heads * query if not a["q_rank"] else a["q_rank"] * (h + heads * query)
    return into + h * (a["kv_rank"] + a["rope_dim"]) + a["kv_rank"] * heads * (a["nope_dim"] + a["value_dim"]) + heads * a["value_dim"] * h


def feed_forward(a, width) -> float:
    return (3 if a["gated"] else 2) * a["hidden"] * width


def parameters(a, experts) -> float:
    """Weights of a stack of layers when a layer has that many experts. Norms and biases (below 0.5 %) are left out."""
    h, dense = a["hidden"], a.get("dense_layers", 0)
    router = h * a.get("experts", 0)
    sparse = (experts + a.get("shared_experts", 0)) * feed_forward(a, a["ffn"]) + router
    layers = a["layers"] * attention(a) + (a["layers"] - dense) * sparse + dense * feed_forward(a, a.get("dense_ffn", 0))
    patches = 3 * a["patch_px"] ** 2 * h + h * a["classes"] if "patch_px" in a else 0
    return layers + a.get("vocab", 0) * h * (1 if a.get("tied") else 2) + a.get("positions", 0) * h + patches


def encoder_decoder(a) -> float:
    own, ff = attention(a), feed_forward(a, a["ffn"])
    sound = 3 * a["mel_bands"] * a["hidden"] + 3 * a["hidden"] ** 2 if "mel_bands" in a else 0
    positions = (a.get("encoder_positions", 0) + a.get("decoder_positions", 0)) * a["hidden"]
    return a["encoder_layers"] * (own + ff) + a["decoder_layers"] * (2 * own + ff) + a["vocab"] * a["hidden"] + positions + sound


def of_shape(key):
    return [pytest.param(m, id=m.name) for m in catalog.models("transformer") if {key, "gated", "heads"} <= set(m.architecture)]


def test_every_task_and_family():
    assert {m.task for m in catalog.models()} == TASKS
    assert {m.kind for m in catalog.models()} == {"convnet", "transformer", "recurrent", "recommender", "graph", "dense"}
    assert all(len(catalog.models(task=task)) >= 2 for task in TASKS)
    assert sum("experts" in m.architecture for m in catalog.models()) >= 5 and sum("latent" in m.architecture for m in catalog.models()) >= 3
    with pytest.raises(OutOfRange, match="task"):
        catalog.models(task="poetry")


@pytest.mark.parametrize("model", [pytest.param(m, id=m.name) for m in catalog.models()])
def test_complete_and_plausible(model):
    assert model.operations_per_item > 0 and model.parameters > 0 and model.item and 1990 <= model.year <= 2026
    assert 0.25 <= model.weights_bytes / model.parameters <= 4.001
    assert model.top1_share is None or 0 < model.top1_share < 1
    if model.item == "token" and "experts" not in model.architecture and model.kind == "transformer":
        assert model.operations_per_item == pytest.approx(2 * model.parameters, rel=0.01) or "encoder_layers" in model.architecture


@pytest.mark.parametrize("model", [p for p in of_shape("layers") if p.values[0].name != "wav2vec2_base"])
def test_parameters_follow_from_the_architecture(model):
    derived = parameters(model.architecture, model.architecture.get("experts", 1))
    assert model.parameters == pytest.approx(derived, rel=0.03)


@pytest.mark.parametrize("model", of_shape("encoder_layers"))
def test_parameters_of_encoder_and_decoder(model):
    assert model.parameters == pytest.approx(encoder_decoder(model.architecture), rel=0.03)


@pytest.mark.parametrize("model", of_shape("experts"))
def test_active_parameters_follow_from_the_architecture(model):
    """Makers count the embedding table among the active parameters or not."""
    a = model.architecture
    active = parameters(a, a["active_experts"])
    table = a["vocab"] * a["hidden"]
    assert any(model.shape("active_parameters") == pytest.approx(count, rel=0.03) for count in (active, active - table))
    assert model.operations_per_item == pytest.approx(2 * model.shape("active_parameters"), rel=1e-6)


def test_a_recurrent_network_a_recommender_and_a_dense_one():
    lstm = catalog.model("lstm_ptb_large")
    h, v = lstm.shape("hidden"), lstm.shape("vocab")
    assert lstm.parameters == pytest.approx(2 * 4 * 2 * h * h + 2 * v * h, rel=0.01)
    dlrm = catalog.model("dlrm_criteo_1tb")
    assert dlrm.parameters == pytest.approx(dlrm.shape("rows") * dlrm.shape("embedding_dim") + dlrm.shape("dense_parameters"), rel=0.01)
    ncf = catalog.model("ncf_movielens_20m")
    assert ncf.parameters == pytest.approx((ncf.shape("users") + ncf.shape("items")) * (64 + 128) + ncf.shape("dense_parameters"), rel=0.01)
    assert catalog.model("gcn_cora").parameters == 1433 * 16 + 16 + 16 * 7 + 7
    norms = 2 * 2 * 256  # the two hidden layers are normalised
    assert catalog.model("gcn_ogbn_arxiv").parameters == 128 * 256 + 256 + 256 * 256 + 256 + 256 * 40 + 40 + norms
    sage = 2 * (100 * 256 + 256 * 256 + 256 * 47) + 256 + 256 + 47  # a node and its neighbours have weights of their own
    assert catalog.model("graphsage_ogbn_products").parameters == sage
    widths = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640)
    weights = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    assert catalog.model("fc_autoencoder_toyadmos").operations_per_item == 2 * weights


def test_the_cache_of_a_token():
    assert kv_token(catalog.model("llama3_8b")).token_bytes == 131_072
    with pytest.raises(OutOfRange, match="no 'kv_heads'"):  # compressed keys and values have no heads to count
        kv_token(catalog.model("deepseek_v3"))
    latent = catalog.model("deepseek_v3").shape("latent") * 2 * catalog.model("deepseek_v3").shape("layers")
    assert latent == 70_272 < kv_token(catalog.model("llama3_70b")).token_bytes / 4


def test_shapes_and_weights():
    assert catalog.model("resnet50").weights_at(2) == 51.0e6
    with pytest.raises(OutOfRange, match="no 'heads'"):
        catalog.model("resnet50").shape("heads")
    with pytest.raises(WrongType):
        catalog.model("resnet50").source("weight")
