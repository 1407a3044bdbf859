"""``showIf``: by type, in chains, and what is refused when a spec loads (S02)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright_specs.block_file import BlockFile
from edgewright_specs.conditions import resolve_visible
from edgewright_specs.parameters import load_block_spec, resolve_params
from edgewright_specs.problems import SpecError

from .conftest import WriteBlock, block, item

if TYPE_CHECKING:
    from pathlib import Path


def when(parameter: str, value: Any, operator: str = "eq") -> dict[str, Any]:
    return {"parameter": parameter, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("controller", "wanted", "given", "shown"),
    [
        (item("c", "boolean", True), "true", True, True),
        (item("c", "boolean", True), "true", False, False),
        (item("c", "boolean", True), True, True, True),
        (item("c", "flag", False), "0", False, True),
        (item("c", "int", 1), "1", 1, True),
        (item("c", "int", 1), 1, 1, True),
        (item("c", "int", 1), "01", 1, True),
        (item("c", "int", 1), "2", 1, False),
        (item("c", "float", 1), "1", 1, True),
        (item("c", "float", 1), "1.50", 1.5, True),
        (item("c", "select", "a", valid=["a", "b"]), "b", "b", True),
        (item("c", "select", 3, valid=[3, 10]), "10", 10, True),
        (item("c", "string", ""), "", "", True),
        (item("c", "string", "a"), "1", "1.0", False),
        (item("c", "list", "all", valid=["all"]), "all", ["all"], False),
        (item("c", "list", "all", valid=["all"]), "all", "all", True),
        (item("c", "int", optional=True), "", None, True),
        (item("c", "int", optional=True), "1", None, False),
    ],
)  # fmt: skip
def test_conditions_compare_by_type(
    write_block: WriteBlock, controller: Any, wanted: Any, given: Any, shown: bool
) -> None:
    for operator, expected in (("eq", shown), ("neq", not shown)):
        spec = load_block_spec(
            write_block(block(controller, item("p", "int", 0, showIf=when("c", wanted, operator))))
        )
        assert resolve_params(spec, {"c": given, "p": 7})["p"] == (7 if expected else 0)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([item("a", "int", 1, showIf=when("a", "1"))], "names its own parameter"),
        ([item("fft-len", "int", 1), item("b", "int", 1, showIf=when("fft-lem", "1"))], 'did you mean "fft-len"'),
        (
            [item("a", "int", 1, showIf=when("c", "1")), item("b", "int", 1, showIf=when("a", "1")), item("c", "int", 1, showIf=when("b", "1"))],
            "conditions run in a circle: a → c → b → a",
        ),
        ([item("a", "int", 1), item("b", "int", 1, showIf=when("a", "x"))], 'can never be a value of "a", which is an integer'),
        ([item("a", "boolean", True), item("b", "int", 1, showIf=when("a", "yes"))], 'can never be a value of "a"'),
        ([item("a", "select", "x", valid=["x"]), item("b", "int", 1, showIf=when("a", "y"))], 'can never be a value of "a", which is x'),
        ([item("a", "int", 1), item("b", "int", showIf=when("a", "1"))], "which it keeps while it is hidden"),
        ([item("a", "int", 1), item("b", "int", 1, showIf=when("a", "1", "gt"))], "allowed: eq, neq"),
        ([item("a", "int", 1), item("b", "int", 1, showIf=when("a", [1]))], "showIf/value"),
        ([item("a", "int", 1), item("b", "int", 1, showIf="a")], "showIf"),
    ],
)  # fmt: skip
def test_conditions_that_cannot_work_are_refused(write_block: WriteBlock, items: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_block_spec(write_block(block(*items)))
    assert message in str(caught.value)


def test_a_hidden_value_is_checked_but_not_used(write_block: WriteBlock) -> None:
    spec = load_block_spec(
        write_block(block(item("a", "boolean", False), item("b", "int", 1, max=9, showIf=when("a", "true"))))
    )
    assert resolve_params(spec, {"b": 5}) == {"a": False, "b": 1}
    with pytest.raises(SpecError, match="is out of range"):
        resolve_params(spec, {"b": 10})


def test_a_chain_of_ten_thousand_and_one_turned_around(tmp_path: Path) -> None:
    items = [item("p0", "boolean", True)]
    items += [item(f"p{i}", "boolean", True, showIf=when(f"p{i - 1}", "true")) for i in range(1, 3000)]
    for ordered in (items, items[::-1]):
        parameters = [p for _, p in BlockFile.model_validate({"parameters": ordered}).flat]
        defaults = dict.fromkeys((p.key for p in parameters), True)
        assert all(resolve_visible(parameters, defaults, {}).values())
        hidden = resolve_visible(parameters, defaults, {"p1000": False})
        assert sum(hidden.values()) == 1001


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Parameters in a forest of conditions, in any order, and values for some of them."""
    count = draw(st.integers(1, 8))
    items = []
    for i in range(count):
        made = item(f"p{i}", draw(st.sampled_from(["boolean", "int"])), draw(st.booleans()))
        made["value"] = int(made["value"]) if made["type"] == "int" else made["value"]
        if i and draw(st.booleans()):
            made["showIf"] = when(
                f"p{draw(st.integers(0, i - 1))}",
                draw(st.sampled_from(["0", "1"])),
                draw(st.sampled_from(["eq", "neq"])),
            )
        items.append(made)
    given = {f"p{i}": draw(st.booleans()) for i in range(count) if draw(st.booleans())}
    given = {k: int(v) if items[int(k[1:])]["type"] == "int" else v for k, v in given.items()}
    return draw(st.permutations(items)), given


@given(chains())
def test_visibility_is_what_its_definition_says(case: tuple[list[dict[str, Any]], dict[str, Any]]) -> None:
    items, values = case
    by_name = {i["param"]: i for i in items}

    def visible(name: str) -> bool:
        condition = by_name[name].get("showIf")
        if condition is None:
            return True
        parent = condition["parameter"]
        value = values.get(parent, by_name[parent]["value"]) if visible(parent) else by_name[parent]["value"]
        same = int(value) == int(condition["value"])
        return visible(parent) and (same if condition["operator"] == "eq" else not same)

    parameters = [p for _, p in BlockFile.model_validate({"parameters": items}).flat]
    defaults = {i["param"]: i["value"] for i in items}
    assert resolve_visible(parameters, defaults, values) == {p.key: visible(p.key) for p in parameters}
