"""Give each lab only the simulator that it uses: what several labs import travels with every first visit, what one lab
alone imports comes with that lab, and what none imports (the command line, the search) only if somebody asks for it.

What a lab imports is read from the sources: every import of its file and of the modules behind it, those inside of
functions too. `sitecustomize.py` fetches an archive when one of its modules is imported.
"""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from .later import SUFFIX, index

Contents = dict[str, bytes]
SHARED_BY = 2  # so many labs, or labkit, make a module part of the first visit


def imported(source: str | bytes, package: str, known: Iterable[str]) -> set[str]:
    """The modules of `package` (by short name, out of `known`) that a source imports anywhere in it.

    >>> sorted(imported("from mlsysim import a, b\\ndef f():\\n    from mlsysim.c import x", "mlsysim", ("a", "b", "c", "d")))
    ['a', 'b', 'c']
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module.removeprefix(package + ".").split(".")[0]} if node.module.startswith(package + ".") else set()
            found |= {a.name for a in node.names} if node.module == package else set()
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith(package + ".")}
    return found & set(known)


def closure(start: Iterable[str], uses: Mapping[str, set[str]]) -> set[str]:
    """These modules and all behind them.

    >>> sorted(closure(["a"], {"a": {"b"}, "b": {"c"}, "c": set(), "d": set()}))
    ['a', 'b', 'c']
    """
    found, waiting = set(), list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += uses[name]
    return found


def split_by_lab(wheel: str, files: Contents, kit: Iterable[bytes], labs: Mapping[str, Path]) -> dict[str, Contents]:
    """The simulator's wheel as several archives: its own name, one for a lab that uses modules alone, one for the rest."""
    package = wheel.split("-")[0]
    modules = {p.split("/")[1].removesuffix(".py"): p for p in files if p.startswith(f"{package}/") and p.endswith(".py") and p.count("/") == 1}
    uses = {name: imported(files[path], package, modules) for name, path in modules.items()}
    always = closure({"__init__", *(m for source in kit for m in imported(source, package, modules))}, uses)
    needs = {lab: closure(imported(path.read_bytes(), package, modules), uses) for lab, path in labs.items()}
    parts: dict[str, Contents] = {wheel: dict(files)}
    for name, path in modules.items():
        users = [lab for lab, found in needs.items() if name in found]
        if name in always or len(users) >= SHARED_BY:
            continue
        part = f"{package}_{users[0]}{SUFFIX}" if users else f"{package}_rest{SUFFIX}"
        parts.setdefault(part, {})[path] = parts[wheel].pop(path)
    return parts


def own_index(made: Mapping[str, Path], archives: Mapping[str, Contents], package: str) -> Contents:
    """The module that tells the browser's hook where the package's other modules are."""
    return {f"_{package}_later.py": index(made, archives, "")}
