"""Measures one GPU with PyTorch, for the simulator's calibration: one JSON line a measurement.

`python tools/measure_gpu.py --out h100.jsonl` measures everything in about twenty minutes; `--only products,memory` parts of
it; `--dry-run` lists what would be measured, without a GPU or PyTorch. A line holds the case, the median and the spread of
its repeats, the rate, mean power where it was sampled, and date, driver and versions. What does not fit is written as such.
Put the file into `mlsysim_wheel/validation/measured/`, and `make validate` scores the simulator's predictions against it.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import itertools
import json
import platform
import statistics
import subprocess
import sys
import threading
import time

from gpu_transformer import MODELS, VOCABULARY, describe, transformer

PARTS = ("products", "memory", "launch", "attention", "normalisation", "inference", "training", "power")
PRODUCT_FORMATS = ("fp32", "tf32", "fp16", "bf16", "fp8", "int8")
SQUARES = (256, 512, 1024, 2048, 4096, 8192, 16384)
SKINNY = tuple((m, n, k) for m in (1, 8, 32, 128, 512) for n, k in ((4096, 4096), (12288, 4096), (4096, 14336)))
STREAM_BYTES = tuple(2**e for e in range(16, 33))


def plan(parts: tuple[str, ...] = PARTS) -> list[dict]:
    """Every case, in the order in which it is measured."""
    cases = []

    def add(part, **case):
        if part in parts:
            cases.append({"part": part, **case})

    for fmt in PRODUCT_FORMATS:
        for m, n, k in [(s, s, s) for s in SQUARES] + list(SKINNY):
            add("products", fmt=fmt, m=m, n=n, k=k)
    for kind, size in itertools.product(("copy", "read", "write"), STREAM_BYTES):
        add("memory", kind=kind, bytes=size)
    for kind in ("empty stream", "synchronised", "graph"):
        add("launch", kind=kind)
    for batch, sequence, backward in itertools.product((1, 8), (512, 2048, 8192), (False, True)):
        add("attention", batch=batch, heads=16, sequence=sequence, head_dim=128, causal=True, backward=backward)
    for kind, rows, width in itertools.product(("layer_norm", "rms_norm", "softmax", "gelu"), (1024, 65536), (1024, 4096)):
        add("normalisation", kind=kind, rows=rows, width=width)
    for model, batch, context in itertools.product(MODELS, (1, 4, 16, 64), (128, 1024, 4096)):
        add("inference", phase="prefill", model=model, batch=batch, tokens=context)
        add("inference", phase="decode", model=model, batch=batch, tokens=context)
    for model, batch, recompute in itertools.product(MODELS, (1, 2, 4, 8, 16, 32), (False, True)):
        add("training", model=model, batch=batch, sequence=1024, recomputation=recompute)
    for kind in ("idle", "products", "stream"):
        add("power", kind=kind, seconds=10)
    return cases


def smi(query: str) -> str:
    """One answer of nvidia-smi, "" where it has none."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits", "--id=0"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    return ""


class Power:
    """Samples power, clock and temperature in the background; means over the time it was open."""

    def __init__(self, every_s: float = 0.1):
        self.every_s, self.samples, self.stop = every_s, [], threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def _run(self):
        while not self.stop.is_set():
            with contextlib.suppress(ValueError):
                self.samples.append([float(word) for word in smi("power.draw,clocks.sm,temperature.gpu").split(",")])
            self.stop.wait(self.every_s)

    def means(self) -> dict:
        if not self.samples:
            return {}
        power, clock, heat = (statistics.mean(column) for column in zip(*self.samples, strict=True))
        return {"power_w": round(power, 1), "clock_mhz": round(clock), "temperature_c": round(heat), "power_samples": len(self.samples)}


def timed(torch, call, *, repeats: int, least_s: float = 0.002) -> dict:
    """Seconds of one call by events of the GPU: median, tenth and ninetieth percentile of `repeats` samples after warming up.

    Short calls are repeated within a sample until it lasts `least_s`, so that the resolution of events does not matter.
    """
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    began = time.perf_counter()
    call()
    torch.cuda.synchronize()
    inner, samples = max(1, int(least_s / max(time.perf_counter() - began, 1e-7))), []
    for _ in range(repeats):
        first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        first.record()
        for _ in range(inner):
            call()
        last.record()
        torch.cuda.synchronize()
        samples.append(first.elapsed_time(last) / 1e3 / inner)
    samples.sort()
    tenth = max(1, len(samples) // 10)
    return {"time_s": statistics.median(samples), "p10_s": samples[tenth - 1], "p90_s": samples[-tenth], "repeats": repeats, "calls_a_sample": inner}


def _dtype(torch, fmt: str):
    return {"fp32": torch.float32, "tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[fmt]


def products(torch, case, repeats):
    """C = A·B; 8-bit formats by the library's own scaled or integer product."""
    m, n, k, fmt = case["m"], case["n"], case["k"], case["fmt"]
    torch.backends.cuda.matmul.allow_tf32 = fmt == "tf32"
    if fmt == "fp8":
        a = torch.randn(m, k, device="cuda").to(torch.float8_e4m3fn)
        b = torch.randn(n, k, device="cuda").to(torch.float8_e4m3fn).t()
        one = torch.ones((), device="cuda")
        call = lambda: torch._scaled_mm(a, b, scale_a=one, scale_b=one, out_dtype=torch.bfloat16)  # noqa: E731
    elif fmt == "int8":
        a = torch.randint(-8, 8, (m, k), device="cuda", dtype=torch.int8)
        b = torch.randint(-8, 8, (n, k), device="cuda", dtype=torch.int8).t()
        call = lambda: torch._int_mm(a, b)  # noqa: E731
    else:
        a = torch.randn(m, k, device="cuda", dtype=_dtype(torch, fmt))
        b, out = torch.randn(k, n, device="cuda", dtype=a.dtype), torch.empty(m, n, device="cuda", dtype=a.dtype)
        call = lambda: torch.mm(a, b, out=out)  # noqa: E731
    return timed(torch, call, repeats=repeats), {"work_flop": 2.0 * m * n * k}


def memory(torch, case, repeats):
    """Long streams: every byte is read, written, or both."""
    count = case["bytes"] // 4
    a, b = torch.ones(count, device="cuda"), torch.empty(count, device="cuda")
    call = {"copy": lambda: b.copy_(a), "read": lambda: a.sum(), "write": lambda: b.fill_(1.0)}[case["kind"]]
    return timed(torch, call, repeats=repeats), {"traffic_bytes": 4.0 * count * (2 if case["kind"] == "copy" else 1)}


def launch(torch, case, repeats):
    """A kernel that does nothing worth mentioning: in a row, waited for, or replayed from a graph of a hundred."""
    x = torch.zeros(1, device="cuda")
    if case["kind"] == "graph":
        graph = torch.cuda.CUDAGraph()
        x.add_(1.0)
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            for _ in range(100):
                x.add_(1.0)
        result = timed(torch, graph.replay, repeats=repeats)
        return {key: value / 100 if key.endswith("_s") else value for key, value in result.items()}, {}
    waited = case["kind"] == "synchronised"
    return timed(torch, lambda: (x.add_(1.0), torch.cuda.synchronize() if waited else None), repeats=repeats), {}


def attention(torch, case, repeats):
    """Fused attention, forward alone or with its backward pass."""
    shape = (case["batch"], case["heads"], case["sequence"], case["head_dim"])
    q, k, v = (torch.randn(shape, device="cuda", dtype=torch.bfloat16, requires_grad=case["backward"]) for _ in range(3))
    forward = lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=case["causal"])  # noqa: E731
    gradient = torch.randn(shape, device="cuda", dtype=torch.bfloat16)
    call = (lambda: torch.autograd.grad(forward(), (q, k, v), gradient)) if case["backward"] else forward
    flop = 4.0 * case["batch"] * case["heads"] * case["sequence"] ** 2 * case["head_dim"] * (3.5 if case["backward"] else 1.0)
    return timed(torch, call, repeats=repeats), {"work_flop": flop / (2 if case["causal"] else 1), "counted": "masked half left out; backward 2.5 forward"}


def normalisation(torch, case, repeats):
    """Kernels that stream: one pass in, one out."""
    x, functional, width = torch.randn(case["rows"], case["width"], device="cuda", dtype=torch.bfloat16), torch.nn.functional, (case["width"],)
    norms = {"layer_norm": lambda: functional.layer_norm(x, width), "rms_norm": lambda: functional.rms_norm(x, width)}
    call = (norms | {"softmax": lambda: torch.softmax(x, -1), "gelu": lambda: functional.gelu(x)})[case["kind"]]
    return timed(torch, call, repeats=repeats), {"traffic_bytes": 2.0 * x.numel() * x.element_size()}


def inference(torch, case, repeats):
    """One prompt of `tokens`, or one more token after as many."""
    batch, tokens, (layers, width, heads) = case["batch"], case["tokens"], MODELS[case["model"]]
    model = transformer(torch, case["model"], tokens + 1).eval()
    shape = (batch, heads, tokens + 1, width // heads)
    caches = [tuple(torch.zeros(shape, device="cuda", dtype=torch.bfloat16) for _ in range(2)) for _ in range(layers)]
    decode = case["phase"] == "decode"
    ids = torch.zeros((batch, 1 if decode else tokens), device="cuda", dtype=torch.long)
    with torch.inference_mode():
        result = timed(torch, lambda: model(ids, caches, tokens if decode else 0), repeats=repeats)
    return result, {"tokens_out": batch * ids.shape[1], **describe(model, case["model"])}


def training(torch, case, repeats):
    """Forward, backward and a fused Adam step in 16 bit."""
    import torch.utils.checkpoint  # noqa: F401

    model = transformer(torch, case["model"], case["sequence"])
    adam = torch.optim.AdamW(model.parameters(), fused=True)
    ids = torch.randint(0, VOCABULARY, (case["batch"], case["sequence"]), device="cuda")

    def step():
        loss = torch.nn.functional.cross_entropy(model(ids, recompute=case["recomputation"]).flatten(0, 1), ids.flatten())
        loss.backward()
        adam.step()
        adam.zero_grad(set_to_none=True)

    torch.cuda.reset_peak_memory_stats()
    result = timed(torch, step, repeats=min(repeats, 10))
    return result, {"memory_bytes": torch.cuda.max_memory_allocated(), **describe(model, case["model"])}


def power(torch, case, repeats):
    """Ten seconds of nothing, of large products, or of a long stream."""
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    call = {"idle": lambda: time.sleep(0.1), "products": lambda: torch.mm(a, a), "stream": lambda: a.clone()}[case["kind"]]
    began, calls, at_once = time.perf_counter(), 0, 1 if case["kind"] == "idle" else 20
    while time.perf_counter() < began + case["seconds"]:
        for _ in range(at_once):
            call()
        torch.cuda.synchronize()
        calls += at_once
    return {"time_s": (time.perf_counter() - began) / calls, "repeats": calls}, {}


def about(torch) -> dict:
    """What every line says of the machine."""
    card = torch.cuda.get_device_properties(0)
    return {
        "date": datetime.date.today().isoformat(),
        "device": card.name,
        "memory_bytes_total": card.total_memory,
        "multiprocessors": card.multi_processor_count,
        "driver": smi("driver_version"),
        "power_limit_w": smi("power.limit"),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "python": platform.python_version(),
    }


def measure(torch, case: dict, repeats: int) -> dict:
    """One line; what the card or the library cannot do is said in `failed`."""
    try:
        with Power() as sampled:
            times, more = globals()[case["part"]](torch, case, repeats)
    except (RuntimeError, AttributeError, TypeError, KeyError, ValueError) as error:
        return {**case, "failed": f"{type(error).__name__}: {str(error)[:200]}"}
    finally:
        torch.cuda.empty_cache()
    rates = {f"{key.split('_')[1]}_per_s": value / times["time_s"] for key, value in more.items() if key in ("work_flop", "traffic_bytes")}
    return {**case, **times, **more, **rates, **sampled.means()}


def main(arguments: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", default="-", help="file to append to; - prints (the default)")
    options.add_argument("--only", help=f"parts, separated by commas: {', '.join(PARTS)}")
    options.add_argument("--repeats", type=int, default=30, help="samples a case (default 30)")
    options.add_argument("--dry-run", action="store_true", help="list what would be measured, and stop")
    given = options.parse_args(arguments)
    parts = PARTS if given.only is None else tuple(given.only.split(","))
    if unknown := [p for p in parts if p not in PARTS]:
        options.error(f"there is no part named {', '.join(map(repr, unknown))}; there are {', '.join(PARTS)}")
    if given.repeats < 1:
        options.error(f"--repeats is {given.repeats}, but must be at least 1")
    cases = plan(parts)
    if given.dry_run:
        print("\n".join(json.dumps(case) for case in cases))
        return 0
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed: pip install torch", file=sys.stderr)
        return 1
    if not torch.cuda.is_available():
        print("PyTorch sees no GPU here; --dry-run lists what would be measured.", file=sys.stderr)
        return 1
    machine = about(torch)
    with contextlib.nullcontext(sys.stdout) if given.out == "-" else open(given.out, "a", encoding="utf-8") as file:
        for i, case in enumerate(cases, start=1):
            line = {**measure(torch, case, given.repeats), **machine}
            print(json.dumps(line), file=file, flush=True)
            print(f"\r{i} of {len(cases)} {case['part']:16}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
