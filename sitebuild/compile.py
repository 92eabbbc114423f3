"""Compile the sources under /work/in to /work/out. Runs on the browser's Python, in node (see bytecode.py), not on this machine's.

Each archive in /work/in is a zip of .py files; the one of the same name in /work/out has their .pyc files. The hash of a
source stands in its .pyc and is not checked on import: the source does not travel with it.
"""

import importlib.util
import marshal
import os
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)


def compiled(name: str, source: bytes) -> bytes | None:
    """A .pyc file (PEP 552), or nothing for a file that this Python cannot read, such as a template."""
    try:
        code = compile(source, name, "exec", dont_inherit=True, optimize=2)
    except (SyntaxError, ValueError):
        return None
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(source) + marshal.dumps(code)


for name in sorted(os.listdir("/work/in")):
    with zipfile.ZipFile(f"/work/in/{name}") as sources, zipfile.ZipFile(f"/work/out/{name}", "w") as made:
        for path in sources.namelist():
            if (data := compiled(path, sources.read(path))) is not None:
                made.writestr(zipfile.ZipInfo(path + "c", EPOCH), data)
