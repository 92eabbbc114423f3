"""The package as a whole: every module is reachable by name, and importing it is cheap."""

import pkgutil
import subprocess
import sys

import mlsysim
import pytest


def test_every_public_module_is_reachable_by_name():
    found = {m.name for m in pkgutil.iter_modules(mlsysim.__path__) if not m.name.startswith("_")}
    assert found == set(mlsysim._MODULES)
    assert all(getattr(mlsysim, name).__doc__ for name in found)


def test_an_unknown_module_is_named_in_the_error():
    with pytest.raises(AttributeError, match="rooflines.*roofline"):
        getattr(mlsysim, "rooflines")  # noqa: B009 - a name that is looked up as anybody would


def test_importing_the_package_loads_no_third_party_module():
    code = "import sys, mlsysim.roofline, mlsysim.parallelism; print([m for m in ('numpy', 'marimo', 'altair', 'msgspec') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
