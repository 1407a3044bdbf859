"""Any accepted spec resolves at its defaults, and accepted values arrive byte for byte (S05)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_specs.block_checks import block_problems
from edgewright_specs.block_file import BlockFile
from edgewright_specs.interface import canonical_json
from edgewright_specs.parameters import BlockSpec, resolve_params
from edgewright_specs.problems import SpecError

from .conftest import block, item

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "'",
        '"',
        "$(reboot)",
        "`x`",
        "a\nb",
        "\r\n",
        "-1",
        "1e999",
        "true",
        "\\n",
        "--rm",
        "\0",
        "\u202e",
        "é" * 5_000,
    ]
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT | st.lists(TEXT, max_size=3)
)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
KINDS = ["string", "int", "float", "select", "boolean", "flag", "list"]


def spec_of(document: Any) -> BlockSpec | None:
    """The spec, or None where the document is refused."""
    try:
        file = BlockFile.model_validate(document)
    except ValueError:
        return None
    defaults, problems = block_problems(file, "processing", legacy=file.edgewright is None)
    if any(not p.warning for p in problems):
        return None
    parameters = tuple(p for _, p in file.flat)
    return BlockSpec("b", "b", "", "processing", parameters, defaults, file.edgewright, Path("p.json"))


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    made = item(draw(NAMES), draw(st.sampled_from(KINDS)))
    if draw(st.integers(0, 5)):
        made["value"] = draw(SCALARS)
    if made["type"] in {"select", "list"} or draw(st.integers(0, 9)) == 0:
        made["valid"] = draw(
            st.lists(TEXT | st.integers(-5, 5) | st.floats(-5, 5), min_size=1, max_size=3, unique_by=str)
        )
        made["value"] = made["valid"][0]
    for name in ("min", "max"):
        if draw(st.integers(0, 5)) == 0:
            made[name] = draw(st.integers(-5, 5))
    if draw(st.booleans()):
        made["optional"] = True
    return made


@settings(max_examples=60)
@given(st.lists(items(), min_size=1, max_size=4, unique_by=lambda i: i["param"]))
def test_an_accepted_spec_resolves_at_its_defaults_to_what_json_holds(
    parameters: list[dict[str, Any]],
) -> None:
    spec = spec_of(block(*parameters))
    if spec is None:
        return
    resolved = resolve_params(spec, {})
    assert set(resolved) == {p["param"].replace("_", "-") for p in parameters}
    assert json.loads(canonical_json(resolved)) == resolved
    assert resolve_params(spec, resolved) == resolved


PARAMETERS = {
    "t": item("t", "string", ""),
    "i": item("i", "int", 0),
    "f": item("f", "float", 0),
    "b": item("b", "boolean", False),
    "l": item("l", "list", []),
}
OURS = spec_of(block(*PARAMETERS.values()))
LEGACY = spec_of({"parameters": [v for k, v in PARAMETERS.items() if k != "l"]})


@given(st.sampled_from(sorted(PARAMETERS)), SCALARS)
def test_an_accepted_value_arrives_unchanged(name: str, value: Any) -> None:
    assert OURS is not None
    try:
        result = resolve_params(OURS, {name: value})[name]
    except SpecError:
        fits = {"t": str, "i": int, "f": (int, float), "b": bool, "l": list}[name]
        odd = isinstance(value, bool) and name != "b"
        huge = isinstance(value, int) and not -(2**53 if name == "f" else 2**63) <= value < 2**63
        infinite = isinstance(value, float) and not math.isfinite(value)
        assert odd or huge or infinite or not isinstance(value, fits)
        return
    assert result == value
    assert isinstance(result, bool) == isinstance(value, bool)
    if isinstance(value, (str, list)):
        assert json.loads(canonical_json({"v": result})) == {"v": value}


@given(st.sampled_from("tifb"), SCALARS)
def test_a_legacy_value_is_typed_or_refused_never_anything_else(name: str, value: Any) -> None:
    assert LEGACY is not None
    try:
        result = resolve_params(LEGACY, {name: value})[name]
    except SpecError:
        return
    assert result is None or type(result) is {"t": str, "i": int, "f": float, "b": bool}[name]
    if isinstance(value, str) and name == "t":
        assert result == value


@given(st.dictionaries(st.text(max_size=5) | st.sampled_from(["t", "i", "T", "t_"]), SCALARS, max_size=3))
def test_any_mapping_gives_parameters_or_a_spec_error(given_values: dict[str, Any]) -> None:
    assert OURS is not None
    try:
        assert set(resolve_params(OURS, given_values)) == set(PARAMETERS)
    except SpecError as error:
        assert error.problems  # noqa: PT017
