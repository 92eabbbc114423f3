"""Makes marimo keep every change when several arrive while Python is busy.

A panel is one marimo dictionary. When the kernel is busy, marimo gathers the waiting changes into one request and turns
each child's into its dictionary's; in 0.25.2 the second child's then replaces the first's, so of three numbers typed
quickly only the last reached Python, while the page showed all three. Here the changes of one dictionary are joined
before marimo sees them. Remove this file when marimo joins them itself: tests/labkit/test_every_change.py tells.
"""

from __future__ import annotations

import functools
from typing import Any


def _join(into: dict, more: dict) -> None:
    """Join nested changes: {"a": {"x": 1}} and {"a": {"y": 2}} make {"a": {"x": 1, "y": 2}}."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _join(into[key], value)
        else:
            into[key] = value


def joined(registry, ids_and_values) -> dict[str, Any]:
    """The changes by the element that owns them, joined; a button's press comes after what was typed before it."""
    from marimo import ui

    def is_press(change) -> bool:
        try:
            return isinstance(registry.get_object(change[0]), ui.button)
        except (KeyError, AssertionError):
            return False

    owned: dict[str, Any] = {}
    for element, value in sorted(ids_and_values, key=is_press):
        try:
            owner, change = registry.resolve_lens(element, value)
        except (KeyError, RuntimeError):  # another app's element: marimo finds it
            owner, change = element, value
        if owner != element and isinstance(owned.get(owner), dict):
            _join(owned[owner], change)
        else:
            owned[owner] = change
    return owned


def keep_every_change() -> None:
    """Teach the kernel of this process to join changes; calling it again does nothing."""
    from marimo._runtime.context import get_context
    from marimo._runtime.runtime import Kernel

    plain = Kernel.set_ui_element_value
    if getattr(plain, "keeps_every_change", False):
        return

    @functools.wraps(plain)
    async def set_ui_element_value(self, request, **how):
        if len(request.object_ids) > 1:
            owned = joined(get_context().ui_element_registry, request.ids_and_values)
            request = type(request)(object_ids=list(owned), values=list(owned.values()), token=request.token, request=request.request)
        return await plain(self, request, **how)

    set_ui_element_value.keeps_every_change = True
    Kernel.set_ui_element_value = set_ui_element_value
