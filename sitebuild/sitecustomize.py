"""Fetch the part of a package that the first download leaves out, at the moment something imports it; and say why
a package is absent that one would expect.

Goes into the browser's standard library, where Python runs it at start. The worker may wait for a file, so an import just
takes a little longer the first time; nothing is missing. `later.py` makes the archives and the index.
"""

import sys


class Later:
    """Finds modules in archives that are not here yet. The index maps an archive to [folder, SHA-256, its modules]."""

    def __init__(self, index):
        self.index = index
        self.archive = {module: archive for archive, (_, _, modules) in index.items() for module in modules}
        self.here, self.asked, self.packages = set(), [], set()

    def find_spec(self, name, path=None, target=None):
        archive = self.archive.get(name) or self.own(name)
        if archive is None:
            return None
        from importlib.machinery import PathFinder

        self.asked.append(name)
        folder, sha256, _ = self.index[archive]
        if archive not in self.here:
            self.here.add(archive)  # before anything is imported: what unpacking needs must not be looked for here
            self.fetch(archive, folder, sha256)
        parent = name.rpartition(".")[0].replace(".", "/")
        return PathFinder.find_spec(name, [f"{folder}/{parent}".rstrip("/")])

    def own(self, name):
        """The archive of a module whose package brings an index of its own, as a module beside it."""
        package, dot, _ = name.partition(".")
        if dot and package not in self.packages:
            self.packages.add(package)
            try:
                index = __import__(f"_{package}_later").INDEX
            except ImportError:
                return None
            self.index |= index
            self.archive |= {module: archive for archive, (_, _, modules) in index.items() for module in modules}
        return self.archive.get(name)

    def fetch(self, archive, folder, sha256):
        import importlib
        import io
        import time
        import zipfile

        import pyodide_js
        from _sha2 import sha256 as digest

        url = pyodide_js._api.config.packageBaseUrl + archive
        for again, pause in enumerate((1, 2, 4, 8, 0), 1):
            data = self.ask(url)
            if digest(data).hexdigest() == sha256:
                break
            self.tell("again" if pause else "lost", again if pause else url)
            time.sleep(pause)
        else:
            self.here.discard(archive)
            raise ImportError(f"{archive} did not arrive as it was built. Check the connection, then reload the page.")
        if again > 1:
            self.tell("came", url)
        zipfile.ZipFile(io.BytesIO(data)).extractall(folder)
        importlib.invalidate_caches()


    def ask(self, url):
        from js import XMLHttpRequest

        request = XMLHttpRequest.new()
        request.open("GET", url, False)
        request.responseType = "arraybuffer"
        try:
            request.send()
            return request.response.to_bytes() if request.status == 200 else b""
        except Exception:
            return b""

    def tell(self, kind, value):
        """Say to the page how it goes (worker_network.js); there is none when the site is built."""
        import js

        if hasattr(js, "lkTell"):
            js.lkTell(kind, value)


class Absent:
    """Answers the import of a package that the site does not have. Asking whether it is there is answered as ever: no."""

    def __init__(self, reasons):
        self.reasons = reasons

    def find_spec(self, name, path=None, target=None):
        if name in self.reasons:
            frame = sys._getframe(1)
            for _ in range(6):  # an import statement, or only importlib.util.find_spec?
                if frame is None or frame.f_globals.get("__name__") == "importlib.util":
                    break
                if frame.f_code.co_name == "_find_and_load_unlocked":
                    raise ModuleNotFoundError(self.reasons[name], name=name)
                frame = frame.f_back
        return None


try:
    from _absent_index import ABSENT
    from _later_index import INDEX
except ImportError:
    pass  # a standard library that is whole
else:
    sys.meta_path += [Later(INDEX), Absent(ABSENT)]
