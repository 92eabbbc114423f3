"""Changes that arrive together all count. A real marimo kernel runs in a process of its own, as it wants one."""

import json
import subprocess
import sys

KERNEL = """
import asyncio, json, sys
from types import ModuleType
from marimo._config.config import DEFAULT_CONFIG
from marimo._messaging.types import KernelStreams, NoopStream
from marimo._runtime.commands import AppMetadata, ExecuteCellCommand, UpdateUIElementCommand
from marimo._runtime.kernel_lifecycle import KernelArgs, create_kernel
from marimo._runtime.utils.set_ui_element_request_manager import SetUIElementRequestManager
from marimo._session.model import SessionMode
from labkit.every_change import keep_every_change

CELL = '''
import marimo as mo
box, pressed = [], []
panel = mo.ui.dictionary({
    "low": mo.ui.number(value=None), "high": mo.ui.number(value=None),
    "lock": mo.ui.button(value=0, on_click=lambda n: pressed.append((box[0]["low"].value, box[0]["high"].value)) or n + 1),
})
box.append(panel)
'''

async def main(keep):
    if keep:
        keep_every_change(), keep_every_change()
    kernel, _ = create_kernel(KernelArgs(
        streams=KernelStreams(stream=NoopStream(), stdout=None, stderr=None, stdin=None), debugger=None, configs={},
        app_metadata=AppMetadata(query_params={}, filename=None, cli_args={}, argv=None, app_config=None), user_config=DEFAULT_CONFIG, mode=SessionMode.RUN,
        control_queue=asyncio.Queue(), set_ui_element_queue=asyncio.Queue(), virtual_file_storage=None,
    ))
    await kernel.run([ExecuteCellCommand(cell_id="0", code=CELL)])
    panel = kernel.globals["panel"]
    queue = asyncio.Queue()
    waiting = [("lock", 1), ("low", 2.0), ("high", 7.0), ("lock", 2)]  # a press too early, two fields, a press: all while the kernel is busy
    for name, value in waiting:
        queue.put_nowait(UpdateUIElementCommand(object_ids=[panel[name]._id], values=[value]))
    for request in SetUIElementRequestManager(queue).process_request(queue.get_nowait()):
        await kernel.set_ui_element_value(request, notify_frontend=False)
    json.dump({"low": panel["low"].value, "high": panel["high"].value, "pressed": kernel.globals["pressed"]}, sys.stdout)

asyncio.run(main(sys.argv[1] == "keep"))
"""


def changes(how: str) -> dict:
    return json.loads(subprocess.run([sys.executable, "-c", KERNEL, how], check=True, capture_output=True, text=True).stdout)


def test_fields_that_change_together_keep_their_values_and_a_press_comes_after_them():
    assert changes("keep") == {"low": 2.0, "high": 7.0, "pressed": [[2.0, 7.0]]}


def test_marimo_alone_still_loses_them():
    """When this fails, marimo joins the changes itself: `labkit/every_change.py` can go."""
    assert changes("plain")["low"] is None
