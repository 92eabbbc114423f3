"""A small GPT in PyTorch of plain parts, which `measure_gpu.py` times."""

from __future__ import annotations

MODELS = {"small": (12, 768, 12), "medium": (24, 2048, 16)}  # layers, width, heads
VOCABULARY = 50_304


def transformer(torch, name: str, longest: int):
    """A GPT of plain parts with a key-value cache; parameters and the forward pass, nothing else."""
    nn, (layers, width, heads) = torch.nn, MODELS[name]

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x, cache=None, at=0):
            b, t, _ = x.shape
            q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            if cache is not None:
                cache[0][:, :, at : at + t], cache[1][:, :, at : at + t] = k, v
                k, v = cache[0][:, :, : at + t], cache[1][:, :, : at + t]
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=t > 1)
            x = x + self.out(mixed.transpose(1, 2).reshape(b, t, width))
            return x + self.down(nn.functional.gelu(self.up(self.norm2(x))))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.places = nn.Embedding(VOCABULARY, width), nn.Embedding(longest, width)
            self.blocks = nn.ModuleList(Block() for _ in range(layers))
            self.head = nn.Linear(width, VOCABULARY, bias=False)

        def forward(self, ids, caches=None, at=0, recompute=False):
            x = self.tokens(ids) + self.places(torch.arange(at, at + ids.shape[1], device=ids.device))
            for i, block in enumerate(self.blocks):
                x = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=False) if recompute else block(x, caches[i] if caches else None, at)
            return self.head(x if caches is None else x[:, -1:])

    return Model().to("cuda", torch.bfloat16)


def describe(model, name: str) -> dict:
    """What a line says of the model it timed, so that the line alone is enough to predict it."""
    layers, width, heads = MODELS[name]
    parameters = sum(p.numel() for p in model.parameters())
    return {"layers": layers, "hidden": width, "heads": heads, "vocabulary": VOCABULARY, "parameters": parameters}
