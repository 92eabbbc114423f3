"""What the simulator does not represent, with the reason."""

from __future__ import annotations

from validation.family import Family


def _none(name, takes, reason) -> Family:
    return Family(name, takes, reason=reason)


FAMILIES = (
    _none("Power of a whole system", lambda c: "power per chip" in c.metric, "the power of hosts, network and fans is not modelled"),
    _none("Quality after compression", lambda c: c.area == "compression" and c.unit in ("ppl", "points", "%"),
          "how accuracy falls depends on data and method; no model of it is physics"),
    _none("Size or time after compression", lambda c: c.area == "compression", "the outcome of a search over one network, or a ratio of two unpublished runs"),
    _none("Prices", lambda c: "price" in c.metric or "price" in c.kind, "a price is an input, not a prediction"),
    _none("Vendor claims and costs of queries", lambda c: c.area == "cost", "an assumed rate, or a ratio of two throughputs of unstated load"),
    _none("Published emissions without their grid", lambda c: c.area == "carbon", "energy, grid or embodied share are not in the configuration"),
    _none("Federated learning rounds", lambda c: c.area == "federated", "rounds to an accuracy depend on the data and the learner, which are not simulated"),
    _none("Group error rates", lambda c: c.area == "fairness", "properties of one deployed system and one population"),
    _none("Accuracy under noise", lambda c: c.area == "privacy", "depends on the data and the learner, which are not simulated"),
    _none("Losses of given models", lambda c: c.area == "scaling_laws", "another data set than the fit's, or a fitted exponent of another law"),
    _none("Time to a target", lambda c: c.metric == "time to train", "the benchmark stops at a quality, and how many steps that takes is not simulated"),
    _none("Restarts and checkpoint stalls", lambda c: c.area == "reliability", "lower bounds in words, or one run with an unstated file system"),
    _none("Latency of a service", lambda c: c.area == "tail_latency", "the distribution of one leaf and the number of leaves are not published together"),
    _none("Storage of one site", lambda c: c.area == "data_io", "facts about one installation or data set"),
    _none("Ratios between serving systems", lambda c: c.area == "inference", "the trace of requests, or the acceptance of drafted tokens, is not stated"),
    _none("Memory under a trace", lambda c: c.area == "memory", "depends on a trace of requests, or is given only as a bound"),
    _none("Other measurements", lambda c: True, "no family of the simulator takes this kind of number"),
)  # fmt: skip
