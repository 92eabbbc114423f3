"""Give hatchling the files of the wheel that it builds; `wheel_files.py` says which. An editable installation has the whole tree."""

import runpy
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent


class RoomsHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        if version == "editable":
            return
        files = runpy.run_path(str(HERE / "wheel_files.py"))["wheel_files"](HERE / "src" / "mlsysim")[self.metadata.name]
        self.made = tempfile.TemporaryDirectory()
        for number, (path, content) in enumerate(files.items()):
            made = Path(self.made.name, str(number))
            made.write_bytes(content)
            build_data["force_include"][str(made)] = path

    def finalize(self, version: str, build_data: dict, artifact_path: str) -> None:
        if version != "editable":
            self.made.cleanup()
