"""When something fails that nobody foresaw: a sentence stands where it failed, and everything else goes on."""

from __future__ import annotations

from pathlib import PurePath

from mlsysim.errors import MlsysimError

STAYS = "Everything recorded is kept, and the other parts work. Go back to the setting before, or reload the page."


class Broke(MlsysimError):
    """What a lab's own code raised without meaning to, as a sentence for the student."""

    def __init__(self, error: Exception):
        super().__init__(f"{what_failed(error)} {STAYS}")


def what_failed(error: Exception) -> str:
    """The sentence for an exception: for want of memory, or what it says and where it was raised, so that it can be reported.

    >>> what_failed(KeyError("rate"))
    "The lab failed here, which is its fault and not yours (KeyError: 'rate')."
    """
    if isinstance(error, MemoryError):
        return "There is not enough memory for this; closing other tabs may help."
    place, trace = "", error.__traceback__
    while trace:
        place = f", line {trace.tb_lineno} of {PurePath(trace.tb_frame.f_code.co_filename).name}"
        trace = trace.tb_next
    said = str(error)
    words = type(error).__name__ + (f": {said[:200]}{'…' * (len(said) > 200)}" if said else "")
    return f"The lab failed here, which is its fault and not yours ({words}{place})."


def sentence(error: Exception) -> str:
    """What to show for it: the simulator's own words where it refused on purpose."""
    return str(error) if isinstance(error, MlsysimError) else str(Broke(error))
