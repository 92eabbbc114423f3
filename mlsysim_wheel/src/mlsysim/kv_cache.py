"""The key-value cache of a decoder: bytes of a token from the architecture, and how many contexts fit beside the weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.catalog_entries import Model
from mlsysim.errors import fraction, instance, positive, whole
from mlsysim.quantity import quantity, sources

USABLE_SHARE = 0.9  # illustrative: what a serving engine takes of a GPU's memory (vLLM's default)
PAGED = "Kwon et al., SOSP 2023"
FITS, TOO_SMALL = "fits", "does not fit"


@dataclass(frozen=True, slots=True)
class KvToken:
    """What one token of context occupies in the cache."""

    layers: int = quantity("L", "1")
    kv_heads: int = quantity("h_{kv}", "1", doc="heads of keys and values; fewer than query heads with grouped queries")
    head_dim: int = quantity("d", "1", doc="width of a head")
    value_bytes: float = quantity("s", "B", doc="one value: 2 for 16 bit")
    token_bytes: float = quantity(
        "m", "B", formula=r"2 <layers> <kv_heads> <head_dim> <value_bytes>", source=PAGED, doc="a key and a value a head"
    )
    sources: dict = sources()


def kv_token(model: Model | None = None, *, layers: int = 0, kv_heads: int = 0, head_dim: int = 0, value_bytes: float = 2.0) -> KvToken:
    """Bytes of one token in the KV cache, 2·L·h_kv·d·s, of a catalog model or from the three numbers of a shape.

    Errors: OutOfRange for what is not a positive whole number. Source: Kwon et al., SOSP 2023; grouped queries: Ainslie et al. 2023.

    >>> kv_token(layers=80, kv_heads=8, head_dim=128).token_bytes
    327680.0
    """
    given = {}
    if model is not None:
        instance("model", model, Model, "a Model of the catalog")
        layers, kv_heads, head_dim = (model.shape(key) for key in ("layers", "kv_heads", "head_dim"))
        given = dict.fromkeys(("layers", "kv_heads", "head_dim"), model.source("architecture"))
    layers, kv_heads = whole("layers", layers, high=10**5), whole("kv_heads", kv_heads, high=10**5)
    head_dim = whole("head_dim", head_dim, high=10**5)
    value_bytes = single(positive, "value_bytes", value_bytes, high=64.0)
    return KvToken(layers, kv_heads, head_dim, value_bytes, 2.0 * layers * kv_heads * head_dim * value_bytes, sources=given)


@dataclass(frozen=True, slots=True)
class KvCapacity:
    """Memory beside the weights, in tokens and in users with a full context."""

    memory_bytes: float = quantity("M", "B")
    usable_share: float = quantity("u", "share", source="illustrative", doc="of the memory; the rest is activations, context, fragments")
    weights_bytes: float = quantity("W", "B")
    token_bytes: float = quantity("m", "B", doc="of KV cache, a token")
    context_tokens: float = quantity("n", "1", doc="tokens a user keeps")
    room_bytes: float = quantity(
        r"M_{kv}", "B", formula=r"\max(0, <usable_share> <memory_bytes> - <weights_bytes>)", source="what the weights leave"
    )
    room_tokens: float = quantity("N", "1", formula=r"\frac{<room_bytes>}{<token_bytes>}", source="room over bytes of a token")
    users: int = quantity(
        "U", "1", formula=r"\left\lfloor \frac{<room_bytes>}{<token_bytes> <context_tokens>} \right\rfloor", source="whole contexts"
    )
    state: str = quantity(r"\text{verdict}", "", source="fits if one user does")
    sources: dict = sources()


def kv_capacity(
    *, memory_bytes, weights_bytes, token_bytes, context_tokens, usable_share=USABLE_SHARE, given: dict | None = None
) -> KvCapacity:
    """How many users with `context_tokens` of KV cache fit beside the weights; 0 if the weights leave no room.

    Bytes, tokens, a share in (0, 1]. `given` names the source of each argument. Errors: OutOfRange, WrongType.
    Source: Kwon et al., SOSP 2023.

    >>> room = kv_capacity(memory_bytes=24e9, weights_bytes=16.06e9, token_bytes=131072, context_tokens=8192)
    >>> round(room.room_tokens), room.users
    (42267, 5)
    """
    memory_bytes = single(positive, "memory_bytes", memory_bytes)
    weights_bytes = single(positive, "weights_bytes", weights_bytes)
    token_bytes = single(positive, "token_bytes", token_bytes)
    context_tokens = single(positive, "context_tokens", context_tokens)
    usable_share = single(fraction, "usable_share", usable_share, open_low=True)
    room = max(0.0, usable_share * memory_bytes - weights_bytes)
    users = math.floor(room / (token_bytes * context_tokens))
    return KvCapacity(
        memory_bytes, usable_share, weights_bytes, token_bytes, context_tokens, room, room / token_bytes, users,
        FITS if users else TOO_SMALL, sources=given or {},
    )  # fmt: skip
