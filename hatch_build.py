"""Put the decision log's JSON Schema into the wheel, generated from the log's types (labkit/schema.py) when it is built."""

import sys
import tempfile
import types
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SchemaHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        if version != "standard":
            return  # an editable installation has the generator itself
        kit = types.ModuleType("labkit")  # stands for the package, whose own start needs mlsysim
        kit.__path__ = [str(Path(self.root, "labkit"))]
        sys.modules["labkit"] = kit
        from labkit.schema import schema_text

        self.made = tempfile.TemporaryDirectory()
        schema = Path(self.made.name, "decision-log-1.0.json")
        schema.write_text(schema_text(), encoding="utf-8")
        build_data["force_include"][str(schema)] = f"labkit/{schema.name}"

    def finalize(self, version: str, build_data: dict, artifact_path: str) -> None:
        if version == "standard":
            self.made.cleanup()
