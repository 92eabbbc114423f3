"""`mlsysim estimate QUESTION DEVICE MODEL`: roofline, Iron Law, training step, or serving in slots."""

from __future__ import annotations

from mlsysim import catalog
from mlsysim.catalog_entries import FORMATS
from mlsysim.command_output import print_result
from mlsysim.errors import Infeasible
from mlsysim.transformer import RECOMPUTATION

QUESTIONS = ("roofline", "iron-law", "training", "serving")


def add_to(commands, parents) -> None:
    """Add the command with one sub-command a question."""
    command = commands.add_parser("estimate", help="one device and one model: time, what binds, what fits")
    questions = command.add_subparsers(dest="question", metavar="QUESTION", required=True, parser_class=type(command))

    def question(name, run, help):
        one = questions.add_parser(name, parents=parents, help=help)
        one.add_argument("device", metavar="DEVICE")
        one.add_argument("model", metavar="MODEL")
        one.add_argument("--work", action="store_true", help="also the source of every number")
        one.set_defaults(run=run)
        return one

    one = question("roofline", _roofline, "one phase: prefill, decode, or a batch of images")
    one.add_argument("--phase", choices=("decode", "prefill", "inference"), help="default: decode for a decoder, else inference")
    one.add_argument("--precision", choices=FORMATS, default="fp16", help="of the arithmetic (default fp16)")
    one.add_argument("--weights", choices=FORMATS, help="format of the stored weights (default: as the arithmetic)")
    one.add_argument("--batch", type=int, default=1)
    one.add_argument("--tokens", type=int, default=512, help="context of a decode step, or the prompt (default 512)")
    one.add_argument("--compute-efficiency", type=float, default=1.0, help="share of the peak that is reached (default 1: a bound)")
    one.add_argument("--memory-efficiency", type=float, default=1.0, help="share of the bandwidth that is reached (default 1)")

    one.add_argument("--calibrated", action="store_true", help="the shares that kernels of the device's generation reach, instead")

    one = question("iron-law", _iron_law, "one trip on a machine profile: data, arithmetic and overhead added up")
    one.add_argument("--batch", type=int, default=1)

    one = question("training", _training, "one training step under a layout")
    add_training_options(one)
    one.add_argument("--tensor", type=int, default=1)
    one.add_argument("--pipeline", type=int, default=1)
    one.add_argument("--microbatch", type=int, default=1)
    one.add_argument("--recomputation", choices=RECOMPUTATION, default="full")
    one.add_argument("--chunks", type=int, default=1)
    one.add_argument("--zero1", action="store_true", help="optimiser state divided over the replicas")

    one = question("serving", _serving, "queued prompts answered in slots")
    one.add_argument("--policy", choices=("static", "continuous"), default="continuous")
    one.add_argument("--allocation", choices=("reserved", "paged"), default="paged")
    one.add_argument("--slots", type=int, default=16)
    one.add_argument("--prompt", type=int, default=512, help="tokens of a prompt (default 512)")
    one.add_argument("--weight-bits", type=int, choices=(16, 8), default=16)
    one.add_argument("--answers", type=int, default=96)
    one.add_argument("--seed", type=int, default=13)


def add_training_options(command) -> None:
    """What training on a cluster needs besides the layout."""
    command.add_argument("--gpus", type=int, default=8)
    command.add_argument("--batch", type=int, default=64, help="sequences a step (default 64)")
    command.add_argument("--sequence", type=int, help="tokens a sequence (default: the context of the model)")
    command.add_argument("--precision", choices=("bf16", "fp16"), help="default: bf16 where the device has it")
    command.add_argument("--network", default="hdr", help="link between nodes (default hdr)")
    command.add_argument("--node", type=int, default=8, help="devices a node (default 8)")


def model_and_cluster(options):
    """The transformer and the cluster that a training question is about."""
    from mlsysim.clusters import cluster_of
    from mlsysim.phases import transformer_of

    model, device = transformer_of(catalog.model(options.model), options.sequence), catalog.device(options.device)
    precision = options.precision or ("bf16" if "bf16" in device.peak_flop_per_s else "fp16")
    return model, cluster_of(device, network=options.network, gpus_per_node=options.node, fmt=precision)


def asked(options) -> dict:
    """The request as it was understood, for the answer."""
    return {key: value for key, value in vars(options).items() if key not in ("run", "json", "work")}


def _answer(options, result) -> int:
    print_result(result, as_json=options.json, asked=asked(options), full=options.work)
    return 0


def _roofline(options) -> int:
    from mlsysim.phases import phase_on_device

    model, device = catalog.model(options.model), catalog.device(options.device)
    phase = options.phase or ("decode" if "kv_heads" in model.architecture else "inference")
    return _answer(
        options,
        phase_on_device(
            model,
            device,
            phase,
            fmt=options.precision,
            weight_format=options.weights,
            batch=options.batch,
            tokens=options.tokens,
            compute_efficiency=options.compute_efficiency,
            memory_efficiency=options.memory_efficiency,
            calibrated=options.calibrated,
        ),
    )


def _iron_law(options) -> int:
    from mlsysim.iron_law import Job, on_machine

    return _answer(options, on_machine(Job.of(catalog.model(options.model)), catalog.machine(options.device), options.batch))


def _training(options) -> int:
    from mlsysim.layout import Layout
    from mlsysim.parallelism import estimate_layout

    model, cluster = model_and_cluster(options)
    layout = Layout(options.tensor, options.pipeline, options.microbatch, options.recomputation, options.chunks, options.zero1)
    result = estimate_layout(model, layout, gpus=options.gpus, batch=options.batch, cluster=cluster)
    if not result.fits:
        what = f"A step of {model.name} under this layout does not fit"
        raise Infeasible(what, needed=result.memory_bytes, available=result.memory_limit_bytes, unit="B")
    return _answer(options, result)


def _serving(options) -> int:
    from mlsysim.serving import TOO_SMALL, serve_slots

    result = serve_slots(
        options.policy,
        options.slots,
        options.prompt,
        allocation=options.allocation,
        weight_bits=options.weight_bits,
        gpu=options.device,
        model=options.model,
        answers=options.answers,
        seed=options.seed,
    )
    if result.state == TOO_SMALL:
        what = f"Not one prompt with its answer fits beside the weights of {options.model} on {result.gpu}"
        raise Infeasible(what, needed=result.weights_bytes, available=result.usable_share * result.memory_bytes, unit="B")
    return _answer(options, result)
