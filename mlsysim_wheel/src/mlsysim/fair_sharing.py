r"""Two teams on one cluster whose tasks need GPUs and CPU cores in different proportion: quotas against dominant resource fairness.

A team's dominant share is the largest of its shares of the resources. Dominant resource fairness (DRF) gives the next task to
the team with the smaller dominant share. Tasks are whole: what is left may be too little for another one.
Source: Ghodsi et al., NSDI 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlsysim._single import single
from mlsysim.errors import instance, non_negative, one_of, positive, whole
from mlsysim.quantity import quantity, series, sources

POLICIES = ("quota", "drf", "l_first", "r_first")
STRANDED, SHARED = "stranded", "shared"
ENOUGH_SHARE = 0.8  # of the GPUs; with less in use while a team waits, GPUs are stranded
TASKS = "tasks granted one by one until no team's next task fits"


@dataclass(frozen=True, slots=True)
class SharedCluster:
    """Who got what, and what nobody can use. Team L trains (many GPUs), team R preprocesses (many cores)."""

    policy: str = quantity(r"\text{policy}", "")
    gpus: int = quantity("G", "1")
    cores: int = quantity("C", "1")
    l_gpus: int = quantity("g_L", "1", doc="GPUs of a task of team L")
    l_cores: int = quantity("c_L", "1", doc="cores of a task of team L")
    r_gpus: int = quantity("g_R", "1", doc="GPUs of a task of team R")
    r_cores: int = quantity("c_R", "1", doc="cores of a task of team R")
    l_tasks: int = quantity("n_L", "1", source=TASKS)
    r_tasks: int = quantity("n_R", "1", source=TASKS)
    l_gpu_share: float = quantity("u_L", "share", formula=r"\frac{<l_tasks> <l_gpus>}{<gpus>}", source="definition")
    r_gpu_share: float = quantity("u_R", "share", formula=r"\frac{<r_tasks> <r_gpus>}{<gpus>}", source="definition")
    l_core_share: float = quantity("v_L", "share", formula=r"\frac{<l_tasks> <l_cores>}{<cores>}", source="definition")
    r_core_share: float = quantity("v_R", "share", formula=r"\frac{<r_tasks> <r_cores>}{<cores>}", source="definition")
    gpu_use_share: float = quantity("u", "share", formula="<l_gpu_share> + <r_gpu_share>", source="definition")
    core_use_share: float = quantity("v", "share", formula="<l_core_share> + <r_core_share>", source="definition")
    l_dominant_share: float = quantity("d_L", "share", formula=r"\max(<l_gpu_share>, <l_core_share>)", source="Ghodsi et al., NSDI 2011")
    r_dominant_share: float = quantity("d_R", "share", formula=r"\max(<r_gpu_share>, <r_core_share>)", source="Ghodsi et al., NSDI 2011")
    idle_gpus: int = quantity("f", "1", formula="<gpus> - <l_tasks> <l_gpus> - <r_tasks> <r_gpus>", source="definition")
    idle_cores: int = quantity("e", "1", formula="<cores> - <l_tasks> <l_cores> - <r_tasks> <r_cores>", source="definition")
    state: str = quantity(r"\text{state}", "", source="stranded: less than 80 % of the GPUs work (illustrative) while both teams would have more tasks")
    path: tuple = series("share", doc="(dominant share of L, of R) after each grant")
    gpu_edge: tuple = series("share", doc="(dominant share of L, of R) at which all GPUs are in use")
    core_edge: tuple = series("share", doc="(dominant share of L, of R) at which all cores are in use")
    sources: dict = sources()


def share_cluster(policy="quota", r_cores=60, cores=4096, l_gpus=8, l_cores=32, *, gpus=256, r_gpus=1) -> SharedCluster:
    """Grant tasks under a policy until nothing more fits; both teams always have another one.

    "quota": in turn, each team within half of the GPUs; "drf": to the team with the smaller dominant share (L on ties, the
    other where that one's task does not fit); "l_first", "r_first": one team as far as it gets, then the other. Errors:
    OutOfRange for another policy or what is no whole number from 1; WrongType.

    >>> s = share_cluster("quota"); s.l_tasks, s.r_tasks, round(s.gpu_use_share, 3)
    (16, 59, 0.73)
    """
    one_of("policy", policy, POLICIES)
    want = {"l": (whole("l_gpus", l_gpus, high=10**6), whole("l_cores", l_cores, high=10**6)),
            "r": (whole("r_gpus", r_gpus, high=10**6), whole("r_cores", r_cores, high=10**6))}  # fmt: skip
    gpus, cores = whole("gpus", gpus, high=10**5), whole("cores", cores, high=10**7)
    n, path = {"l": 0, "r": 0}, [(0.0, 0.0)]

    def left(what) -> int:
        return (gpus, cores)[what] - sum(n[t] * want[t][what] for t in n)

    def fits(team) -> bool:
        owned = policy != "quota" or (n[team] + 1) * want[team][0] <= gpus // 2
        return owned and want[team][0] <= left(0) and want[team][1] <= left(1)

    def dominant(team) -> float:
        return max(n[team] * want[team][0] / gpus, n[team] * want[team][1] / cores)

    turn = "l"
    while fits("l") or fits("r"):
        first = {"quota": turn, "drf": "l" if dominant("l") <= dominant("r") else "r", "l_first": "l", "r_first": "r"}[policy]
        team = first if fits(first) else "r" if first == "l" else "l"
        n[team] += 1
        turn = "r" if team == "l" else "l"
        path.append((dominant("l"), dominant("r")))
    share = [[n[t] * want[t][what] / total for t in "lr"] for what, total in ((0, gpus), (1, cores))]
    used = sum(share[0])
    return SharedCluster(
        policy=policy, gpus=gpus, cores=cores, l_gpus=want["l"][0], l_cores=want["l"][1], r_gpus=want["r"][0], r_cores=want["r"][1],
        l_tasks=n["l"], r_tasks=n["r"], l_gpu_share=share[0][0], r_gpu_share=share[0][1], l_core_share=share[1][0], r_core_share=share[1][1],
        gpu_use_share=used, core_use_share=sum(share[1]), l_dominant_share=dominant("l"), r_dominant_share=dominant("r"),
        idle_gpus=left(0), idle_cores=left(1), state=STRANDED if used < ENOUGH_SHARE else SHARED, path=tuple(path),
        gpu_edge=_edge(want, gpus, cores, 0), core_edge=_edge(want, gpus, cores, 1),
    )  # fmt: skip


def best_change(s: SharedCluster) -> tuple[str, ...]:
    """What puts most more GPUs to work: one eighth more "gpus", one eighth more "cores", or "drf" instead of the policy.

    "none" where nothing helps; several that help equally. Errors as in `share_cluster`. Source: comparison of grants.

    >>> best_change(share_cluster("quota")), best_change(share_cluster("drf"))
    (('drf',), ('gpus',))
    """
    instance("s", s, SharedCluster, "a result of share_cluster")

    def busy(policy=s.policy, gpus=s.gpus, cores=s.cores) -> int:
        t = share_cluster(policy, s.r_cores, cores, s.l_gpus, s.l_cores, gpus=gpus, r_gpus=s.r_gpus)
        return t.gpus - t.idle_gpus

    more = {"gpus": busy(gpus=s.gpus + s.gpus // 8), "cores": busy(cores=s.cores + s.cores // 8), "drf": busy("drf")}
    best = max(more.values())
    return tuple(name for name, found in more.items() if found == best) if best > s.gpus - s.idle_gpus else ("none",)


def dominant_share(tasks, gpus_per_task, cores_per_task, gpus, cores) -> float:
    """The largest of a team's shares: max(n·g/G, n·c/C). Errors: OutOfRange. Source: Ghodsi et al., NSDI 2011.

    >>> dominant_share(25, 8, 32, 256, 4096)
    0.78125
    """
    n = single(non_negative, "tasks", tasks)
    need = [single(non_negative, name, v) for name, v in (("gpus_per_task", gpus_per_task), ("cores_per_task", cores_per_task))]
    return max(n * need[0] / single(positive, "gpus", gpus), n * need[1] / single(positive, "cores", cores))


def _edge(want, gpus, cores, what) -> tuple[tuple[float, float], ...]:
    """Where one resource is used up: a straight line between one team alone and the other, as far as dominant shares reach (1)."""
    total = (gpus, cores)[what]
    x, y = (total / want[t][what] * max(want[t][0] / gpus, want[t][1] / cores) for t in "lr")
    if 1.0 / x + 1.0 / y < 1.0:
        return ()  # never used up
    left = (0.0, y) if y <= 1.0 else (x * (1.0 - 1.0 / y), 1.0)
    right = (x, 0.0) if x <= 1.0 else (1.0, y * (1.0 - 1.0 / x))
    return left, right
