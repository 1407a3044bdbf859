"""Every hook of Edgewright: this file is the whole contract of plugins (prose: ``docs/plugins.md``).

A plugin is a module whose functions are marked by ``hookimpl`` and named as below. It is found by an entry point in
the group ``edgewright``::

    [project.entry-points.edgewright]
    my-plugin = "my_package.plugin"

Hooks that collect return lists; their results are put together in the order in which plugins were loaded. No hook may
change what it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.data.readers.base import Reader
    from edgewright.executors.base import Executor
    from edgewright.report.panels import Panel
    from edgewright.runners.base import Runner

PROJECT = "edgewright"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def edgewright_blocks() -> list[Path]:
    """Return the folders of this plugin's blocks.

    Each path is one block's folder (it holds ``parameters.json``); the folder's name is the block's name. Called
    often, so it must be quick: list folders, read nothing. Two plugins with one name is an error that names both.
    """
    raise NotImplementedError


@hookspec
def edgewright_readers() -> list[Reader]:
    """Return readers of data folders and files (protocol: :mod:`edgewright.data.readers.base`).

    Asked when data are read. The first reader whose ``detect`` says yes wins; an impulse may name one.
    """
    raise NotImplementedError


@hookspec
def edgewright_runners() -> list[Runner]:
    """Return runners, which say how a task is isolated (protocol: :mod:`edgewright.runners.base`).

    Making one must not connect or start anything: ``available`` and ``prepare`` do that.
    """
    raise NotImplementedError


@hookspec
def edgewright_executors() -> list[Executor]:
    """Return executors, which say where tasks go (protocol: :mod:`edgewright.executors.base`)."""
    raise NotImplementedError


@hookspec
def edgewright_report_panels() -> list[Panel]:
    """Return further panels of ``report.html`` (protocol: :mod:`edgewright.report.panels`).

    Called once a report, after the built-in panels are made; a panel turns a finished run into data, never HTML.
    """
    raise NotImplementedError


@hookspec
def edgewright_run_event(event: Mapping[str, Any]) -> None:
    """Hear what happens in a run: the same dictionaries that ``events.jsonl`` gets, in the same order.

    ``event["event"]`` names it, ``event["id"]`` the task where it is about one. Called in the engine's thread: be quick. An exception is
    reported once and never stops a run.
    """
