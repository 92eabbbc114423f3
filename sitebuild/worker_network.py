"""Let the Python worker survive a broken connection and a server that knows neither `.mjs` nor `.wasm`.

Pyodide asks once for each of its files, and waits for ever when WebAssembly does not start. `worker_network.js` goes before
marimo's worker scripts and asks again. Pyodide's own script is published under a name that every server gives the right type.
"""

import re
from pathlib import Path

from .errors import BuildError
from .front_change import put_before

HERE = Path(__file__).parent
SCRIPT, PUBLISHED = "pyodide.asm.mjs", "pyodide.asm.js"  # a browser runs no module script of another type than JavaScript
CHANGES = (  # pattern of what stands there once, text that takes its place
    (r"pyodide\.asm\.mjs", PUBLISHED),
    (r"([\w$]+)\(async e=>await import\(e\),`loadScript`\)", r"\1(self.lkImport,`loadScript`)"),
)


def ask_again(assets: Path) -> None:
    """Change the worker scripts of the copied front end; BuildError where they do not read as expected."""
    found = [p for p in sorted(assets.glob("*.js")) if SCRIPT in p.read_text(encoding="utf-8")]
    if not any(p.name.startswith("worker-") for p in found):
        raise BuildError(f"marimo's front end has no worker script that loads {SCRIPT}. See how it loads Pyodide now, and adapt {__name__}.")
    for script in found:
        text = script.read_text(encoding="utf-8")
        for old, new in CHANGES:
            text, times = re.subn(old, new, text)
            if times != 1:
                raise BuildError(f"{script.name} of marimo's front end has {old} {times} times, expected once. Adapt CHANGES in {__name__}.")
        script.write_text(text, encoding="utf-8")
        put_before(script, HERE / "worker_network.js")


def published_script(source: Path, runtime: Path) -> None:
    """Put Pyodide's script into the runtime folder under its published name, which it knows itself by as well."""
    (runtime / PUBLISHED).write_text(source.read_text(encoding="utf-8").replace(SCRIPT, PUBLISHED), encoding="utf-8")
