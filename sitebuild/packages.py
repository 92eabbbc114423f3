"""Which packages the browser gets. Versions and hashes stand in runtime.lock.json; `--update-lock` writes them from here."""

from dataclasses import dataclass

PYODIDE = "314.0.0"  # the version that marimo 0.25.2 asks for; package.json pins the same
STDLIB = "python_stdlib.zip"
PYODIDE_FILES = ("pyodide.asm.mjs", "pyodide.asm.wasm", STDLIB)  # marimo's worker has pyodide.mjs inside; worker_network.py renames the first
PYODIDE_BUILD_FILES = ("pyodide.mjs", *PYODIDE_FILES)  # for the compiler of bytecode.py, in node
PLATFORM = "pyemscripten_2026_0_wasm32"
PYTHON = "3.14"

WHEEL = "pypi-wheel"  # used as it comes
STRIPPED = "pypi-wheel-stripped"  # a wheel without its compiled module (the package falls back to pure Python) or without `drop`
NATIVE_PLATFORM = "manylinux2014_x86_64"  # which native wheel is taken for stripping: any has the same Python files


@dataclass(frozen=True, slots=True)
class Package:
    """One package of the browser's runtime. `depends` overrides the wheel's own list.

    `drop` names folders that are left out of a stripped wheel.
    """

    name: str
    version: str
    origin: str = WHEEL
    depends: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()


PACKAGES = (
    # marimo-base lists a server's needs too (uvicorn, starlette, psutil …), which do not exist in a browser.
    Package("marimo-base", "0.25.2", depends=(
        "msgspec", "Markdown", "pymdown-extensions", "narwhals", "packaging", "pygments", "docutils", "itsdangerous", "jedi", "PyYAML",
    )),
    Package("msgspec", "0.22.0"),
    Package("micropip", "0.11.1"),
    Package("Markdown", "3.11.3"),
    Package("pymdown-extensions", "11.0.2"),
    Package("PyYAML", "6.0.4", STRIPPED),
    Package("narwhals", "2.29.0"),
    Package("packaging", "26.4"),
    Package("pygments", "2.21.0"),
    Package("docutils", "0.23"),
    Package("itsdangerous", "2.2.0"),
    # marimo imports jedi, but only its editor completes code: the stubs it would read are 4 MB of thousands of small files.
    Package("jedi", "0.20.1", STRIPPED, drop=("jedi/third_party/",)),
    Package("parso", "0.8.7"),
    Package("pyodide-http", "0.2.2"),
    Package("altair", "6.3.0"),
    Package("jinja2", "3.1.6"),
    Package("MarkupSafe", "3.0.4", STRIPPED),
    Package("typing-extensions", "4.16.0"),
    Package("attrs", "26.1.0"),
    Package("jsonschema", "4.17.3"),  # the last one without rpds-py, which has no wasm wheel
    Package("pyrsistent", "0.20.0"),
)


def normal(name: str) -> str:
    """The comparable form of a package name.

    >>> normal("Typing_Extensions")
    'typing-extensions'
    """
    return name.lower().replace("_", "-").replace(".", "-")
