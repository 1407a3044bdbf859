"""The plugin manager: what it loads, refuses, and how it calls."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from edgewright import hookspecs, plugins
from edgewright.errors import UsageError
from edgewright.hookspecs import hookimpl
from edgewright.plugins import OWN, PluginError, make_plugins

ROOT = Path(__file__).parents[3]


@pytest.fixture
def stranger(monkeypatch):
    """Make a module with the given functions a plugin called ``stranger``, and the only one loaded."""

    def make(name="stranger", **functions):
        module = ModuleType(f"{name}_plugin")
        for key, function in functions.items():
            setattr(module, key, hookimpl(function))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(plugins.OWN, name, module.__name__)
        loaded = [name for name in plugins.OWN if name not in ("core", "blocks")]
        monkeypatch.setenv("EDGEWRIGHT_PLUGINS", ",".join(loaded))
        return module

    return make


def nothing():
    return []


def hooks():
    return [name for name in dir(hookspecs) if name.startswith("edgewright_")]


def test_own_plugins_are_the_entry_points_of_the_distribution():
    text = (ROOT / "pyproject.toml").read_text()
    section = text.split("[project.entry-points.edgewright]")[1].split("[")[0]
    assert dict(re.findall(r'^(\w+) = "([\w.]+)"$', section, re.MULTILINE)) == OWN


def test_blocks_of_a_stranger_are_listed_with_their_owner(stranger):
    stranger(edgewright_blocks=lambda: [Path("/somewhere/peak")])
    assert make_plugins().blocks() == [("stranger", Path("/somewhere/peak"))]


def test_results_come_in_order_of_loading(stranger):
    stranger("one", edgewright_readers=lambda: ["first"])
    stranger("two", edgewright_readers=lambda: ["second", "third"])
    assert make_plugins().readers() == ["first", "second", "third"]


def test_a_hook_that_does_not_exist_is_refused(stranger):
    stranger(edgewright_blokcs=nothing)
    with pytest.raises(PluginError, match="edgewright_blokcs") as caught:
        make_plugins()
    assert caught.value.plugin == "stranger"


def test_a_hook_with_other_arguments_is_refused(stranger):
    stranger(edgewright_run_event=lambda happening: None)
    with pytest.raises(PluginError, match="happening"):
        make_plugins()


def test_a_plugin_that_cannot_be_imported_is_named(monkeypatch):
    monkeypatch.setitem(plugins.OWN, "broken", "no_such_module_anywhere")
    monkeypatch.setenv("EDGEWRIGHT_PLUGINS", "broken")
    with pytest.raises(PluginError, match=r"'broken'.*no_such_module_anywhere") as caught:
        make_plugins()
    assert "EDGEWRIGHT_DISABLE_PLUGINS=broken" in caught.value.hint


def test_a_hook_that_returns_no_list_is_refused(stranger):
    stranger(edgewright_readers=lambda: "csv")
    with pytest.raises(PluginError, match="returned str, not a list"):
        make_plugins().readers()


def test_two_runners_of_one_name_are_refused(stranger):
    class Fake:
        name = "fake"

    stranger("one", edgewright_runners=lambda: [Fake()], edgewright_executors=lambda: [Fake()])
    assert set(make_plugins().runners()) == {"fake"}
    assert set(make_plugins().executors()) == {"fake"}
    stranger("two", edgewright_runners=lambda: [Fake()])
    with pytest.raises(PluginError, match="'fake', which plugin 'one' brings too"):
        make_plugins().runners()


def test_panels_are_collected(stranger):
    stranger(edgewright_report_panels=lambda: ["panel"])
    assert make_plugins().report_panels() == ["panel"]


def test_a_plugin_that_fails_at_an_event_is_told_no_more(stranger):
    heard = []

    def broken(event):
        heard.append("broken")
        raise ValueError("no")

    stranger("one", edgewright_run_event=lambda event: heard.append(event["event"]))
    stranger("two", edgewright_run_event=broken)
    loaded = make_plugins()
    with pytest.warns(RuntimeWarning, match="'two'.*ValueError: no"):
        loaded.run_event({"event": "started"})
    loaded.run_event({"event": "ended"})
    assert sorted(heard) == ["broken", "ended", "started"]


def test_an_unknown_plugin_is_refused(monkeypatch):
    monkeypatch.setenv("EDGEWRIGHT_PLUGINS", "core,nonsense")
    with pytest.raises(UsageError, match="nonsense") as caught:
        make_plugins()
    assert "blocks" in caught.value.hint


def test_a_plugin_can_be_left_out(monkeypatch):
    monkeypatch.setenv("EDGEWRIGHT_DISABLE_PLUGINS", "blocks")
    names = make_plugins().names()
    assert "core" in names
    assert "blocks" not in names


def test_tracing_writes_each_call(stranger, monkeypatch, capsys):
    monkeypatch.setenv("EDGEWRIGHT_TRACE_PLUGINS", "1")
    stranger(edgewright_blocks=nothing)
    make_plugins().blocks()
    assert "plugins: edgewright_blocks" in capsys.readouterr().err


@pytest.mark.parametrize("hook", hooks())
def test_every_hook_is_documented_tested_and_typed(hook):
    signature = f"{hook}{inspect.signature(getattr(hookspecs, hook)).replace(return_annotation=inspect.Signature.empty)}"
    documented = (ROOT / "docs" / "plugins.md").read_text()
    assert f"## `{hook}(" in documented, f"docs/plugins.md has no section on {signature}"
    assert hook in Path(__file__).read_text()
    assert inspect.getdoc(getattr(hookspecs, hook))
    assert hook in Path(plugins.__file__).read_text()
