"""Collectives against a simulation that passes every message, and waiting times against simulated queues.

The network of the simulation knows nothing of formulas: each GPU has one port out and one port in, a message holds both
for bytes/β, and arrives α after that. What each GPU holds is carried along, so an algorithm that sums wrongly fails.
"""

import random
from collections import Counter, defaultdict

import pytest
from mlsysim.collectives import all_gather, all_reduce, all_to_all, hierarchical_all_reduce, reduce_scatter
from mlsysim.queue_simulation import fifo
from mlsysim.queueing import mg1, mmc, mmc_wait_percentile_s, percentile

ALPHA, BETA = 5e-6, 25e9


class Network:
    """Ports that are busy, and what each GPU holds: for every part of the buffer, whose values are summed in it."""

    def __init__(self, gpus, parts=None, alpha=ALPHA, beta=BETA):
        self.gpus, self.alpha, self.beta = gpus, alpha, beta
        self.out_free, self.in_free = defaultdict(float), defaultdict(float)
        self.held = [{part: Counter([rank]) for part in range(parts or gpus)} for rank in range(gpus)]
        self.since = defaultdict(float)  # (GPU, part) → time from which it holds what it holds
        self.end = 0.0

    def send(self, src, dst, part, size, *, add, wire=None):
        """One message; `add` sums it into what the receiver holds, else it replaces that. Returns what to do on arrival."""
        alpha, beta = wire or (self.alpha, self.beta)
        start = max(self.out_free[src], self.in_free[dst], self.since[src, part])
        self.out_free[src] = self.in_free[dst] = start + size / beta
        arrives, value = start + size / beta + alpha, self.held[src][part]

        def arrive():
            self.held[dst][part] = self.held[dst].get(part, Counter()) + value if add else value
            self.since[dst, part] = max(self.since[dst, part], arrives)
            self.end = max(self.end, arrives)

        return arrive

    def round(self, messages):
        """Messages that do not depend on one another."""
        for arrive in [self.send(*m[:4], **m[4]) for m in messages]:
            arrive()

    def complete(self, rank, part):
        return self.held[rank][part] == Counter(range(self.gpus))


def ring(net, size, *, add, shift, members=None, wire=None, parts=None):
    """N − 1 rounds around a ring; member i passes on part i − r + shift in round r."""
    members = list(range(net.gpus)) if members is None else members
    n = len(members)
    for r in range(n - 1):
        turn = [(i, (i - r + shift) % n) for i in range(n)]
        net.round([(members[i], members[(i + 1) % n], parts[p] if parts else p, size, {"add": add, "wire": wire}) for i, p in turn])


@pytest.mark.parametrize("gpus", [2, 3, 8, 13])
@pytest.mark.parametrize("n", [1e3, 1e9])
def test_reduce_scatter_all_gather_and_all_reduce_by_messages(gpus, n):
    net = Network(gpus)
    ring(net, n / gpus, add=True, shift=0)
    assert all(net.complete(rank, (rank + 1) % gpus) for rank in range(gpus))
    assert reduce_scatter(n, gpus, ALPHA, BETA).time_s == pytest.approx(net.end)
    half = net.end
    ring(net, n / gpus, add=False, shift=1)
    assert all(net.complete(rank, part) for rank in range(gpus) for part in range(gpus))
    assert all_gather(n, gpus, ALPHA, BETA).time_s == pytest.approx(net.end - half)
    assert all_reduce(n, gpus, ALPHA, BETA).time_s == pytest.approx(net.end)


@pytest.mark.parametrize("gpus", [2, 5, 8])
def test_all_to_all_by_messages(gpus):
    net, n = Network(gpus), 1e6
    net.held = [{(src, dst): Counter([src]) for dst in range(gpus)} for src in range(gpus)]
    free = 0.0
    for k in range(1, gpus):  # in round k each GPU writes to the k-th to its right, and the next round waits for it
        for src in range(gpus):
            net.out_free[src] = net.in_free[src] = free
        net.round([(src, (src + k) % gpus, (src, (src + k) % gpus), n / gpus, {"add": False}) for src in range(gpus)])
        free = net.end
    assert all(net.held[dst][src, dst] == Counter([src]) for src in range(gpus) for dst in range(gpus))
    assert all_to_all(n, gpus, ALPHA, BETA).time_s == pytest.approx(net.end)


@pytest.mark.parametrize("gpus", [2, 4, 8, 32])
def test_binary_tree_by_messages(gpus):
    net, n, step = Network(gpus, parts=1), 1e6, 1
    while step < gpus:  # up: every second of those left sends to its neighbour
        net.round([(i + step, i, 0, n, {"add": True}) for i in range(0, gpus, 2 * step)])
        step *= 2
    assert net.complete(0, 0)
    while step > 1:
        step //= 2
        net.round([(i, i + step, 0, n, {"add": False}) for i in range(0, gpus, 2 * step)])
    assert all(net.complete(rank, 0) for rank in range(gpus))
    # In the simulation the root's port is free again α before its message arrives; the model waits for the arrival.
    model = all_reduce(n, gpus, ALPHA, BETA, "binary tree").time_s
    depth = (gpus - 1).bit_length()
    assert model * (1 - depth * ALPHA / model) <= net.end <= model * (1 + 1e-12)


def test_parameter_server_by_messages():
    gpus, n = 8, 1e6
    net = Network(gpus + 1, parts=1)
    net.held[gpus][0] = Counter()
    for rank in range(gpus):
        net.send(rank, gpus, 0, n, add=True)()
    assert net.held[gpus][0] == Counter(range(gpus))
    net.out_free[gpus] = net.end
    for rank in range(gpus):
        net.send(gpus, rank, 0, n, add=False)()
    assert all_reduce(n, gpus, ALPHA, BETA, "parameter server").time_s == pytest.approx(net.end)


@pytest.mark.parametrize(("inner", "nodes"), [(2, 2), (4, 3), (8, 2), (4, 1), (1, 4)])
def test_hierarchy_by_messages(inner, nodes):
    """Every GPU keeps its part in the node, exchanges it with its peers in the other nodes, and shares it again."""
    fast, slow, n = (2e-6, 200e9), (10e-6, 20e9), 1e8
    net = Network(inner * nodes, parts=inner * nodes)  # part p of the node's buffer in `nodes` pieces, p·nodes + q
    node = [[q * inner + i for i in range(inner)] for q in range(nodes)]
    for shift, add in ((0, True), (1, False)):
        if not add:  # between the two phases inside the nodes, the rings between the nodes
            for i in range(inner):
                mine = (i + 1) % inner
                peers, parts = [node[q][i] for q in range(nodes)], [mine * nodes + q for q in range(nodes)]
                ring(net, n / inner / nodes, add=True, shift=0, members=peers, wire=slow, parts=parts)
                ring(net, n / inner / nodes, add=False, shift=1, members=peers, wire=slow, parts=parts)
        for members in node:
            for r in range(inner - 1):
                messages = []
                for i in range(inner):
                    part = (i - r + shift) % inner
                    # one message of all pieces: the last carries the size, the others follow without a port's time
                    for q in range(nodes):
                        size = n / inner if q == 0 else 0.0
                        messages.append((members[i], members[(i + 1) % inner], part * nodes + q, size, {"add": add, "wire": fast}))
                net.round(messages)
    assert all(net.complete(rank, part) for rank in range(inner * nodes) for part in range(inner * nodes))
    wires = {"node_latency_s": fast[0], "node_bytes_per_s": fast[1], "network_latency_s": slow[0], "network_bytes_per_s": slow[1]}
    assert hierarchical_all_reduce(n, inner, nodes, **wires).time_s == pytest.approx(net.end)


# --- queues, with a simulation that keeps a clock and a list of events instead of the package's recursion ---------------


def event_simulation(arrivals, services, servers):
    """Waits of first come, first served by stepping from event to event."""
    free, queue, events, waits = servers, [], [(t, 1, i) for i, t in enumerate(arrivals)], [0.0] * len(arrivals)
    events.sort(reverse=True)
    ends = []
    while events or ends:
        if ends and (not events or ends[-1][0] <= events[-1][0]):
            now, _ = ends.pop()
            free += 1
        else:
            now, _, i = events.pop()
            queue.append(i)
        while free and queue:
            i = queue.pop(0)
            waits[i], free = now - arrivals[i], free - 1
            ends.append((now + services[i], i))
            ends.sort(reverse=True)
    return waits


def stream(count, load, servers, draw, seed=7):
    rng, clock, arrivals = random.Random(seed), 0.0, []
    for _ in range(count):
        clock += rng.expovariate(load * servers)
        arrivals.append(clock)
    return arrivals, [draw(rng) for _ in range(count)]


@pytest.mark.parametrize("servers", [1, 3])
def test_the_recursion_is_the_event_simulation(servers):
    arrivals, services = stream(3000, 0.8, servers, lambda r: r.expovariate(1.0))
    trace = fifo(arrivals, services, servers)
    waits = [b - a for b, a in zip(trace.starts_s, arrivals, strict=True)]
    assert waits == pytest.approx(event_simulation(arrivals, services, servers), abs=1e-9)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (4, 0.8)])
def test_mean_and_percentile_of_the_wait_of_exponential_services(servers, load):
    arrivals, services = stream(60_000, load, servers, lambda r: r.expovariate(1.0))
    waits = sorted(b - a for b, a in zip(fifo(arrivals, services, servers).starts_s, arrivals, strict=True))
    queue = mmc(load * servers, 1.0, servers)
    assert sum(waits) / len(waits) == pytest.approx(queue.wait_s, rel=0.08)
    assert sum(w > 0 for w in waits) / len(waits) == pytest.approx(queue.wait_probability, rel=0.04)
    for share in (0.8, 0.95):
        assert percentile(waits, share) == pytest.approx(mmc_wait_percentile_s(load * servers, 1.0, servers, share), rel=0.08)


@pytest.mark.parametrize(("cs2", "draw"), [(0.0, lambda r: 1.0), (0.5, lambda r: r.gammavariate(2, 0.5)), (4.0, lambda r: r.gammavariate(0.25, 4))])
def test_mean_wait_by_pollaczek_and_khinchine(cs2, draw):
    arrivals, services = stream(60_000, 0.6, 1, draw)
    waits = [b - a for b, a in zip(fifo(arrivals, services).starts_s, arrivals, strict=True)]
    assert sum(waits) / len(waits) == pytest.approx(mg1(0.6, 1.0, cs2).wait_s, rel=0.08)
