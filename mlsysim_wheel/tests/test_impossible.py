"""What is well formed and cannot exist: each says why, with the numbers."""

import pytest
from mlsysim import (
    catalog,
    clusters,
    fixed_batching,
    iron_law,
    layout,
    parallelism,
    phases,
    pipeline_schedule,
    published_training,
    queue_simulation,
    queueing,
    roofline,
    sharding,
    stations,
)
from mlsysim.errors import Infeasible, MlsysimError

BILLION = 10**9
GPT = published_training.megatron_model("174.6B")
H100, LLAMA = catalog.device("h100_sxm"), catalog.model("llama3_8b")
JOB = iron_law.Job.of(LLAMA)

IMPOSSIBLE = [
    (lambda: roofline.on_device(1e9, 1e9, catalog.device("v100_sxm2_32gb"), "fp8"), "V100.* does not compute in fp8; it has"),
    (lambda: roofline.gemm(1, 1, 1, catalog.device("p100_sxm2"), "int4"), "does not compute in int4"),
    (lambda: catalog.device("tpu_v2").peak("fp64"), "does not compute in fp64"),
    (lambda: phases.phase_on_device(catalog.model("llama3_405b"), H100, "decode"), "does not fit.*needs 812.*available"),
    (lambda: phases.phase_on_device(LLAMA, H100, "decode", batch=1000, tokens=8192), "batch of 1000 does not fit"),
    (lambda: phases.phase_work(catalog.model("resnet50"), "prefill"), "has no tokens"),
    (lambda: phases.phase_work(LLAMA, "inference"), "answers in tokens"),
    (lambda: phases.transformer_of(catalog.model("mixtral_8x7b")), "no dense transformer"),
    (lambda: clusters.cluster_of(catalog.device("groq_lpu"), fmt="fp4"), "does not compute in fp4"),
    (lambda: iron_law.on_machine(JOB, catalog.machine("arduino_nano_33_ble")), "does not fit.*4.92.*available"),
    (lambda: stations.station("t4", "llama3_8b", 1, 1.0), "no top-1"),
    (lambda: layout.replicas_and_microbatches(GPT, layout.Layout(3, 1), 1024, 1536), "Tensor parallelism 3 neither divides a node of 8"),
    (lambda: layout.replicas_and_microbatches(GPT, layout.Layout(64, 1), 1024, 1536), "64 does not divide the 96 attention heads"),
    (lambda: layout.replicas_and_microbatches(GPT, layout.Layout(8, 7), 1024, 1536), "56 GPUs do not divide 1024"),
    (lambda: layout.replicas_and_microbatches(GPT, layout.Layout(8, 64), 512, 512), "96 layers do not divide into 64 stages"),
    (lambda: layout.replicas_and_microbatches(GPT, layout.Layout(8, 8), 1024, 1500), "1500 sequences is no whole number of microbatches"),
    (lambda: layout.replicas_and_microbatches(GPT, layout.Layout(8, 1, chunks=2), 1024, 1536), "pipeline of at least 2 stages"),
    (lambda: layout.replicas_and_microbatches(GPT, layout.Layout(8, 8, chunks=2), 1024, 16), "multiples of the 8 stages, not 1"),
    (lambda: parallelism.estimate_layout(GPT, layout.Layout(8, 8), gpus=BILLION, batch=1536), "1536 sequences is no whole number"),
    (lambda: parallelism.estimate_layout(GPT, layout.Layout(8, 8), gpus=BILLION + 1, batch=1536), "gpus is 1000000001.*at most 1e\\+09"),
    (lambda: sharding.zero_step(GPT, BILLION, 3, 1536), "leaves 1000000000 GPUs less than one sequence"),
    (lambda: sharding.zero_step(GPT, 384, 3, 100), "leaves 384 GPUs less than one sequence"),
    (lambda: pipeline_schedule.simulate_pipeline("interleaved", 8, 12, chunks=2), "multiples of the 8 stages, not 12"),
    (lambda: pipeline_schedule.simulate_pipeline("gpipe", 8, 8, chunks=2), "one chunk a stage, not 2"),
    (lambda: pipeline_schedule.simulate_pipeline("1f1b", 256, 4096), "stages × microbatches × chunks is 1048576"),
    (lambda: roofline.mfu(1e15, 1.0, 312e12), "would reach 1e\\+15.*peak is 3.12e\\+14"),
    (lambda: fixed_batching.fixed_batching(3000, 100.0), "batch is 3000.*number of items, 2000"),
    (lambda: queue_simulation.fifo([1.0, 0.0], [1.0, 1.0]), "ascending"),
    (lambda: queue_simulation.fifo([1.0], [1.0, 1.0]), "1 times.*2"),
    (lambda: queueing.percentile([], 0.5), "empty.*at least one"),
    (lambda: LLAMA.shape("wings"), "has no 'wings'.*it has layers"),
    (lambda: LLAMA.weights_at(0), "bytes_per_parameter is 0"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "sentence"), IMPOSSIBLE)
def test_what_cannot_exist_says_why(call, sentence):
    with pytest.raises(MlsysimError, match="(?s)" + sentence):
        call()


def test_what_is_possible_in_principle_and_too_little_in_practice_is_infeasible():
    assert sum(_raises(call, Infeasible) for call, _ in IMPOSSIBLE) >= 20


def _raises(call, kind):
    try:
        call()
    except kind:
        return True
    except MlsysimError:
        return False
    return False
