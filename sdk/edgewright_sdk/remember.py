"""What follows from a window's spec and the parameters alone is worked out once, not in every call."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk.params import Params
    from edgewright_specs.interface import WindowSpec

Settings = TypeVar("Settings")
_KEPT = 4


class _Asked:
    """A window's spec and parameters, equal where they say the same."""

    __slots__ = ("key", "params", "window")

    def __init__(self, window: WindowSpec, params: Params) -> None:
        self.window, self.params = window, params
        fields = ((name, tuple(v) if isinstance(v, list) else v) for name, v in window.items())
        self.key = (*fields, *params.items())

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.key == other.key


def remembered(
    function: Callable[[WindowSpec, Params], Settings],
) -> Callable[[WindowSpec, Params], Settings]:
    """Let a function of a window's spec and parameters remember its last 4 results.

    A block is asked for one window at a time when it runs live: filters and labels need not be made again each time.
    What the function returns is shared by its callers, so it must not be changed. Errors are not remembered.

    Parameters
    ----------
    function : callable
        ``function(window, params)``; it depends on nothing else.
    """

    @lru_cache(maxsize=_KEPT)
    def answer(asked: Any) -> Settings:
        return function(asked.window, asked.params)

    @wraps(function)
    def remembering(window: WindowSpec, params: Params) -> Settings:
        return answer(_Asked(window, params))

    return remembering
