"""What the commands of one call share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgewright.plugins import Plugins


class State:
    """The object of the click context (``@click.pass_obj``)."""

    @cached_property
    def plugins(self) -> Plugins:
        """Plugins, loaded when a command first asks."""
        from edgewright.plugins import make_plugins

        return make_plugins()
