"""What the simulator costs, in one run: medians of whole calls, and of a fresh import. Nothing here is asserted."""

import statistics
import subprocess
import sys
import time

from mlsysim import catalog, roofline
from mlsysim.layout import Layout
from mlsysim.parallelism import estimate_layout
from mlsysim.published_training import megatron_model


def median_us(call, n: int = 2000) -> float:
    """Median time of one call, in microseconds."""
    times = []
    for _ in range(n):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def import_ms(n: int = 9) -> float:
    """Median time that `import mlsysim` adds to a fresh interpreter, in milliseconds."""
    code = "import time; b = time.perf_counter(); import mlsysim, mlsysim.roofline; print(time.perf_counter() - b)"
    return statistics.median(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(n)) * 1e3


if __name__ == "__main__":
    h100 = catalog.device("h100_sxm")
    model, layout = megatron_model("174.6B"), Layout(8, 8)
    print(f"import mlsysim              {import_ms():8.1f} ms")
    print(f"one roofline estimate       {median_us(lambda: roofline.on_device(1e12, 1e9, h100, 'bf16')):8.1f} µs")
    print(f"one training layout         {median_us(lambda: estimate_layout(model, layout, gpus=1024, batch=1536)):8.1f} µs")
