"""How far a value can see: after how many steps that follow one another can it depend on a whole picture or record.

A step is a layer of a convolution or of attention, or one sample of a recurrent layer. The field counted here is what can
be reached; how strongly a far input is heard is another question (Luo et al. 2016). Source: Yu and Koltun 2016 and van den
Oord et al. 2016 (dilation); Vaswani et al. 2017, Table 1 (paths of attention and recurrence).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mlsysim.errors import OutOfRange, one_of, whole
from mlsysim.quantity import quantity, series, sources

KINDS = ("plain", "dilated", "pooled", "attention", "recurrent")
WIDTHS = tuple(2**e for e in range(5, 13))
WIDEST = 1 << 20
DEEPEST = 1 << 20
CELLS = 150  # a row is drawn in cells no narrower than the width over this
DOUBLES = 1.7  # steps that grow by this much when the width doubles grow with the width
_WALK = "layer by layer: a layer adds (k − 1) × its stride or dilation"


@dataclass(frozen=True, slots=True)
class Field:
    """What one value sees after some steps, and how many it needs."""

    kind: str = quantity(r"\text{kind}", "")
    width: int = quantity("n", "px", doc="of the picture, or samples of the record")
    kernel: int = quantity("k", "1", doc="side of the kernel, of the convolutions")
    depth: int = quantity("L", "1", doc="steps that follow one another: layers, or samples of a recurrent layer")
    field: int = quantity("r", "px", doc="what the value can depend on, no more than the width", source=_WALK)
    seen_share: float = quantity("u", "share", formula=r"\frac{<field>}{<width>}", source="definition")
    needed: int = quantity("L^*", "1", doc="steps until it sees everything", source=_WALK)
    needed_twice: int = quantity(r"L^*_{2n}", "1", doc="the same for twice the width", source=_WALK)
    needed_plain: int = quantity("L_p", "1", doc="plain convolutions of this kernel", source=_WALK)
    needed_dilated: int = quantity("L_d", "1", doc="dilation doubles from layer to layer", source="Yu and Koltun 2016")
    needed_pooled: int = quantity("L_s", "1", doc="pooling by 2 after every second layer", source=_WALK)
    needed_attention: int = quantity("L_a", "1", source="Vaswani et al. 2017, Table 1")
    needed_recurrent: int = quantity("L_r", "1", formula="<width> - 1", source="Vaswani et al. 2017, Table 1")
    covers: bool = quantity(r"\text{covers}", "", doc="whether the steps suffice")
    growth: str = quantity(r"\text{growth}", "", doc="double, few or same: what happens to the steps when the width doubles")
    rows: tuple[tuple[tuple[float, float], ...], ...] = series("px", doc="row by row from the one value to the picture: stretches that it depends on")
    curves: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = series("1", doc="kind, (width, steps needed)")
    sources: dict = sources()


def field(kind: str = "plain", width: int = 224, kernel: int = 3, depth: int = 24) -> Field:
    """What one value sees after `depth` steps of plain, dilated or pooled convolutions, attention, or recurrence.

    Width 2 to 1,048,576; kernel odd, 3 to 15; depth 1 to 1024. Raises OutOfRange otherwise. Source: as above.

    >>> r = field("plain", 224, 3, 24)
    >>> r.field, r.needed, r.needed_dilated, r.needed_pooled
    (49, 112, 7, 12)
    """
    kernel = _kernel(kernel)
    return _field(one_of("kind", kind, KINDS), whole("width", width, low=2, high=WIDEST), kernel, whole("depth", depth, high=1024))


def reach(kind: str, kernel: int, depth: int) -> int | None:
    """Inputs that a value can depend on after `depth` layers or steps; None where there is no bound (attention).

    Plain: 1 + (k − 1)L. Dilated: 1 + (k − 1)(2^L − 1). Pooled: a layer adds (k − 1) × stride; after every second one a
    pooling adds a stride and doubles it. Recurrent: 1 + L. Depth up to 1,048,576. Source: Yu and Koltun 2016.

    >>> [reach(kind, 3, 12) for kind in ("plain", "dilated", "pooled", "recurrent")]
    [25, 8191, 316, 13]
    """
    k, n = _kernel(kernel), whole("depth", depth, high=DEEPEST)
    if one_of("kind", kind, KINDS) == "attention":
        return None
    if kind == "recurrent":
        return 1 + n
    if kind == "plain":
        return 1 + (k - 1) * n
    n = min(n, 200)  # wider than anything by then
    if kind == "dilated":
        return 1 + (k - 1) * (2**n - 1)
    r, stride = 1, 1
    for layer in range(1, n + 1):
        r += (k - 1) * stride
        if layer % 2 == 0:
            r, stride = r + stride, 2 * stride
    return r


def steps_needed(kind: str, width: int, kernel: int = 3) -> int:
    """Steps that follow one another until a value can depend on `width` inputs.

    >>> [steps_needed(kind, 224) for kind in KINDS]
    [112, 7, 12, 1, 223]
    """
    width, k = whole("width", width, low=2, high=2 * WIDEST), _kernel(kernel)
    return _needed(one_of("kind", kind, KINDS), width, k)


@lru_cache(maxsize=4096)
def _needed(kind, width, k) -> int:
    if kind == "attention":
        return 1
    if kind in ("plain", "recurrent"):
        return -(-(width - 1) // (k - 1 if kind == "plain" else 1))
    return next(n for n in range(1, 201) if reach(kind, k, n) >= width)


@lru_cache(maxsize=512)
def _field(kind, width, kernel, depth) -> Field:
    seen = reach(kind, kernel, depth)
    r = width if seen is None else min(width, seen)
    needed = {name: _needed(name, width, kernel) for name in KINDS}
    twice = _needed(kind, 2 * width, kernel)
    return Field(
        kind=kind, width=width, kernel=kernel, depth=depth, field=r, seen_share=r / width, needed=needed[kind], needed_twice=twice,
        **{f"needed_{name}": steps for name, steps in needed.items()}, covers=r >= width,
        growth="same" if twice == needed[kind] else "double" if twice >= DOUBLES * needed[kind] else "few",
        rows=tuple(_rows(kind, width, kernel, depth)),
        curves=tuple((name, tuple((n, _needed(name, n, kernel)) for n in WIDTHS)) for name in KINDS),
    )  # fmt: skip


def _rows(kind, width, k, depth):
    """From the one value down to the picture: the stretches of the picture that each row's cells stand for."""
    middle = width / 2
    if kind == "attention":
        yield _stretches(middle, 1, 1, 1, width)
        yield from (((0.0, float(width)),) for _ in range(depth))
        return
    if kind == "recurrent":  # it hears what came before; it stands at the end of the record
        yield from (((max(0.0, width - 1.0 - i), float(width)),) for i in range(depth + 1))
        return
    if kind == "pooled":
        stride, cells = 2 ** (depth // 2), 1
        yield _stretches(middle, cells, stride, stride, width)
        for layer in range(depth, 0, -1):
            if layer % 2 == 0:
                stride, cells = stride // 2, 2 * cells
            cells += k - 1
            yield _stretches(middle, cells, stride, stride, width)
        return
    half, spacing = 0, 2**depth if kind == "dilated" else 1
    yield _stretches(middle, 1, 1, 1, width)
    for _ in range(depth):
        spacing = spacing // 2 if kind == "dilated" else 1
        half += (k - 1) // 2 * spacing
        yield _stretches(middle, 2 * (half // spacing) + 1, spacing, 1, width)


def _stretches(middle, cells, spacing, size, width):
    """`cells` places `spacing` apart around the middle, each `size` wide and drawn wide enough to see, cut to the picture."""
    size = max(size, width / CELLS)
    if size >= spacing:
        half = (spacing * (cells - 1) + size) / 2
        return ((max(0.0, middle - half), min(float(width), middle + half)),)
    side = min((cells - 1) // 2, int((width / 2 + size) / spacing))  # counted from the middle: the ends may be far outside
    found = ((middle + i * spacing - size / 2, middle + i * spacing + size / 2) for i in range(-side, side + 1))
    return tuple((max(0.0, a), min(float(width), b)) for a, b in found if b > 0 and a < width)


def _kernel(kernel) -> int:
    kernel = whole("kernel", kernel, low=3, high=15)
    if kernel % 2 == 0:
        raise OutOfRange(f"kernel is {kernel}, but must be odd, so that it has a middle.")
    return kernel
