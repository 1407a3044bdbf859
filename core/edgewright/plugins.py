"""The plugin manager: made by a factory, typed at every call.

``EDGEWRIGHT_PLUGINS=a,b`` loads exactly those entry points (``core`` and ``blocks`` are Edgewright's own),
``EDGEWRIGHT_DISABLE_PLUGINS=a,b`` leaves some out, ``EDGEWRIGHT_TRACE_PLUGINS=1`` writes every hook call to stderr.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from edgewright import hookspecs
from edgewright.errors import EdgewrightError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.data.readers.base import Reader
    from edgewright.executors.base import Executor
    from edgewright.report.panels import Panel
    from edgewright.runners.base import Runner

GROUP = "edgewright"

#: Edgewright's own entry points; also what a source checkout that was never installed has.
OWN = {"core": "edgewright.default_plugin", "blocks": "edgewright_blocks.plugin"}

T = TypeVar("T")


class PluginError(EdgewrightError):
    """A plugin that can't be loaded or misbehaves; ``plugin`` is its name."""

    def __init__(self, plugin: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(f"plugin {plugin!r}: {message}", hint=hint)
        self.plugin = plugin


class Plugins:
    """Typed calls of the hooks over one pluggy manager. Make it by :func:`make_plugins`, pass it on."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self.manager = manager
        self._deaf: set[str] = set()

    def names(self) -> list[str]:
        """Names of the plugins loaded, in the order of loading."""
        return [name for name, _plugin in self.manager.list_name_plugin()]

    def blocks(self) -> list[tuple[str, Path]]:
        """Folders of blocks, each with the name of the plugin that brings it."""
        return [
            (plugin, folder) for plugin, folders in self._by_plugin("edgewright_blocks") for folder in folders
        ]

    def readers(self) -> list[Reader]:
        """Readers of data."""
        return self._collect("edgewright_readers")

    def runners(self) -> dict[str, Runner]:
        """Runners by name."""
        return self._named("edgewright_runners")

    def executors(self) -> dict[str, Executor]:
        """Executors by name."""
        return self._named("edgewright_executors")

    def report_panels(self) -> list[Panel]:
        """Panels that plugins add to a report."""
        return self._collect("edgewright_report_panels")

    def run_event(self, event: Mapping[str, Any]) -> None:
        """Tell every plugin; one that raises is named in a warning and not called again."""
        for implementation in self.manager.hook.edgewright_run_event.get_hookimpls():
            name = implementation.plugin_name
            if name in self._deaf:
                continue
            try:
                implementation.function(*([event] if implementation.argnames else []))
            except Exception as error:
                self._deaf.add(name)
                warnings.warn(
                    f"plugin {name!r}: edgewright_run_event raised {type(error).__name__}: {error}; "
                    "it will hear no more of this run",
                    RuntimeWarning,
                    stacklevel=2,
                )

    def _by_plugin(self, hook: str) -> list[tuple[str, list[Any]]]:
        """Call a collecting hook plugin by plugin, so that each result has an owner, in order of loading."""
        caller = getattr(self.manager.hook, hook)
        results = []
        owners = {implementation.plugin_name for implementation in caller.get_hookimpls()}
        for name, plugin in self.manager.list_name_plugin():
            if plugin is None or name not in owners:
                continue
            others = [other for other in self.manager.get_plugins() if other is not plugin]
            for answer in self.manager.subset_hook_caller(hook, others)():
                if not isinstance(answer, list):
                    raise PluginError(name, f"{hook}() returned {type(answer).__name__}, not a list")
                results.append((name, answer))
        return results

    def _collect(self, hook: str) -> list[Any]:
        return [item for _name, items in self._by_plugin(hook) for item in items]

    def _named(self, hook: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        owners: dict[str, str] = {}
        for plugin, items in self._by_plugin(hook):
            for item in items:
                if item.name in found:
                    raise PluginError(
                        plugin,
                        f"{hook}() brings {item.name!r}, which plugin {owners[item.name]!r} brings too",
                        hint=f"leave one out: EDGEWRIGHT_DISABLE_PLUGINS={plugin}",
                    )
                found[item.name] = item
                owners[item.name] = plugin
        return found


def make_plugins() -> Plugins:
    """Load the plugins that the environment variables allow and check every one of their hooks.

    Raises
    ------
    PluginError
        A plugin can't be imported, or implements a hook that doesn't exist or with other arguments.
    UsageError
        ``EDGEWRIGHT_PLUGINS`` names a plugin that isn't installed.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    if os.environ.get("EDGEWRIGHT_TRACE_PLUGINS", "") not in ("", "0"):
        _trace(manager)
    for name, target in _chosen(_declared()).items():
        try:
            manager.register(import_module(target), name=name)
        except pluggy.PluginValidationError as error:
            raise PluginError(name, str(error)) from error
        except Exception as error:
            raise PluginError(
                name,
                f"{target} can't be loaded: {type(error).__name__}: {error}",
                hint=f"fix or uninstall it, or leave it out: EDGEWRIGHT_DISABLE_PLUGINS={name}",
            ) from error
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        name = manager.get_name(error.plugin) or "?"
        raise PluginError(name, str(error), hint="the hooks are listed in edgewright/hookspecs.py") from error
    return Plugins(manager)


def _declared() -> dict[str, str]:
    """Entry points, Edgewright's own first: a stranger can't come before them, or take their names."""
    declared = dict(OWN)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        target = entry.value
        if declared.setdefault(entry.name, target) != target:
            raise PluginError(
                entry.name,
                f"two distributions call a plugin so: {declared[entry.name]} and {target}",
                hint="uninstall one of them",
            )
    return declared


def _chosen(declared: dict[str, str]) -> dict[str, str]:
    only = _names("EDGEWRIGHT_PLUGINS")
    if only is not None:
        for name in only:
            if name not in declared:
                raise UsageError(
                    f"EDGEWRIGHT_PLUGINS: no plugin {name!r} is installed",
                    hint=f"installed: {', '.join(declared)}",
                )
        return {name: declared[name] for name in only}
    without = _names("EDGEWRIGHT_DISABLE_PLUGINS") or []
    return {name: target for name, target in declared.items() if name not in without}


def _names(variable: str) -> list[str] | None:
    value = os.environ.get(variable)
    return None if value is None else [name.strip() for name in value.split(",") if name.strip()]


def _trace(manager: pluggy.PluginManager) -> None:
    def before(hook: str, implementations: Any, arguments: Mapping[str, Any]) -> None:
        called = ", ".join(implementation.plugin_name for implementation in implementations)
        print(f"plugins: {hook}({dict(arguments)}) → {called}", file=sys.stderr)  # noqa: T201

    def after(outcome: Any, hook: str, _implementations: Any, _arguments: Mapping[str, Any]) -> None:
        result = outcome.exception if outcome.exception is not None else outcome.get_result()
        print(f"plugins: {hook} = {result!r}"[:500], file=sys.stderr)  # noqa: T201

    manager.add_hookcall_monitoring(before, after)
