"""What the simulator costs, in one run: import, wheel, single questions, arrays, search. Nothing here is asserted.

Times of calls are processor time, the best of several rounds, so that a busy machine hardly moves them. `--peer` installs
`mlsysim==0.3.0`, another project of the same name on the public index, into an environment of its own and times it beside.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WHEEL = Path(__file__).resolve().parents[1] / "mlsysim_wheel"
PEER = "mlsysim==0.3.0"
IMPORT = "import time; b = time.perf_counter(); import mlsysim{more}; print(time.perf_counter() - b)"
PEER_CALL = """
import json, sys, time
try:
    import mlsysim
    from mlsysim import Engine, Hardware, Models
    model, chip = Models.Vision.ResNet50, Hardware.Cloud.H100
    def call(): return Engine.solve(model=model, hardware=chip, batch_size=1, precision="fp16")
    call()
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"})); sys.exit()
rounds = []
for _ in range(5):
    began = time.process_time()
    for _ in range(200): call()
    rounds.append((time.process_time() - began) / 200)
print(json.dumps({"call_us": min(rounds) * 1e6}))
"""


def best_us(call, n: int = 2000, rounds: int = 5) -> float:
    """Processor time of one call in microseconds, the best round."""
    call()
    times = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(n):
            call()
        times.append((time.process_time() - began) / n)
    return min(times) * 1e6


def import_ms(python: str = sys.executable, more: str = "", n: int = 9) -> float:
    """Median time that `import mlsysim` adds to a fresh interpreter, in milliseconds."""
    code = IMPORT.format(more=more)
    runs = [subprocess.run([python, "-c", code], capture_output=True, text=True, check=True) for _ in range(n)]
    return statistics.median(float(run.stdout) for run in runs) * 1e3


def wheel_kb() -> float | None:
    """Size of the built wheel in kB, or None if it cannot be built here."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, str(WHEEL)]
        if subprocess.run(command, capture_output=True).returncode:
            return None
        return sum(f.stat().st_size for f in Path(folder).glob("*.whl")) / 1e3


def measure() -> list[tuple[str, float | None, str, str]]:
    """Every line of the table: what, value, unit, key."""
    import numpy as np
    from mlsysim import catalog, iron_law, phases, roofline
    from mlsysim.explore import Between, explore
    from mlsysim.layout import Layout
    from mlsysim.parallelism import estimate_layout
    from mlsysim.published_training import megatron_model

    h100, llama, resnet = catalog.device("h100_sxm"), catalog.model("llama3_8b"), catalog.model("resnet50")
    machine, job = catalog.machine("h100_sxm"), iron_law.Job.of(llama)
    model, layout = megatron_model("174.6B"), Layout(8, 8)
    draw = np.random.default_rng(0)
    work, traffic = 10 ** draw.uniform(6, 15, 1_000_000), 10 ** draw.uniform(6, 12, 1_000_000)
    arrays_us = best_us(lambda: roofline.on_device(work, traffic, h100, "bf16"), n=1)

    def kernel(batch, bandwidth, peak):
        r = roofline.estimate(operations=2e9 * batch, traffic_bytes=1e9 + 1e7 * batch, peak_flop_per_s=peak, bandwidth_bytes_per_s=bandwidth)
        return {"time_s": r.time_s, "price": bandwidth / 1e12 + peak / 1e14, "items_per_s": batch / r.time_s}

    space = {"batch": range(1, 101), "bandwidth": Between(1e11, 4e12, True, 100), "peak": Between(1e13, 1e15, True, 100)}
    two, three = ({"time_s": "min", "price": "min"}, {"time_s": "min", "price": "min", "items_per_s": "max"})
    return [
        ("import mlsysim", import_ms(), "ms", "import_ms"),
        ("import with roofline and layouts", import_ms(more=", mlsysim.roofline, mlsysim.parallelism"), "ms", "import_more_ms"),
        ("wheel", wheel_kb(), "kB", "wheel_kb"),
        ("one roofline", best_us(lambda: roofline.on_device(1e12, 1e9, h100, "bf16")), "µs", "roofline_us"),
        ("one Iron Law", best_us(lambda: iron_law.on_machine(job, machine)), "µs", "iron_law_us"),
        ("one decode step of a model", best_us(lambda: phases.phase_on_device(llama, h100, "decode")), "µs", "decode_us"),
        ("one batch of images", best_us(lambda: phases.phase_on_device(resnet, h100, "inference")), "µs", "images_us"),
        ("one training layout", best_us(lambda: estimate_layout(model, layout, gpus=1024, batch=1536), n=500), "µs", "layout_us"),
        ("roofline on arrays", 1e6 / arrays_us, "million points/s", "array_mega_per_s"),
        ("search, two objectives", 1e6 / best_us(lambda: explore(space, kernel, two), 1, 3), "million designs/s", "explore_2_mega_per_s"),
        ("search, three objectives", 1e6 / best_us(lambda: explore(space, kernel, three), 1, 3), "million designs/s", "explore_3_mega_per_s"),
    ]


def measure_peer(index: str | None) -> dict:
    """The other package of this name, in an environment of its own; what it lacks is said, not guessed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        python = str(Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        more = ["--index-url", index] if index else []
        installed = subprocess.run([python, "-m", "pip", "install", "--quiet", *more, PEER], capture_output=True, text=True)
        if installed.returncode:
            lines = installed.stderr.strip().splitlines() or ["pip gave no reason"]
            return {"error": f"{PEER} could not be installed: {lines[-1]}"}
        packages = json.loads(subprocess.run([python, "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True).stdout)
        out = {"packages": len([p for p in packages if p["name"] not in ("pip", "setuptools", "mlsysim")])}
        try:
            out["import_ms"] = import_ms(python, n=5)
        except subprocess.CalledProcessError as error:
            return out | {"error": (error.stderr or "").strip().splitlines()[-1]}
        return out | json.loads(subprocess.run([python, "-c", PEER_CALL], capture_output=True, text=True).stdout or '{"error": "no answer"}')


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--peer", action="store_true", help=f"also time {PEER} from the public index")
    options.add_argument("--index", help="package index for --peer")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    rows = measure()
    peer = measure_peer(given.index) if given.peer else None
    if given.json:
        print(json.dumps({key: value for _, value, _, key in rows} | ({"peer": peer} if given.peer else {})))
        return
    for what, value, unit, _ in rows:
        print(f"{what:34}{'–' if value is None else f'{value:,.1f}':>12} {unit}")
    if peer:
        ours = {key: value for _, value, _, key in rows} | {"packages": 0}
        print(f"\n{PEER + ', in the same run':34}{'its':>12}{'ours':>12}{'ratio':>9}")
        compared = (("import, ms", "import_ms", "import_ms"), ("one batch of images, µs", "call_us", "images_us"), ("packages", "packages", "packages"))
        for what, key, mine in compared:
            ratio = f"{peer[key] / ours[mine]:,.0f}" if key in peer and ours[mine] else "–"
            print(f"{what:34}{f'{peer[key]:,.1f}' if key in peer else '–':>12}{ours[mine]:>12,.1f}{ratio:>9}")
        if "error" in peer:
            print(peer["error"])


if __name__ == "__main__":
    main()
