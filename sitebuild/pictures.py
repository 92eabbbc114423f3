"""A small picture a lab for its card: the kind of chart that the lab turns on, drawn with the page's own colours."""

import math

WIDTH, HEIGHT = 160, 90


def picture(lab_id: str) -> str:
    """The SVG of a lab's card; decorative, so hidden from screen readers. An unknown lab gets a curve."""
    marks = MOTIFS[LABS.get(lab_id, "curve")]()
    return f'<svg class="pic" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">{marks}</svg>'


def _line(points, kind="a", width=2.5) -> str:
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    return f'<polyline class="{kind}" points="{path}" stroke-width="{width}"/>'


def _bar(x, y, w, h, kind) -> str:
    return f'<rect class="{kind}" x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}"/>'


def _dot(x, y, kind="you", r=5) -> str:
    return f'<circle class="{kind}" cx="{x:.0f}" cy="{y:.0f}" r="{r}"/>'


def _axes() -> str:
    return _line([(14, 8), (14, 78), (152, 78)], "axis", 1)


def curve() -> str:
    return _axes() + _line([(20 + i * 6, 70 - 52 * (1 - math.exp(-i / 6))) for i in range(22)]) + _dot(68, 34)


def valley() -> str:
    return _axes() + _line([(22 + i * 6, 20 + 46 * (1 - ((i - 9) / 11) ** 2)) for i in range(21)]) + _dot(76, 65)


def roofline() -> str:
    return _axes() + _line([(18, 74), (80, 26), (150, 26)], "c") + _dot(60, 42, "d", 4) + _dot(112, 38)


def ladder() -> str:
    rows = ((120, "a"), (96, "b"), (70, "c"), (52, "a"), (34, "b"))
    return "".join(_bar(16, 10 + 15 * i, w, 9, kind) for i, (w, kind) in enumerate(rows)) + _dot(50, 75)


def timeline() -> str:
    lanes = (((0, 30, "a"), (40, 24, "b"), (92, 40, "a")), ((22, 34, "a"), (66, 20, "b"), (104, 28, "a")), ((46, 30, "a"), (84, 42, "b")))
    return "".join(_bar(16 + x, 14 + 24 * i, w, 15, kind) for i, lane in enumerate(lanes) for x, w, kind in lane)


def grid() -> str:
    kinds = ("a", "b", "c", "void")
    cells = "".join(_bar(16 + 22 * i, 8 + 18 * j, 20, 16, kinds[min(3, (i + 2 * j) // 3)]) for i in range(6) for j in range(4))
    return cells + '<rect class="ring" x="60" y="26" width="20" height="16"/>'


def tail() -> str:
    return (
        _axes()
        + _line([(18 + 5 * i, 76 - 64 * math.exp(-(((i - 6) / 4) ** 2)) - 8 * math.exp(-i / 14)) for i in range(27)])
        + _line([(116, 14), (116, 78)], "said", 2)
    )


def stack() -> str:
    return (
        _bar(22, 50, 30, 28, "a")
        + _bar(22, 28, 30, 22, "b")
        + _bar(62, 40, 30, 38, "a")
        + _bar(62, 34, 30, 6, "c")
        + _bar(102, 60, 30, 18, "a")
        + _line([(14, 24), (150, 24)], "said", 2)
    )


def frontier() -> str:
    points = ((24, 66), (44, 44), (74, 30), (112, 20), (140, 16))
    rest = ((60, 62), (92, 52), (120, 44), (134, 60), (84, 70))
    return (
        _axes() + _line(points, "axis", 1.5) + "".join(_dot(x, y, "d", 3.5) for x, y in rest) + "".join(_dot(x, y, "a2", 3.5) for x, y in points) + _dot(74, 30)
    )


def tree() -> str:
    edges = [((80, 16), (40, 44)), ((80, 16), (120, 44)), ((40, 44), (20, 74)), ((40, 44), (60, 74)), ((120, 44), (100, 74)), ((120, 44), (140, 74))]
    return "".join(_line(e, "c" if i == 1 else "axis", 4 if i == 1 else 1.5) for i, e in enumerate(edges)) + "".join(
        _dot(x, y, "d", 5) for x, y in ((80, 16), (40, 44), (120, 44), (20, 74), (60, 74), (100, 74), (140, 74))
    )


def steps() -> str:
    return _axes() + _line([(18, 20), (46, 20), (46, 36), (78, 36), (78, 48), (112, 48), (112, 66), (150, 66)], "b") + _dot(78, 36)


def waves() -> str:
    return (
        _axes()
        + _line([(18 + 4 * i, 44 - 22 * math.sin(i / 4)) for i in range(34)])
        + _line([(18 + 4 * i, 50 - 14 * math.sin(i / 4 + 2)) for i in range(34)], "b", 2)
    )


MOTIFS = {f.__name__: f for f in (curve, valley, roofline, ladder, timeline, grid, tail, stack, frontier, tree, steps, waves)}
LABS = {
    "lab_00_introduction": "ladder", "lab_01_ml_intro": "curve", "lab_02_ml_systems": "timeline", "lab_03_ml_workflow": "steps",
    "lab_04_data_engr": "stack", "lab_05_nn_compute": "valley", "lab_06_nn_arch": "ladder", "lab_07_ml_frameworks": "timeline",
    "lab_08_model_train": "curve", "lab_09_data_selection": "frontier", "lab_10_model_compress": "steps", "lab_11_hw_accel": "roofline",
    "lab_12_perf_bench": "tail", "lab_13_model_serving": "tail", "lab_14_ml_ops": "waves", "lab_15_responsible_engr": "frontier",
    "lab_01_introduction": "ladder", "lab_02_compute_infra": "stack", "lab_03_communication": "tree", "lab_04_data_storage": "ladder",
    "lab_05_dist_train": "grid", "lab_06_fault_tolerance": "valley", "lab_07_fleet_orch": "timeline", "lab_08_inference": "tail",
    "lab_09_perf_engineering": "roofline",
    "lab_10_edge_intelligence": "curve", "lab_11_ops_scale": "tree", "lab_12_security_privacy": "steps", "lab_13_robust_ai": "valley",
    "lab_14_sustainable_ai": "waves", "lab_15_responsible_ai": "frontier", "lab_16_fleet_synthesis": "grid",
}  # fmt: skip
