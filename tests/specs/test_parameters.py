"""``parameters.json`` of our contract: what is refused, and what parameters come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edgewright_specs.parameters import load_block_spec, parse_params, resolve_params
from edgewright_specs.problems import SpecError

from .conftest import WriteBlock, block, item

if TYPE_CHECKING:
    from edgewright_specs.parameters import BlockSpec


def load(write_block: WriteBlock, *parameters: Any, **section: Any) -> BlockSpec:
    return load_block_spec(write_block(block(*parameters, **section)))


def refused(write_block: WriteBlock, document: Any, **options: Any) -> dict[str, str]:
    """Problems by pointer."""
    with pytest.raises(SpecError) as caught:
        load_block_spec(write_block(document), **options)
    assert all(p.path.endswith("parameters.json") and p.line for p in caught.value.problems)
    return {p.pointer: str(p) for p in caught.value.problems}


def test_every_problem_of_a_file_comes_at_once_with_its_place(write_block: WriteBlock) -> None:
    text = """{
 "version": 1, "type": "processin",
 "parameters": [
  {"param": "fft-length", "typ": "int", "value": 16},
  {"param": "gain", "type": "float", "value": "1", "min": 0},
  {"param": "mode", "type": "select", "valid": ["a", "b"], "value": "c",
   "showIf": {"parameter": "gian", "operator": "eq", "value": "1"}}
 ],
 "edgewright": {"contract": 1, "environment": "basic", "training": "labelled", "operations": ["fit"]}
}"""
    found = refused(write_block, text)
    assert set(found) == {
        "/type",
        "/parameters/0/typ",
        "/parameters/0",
        "/parameters/1/value",
        "/parameters/2/value",
        "/parameters/2/showIf/parameter",
        "/edgewright/environment",
    }
    assert (
        ":4: /parameters/0/typ: is not a known field; allowed: name, param, type"
        in found["/parameters/0/typ"]
    )
    assert found["/parameters/0/typ"].endswith('did you mean "type"?')
    assert found["/type"].endswith('did you mean "processing"?')
    assert (
        'the default is not a number; got "1"; allowed: a number at least 0; write it without quotes'
        in found["/parameters/1/value"]
    )
    assert (
        ':6: /parameters/2/value: the default is not one of the options; got "c"; allowed: a, b'
        in found["/parameters/2/value"]
    )
    assert found["/parameters/2/showIf/parameter"].endswith(
        'names no parameter; got "gian"; did you mean "gain"?'
    )
    assert (
        'got "basic"; allowed: base, classical, torch, toolchain; did you mean "base"?'
        in found["/edgewright/environment"]
    )


GOOD = block(item("a", "int", 1))


@pytest.mark.parametrize(
    ("change", "pointer", "message"),
    [
        ({"version": 2}, "/version", "is not supported; got 2; allowed: 1; a newer version"),
        ({"version": True}, "/version", "is not an integer; got true"),
        ({"type": None}, "", 'lacks "type"'),
        ({"type": "synthetic-data"}, "/type", "our contract has no such type"),
        ({"edgewright": {"contract": 2}}, "/edgewright/contract", "got 2; allowed: 1; a newer"),
        ({"edgewright": {}}, "/edgewright", 'lacks "contract"'),
        (
            {"edgewright": {"contract": 1, "operations": ["fit"]}},
            "/edgewright/operations/0",
            "no operation of a processing",
        ),
        (
            {"edgewright": {"contract": 1, "training": "labelled"}},
            "/edgewright/training",
            "only for learning",
        ),
        (
            {"edgewright": {"contract": 1, "outputs": {"../x": {}}}},
            "/edgewright/outputs/..~1x",
            "can't name an output",
        ),
        (
            {"edgewright": {"contract": 1, "secrets": ["LD_PRELOAD"]}},
            "/edgewright/secrets/0",
            "can't name a secret",
        ),
        (
            {"edgewright": {"contract": 1, "device": {"folder": "../x"}}},
            "/edgewright/device/folder",
            "within the block",
        ),
        (
            {"edgewright": {"contract": 1, "limits": {"memory-mb": 0}}},
            "/edgewright/limits/memory-mb",
            "more than 0",
        ),
        ({"edgewright": {"contract": 1, "limits": {"memory": 1}}}, "/edgewright/limits/memory", "memory_mb"),
        (
            {"edgewright": {"contract": 1, "undeclared-files": "warn", "undeclared_files": "error"}},
            "/edgewright/undeclared_files",
            "the same as",
        ),
        ({"edgewright": {"contract": 1, "command": []}}, "/edgewright/command", "at least 1 items"),
        ({"edgewright": {"contract": 1, "command": [" "]}}, "/edgewright/command/0", "is empty"),
        ({"parameters": {}}, "/parameters", "is not a list"),
        ({"$ref": "http://127.0.0.1:9/x.json"}, "/$ref", "is not a known field"),
    ],
)
def test_the_head_of_a_file(write_block: WriteBlock, change: Any, pointer: str, message: str) -> None:
    document = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    found = refused(write_block, document)
    assert message in found[pointer], found


@pytest.mark.parametrize(
    ("faulty", "pointer", "message"),
    [
        (item("a", "integer", 1), "/type", "is not a known value"),
        (item("a", "int", True), "/value", "the default is not an integer; got true"),
        (item("a", "int", 2**63), "/value", "does not fit 64 bits"),
        (item("a", "int", 1.5), "/value", "is not an integer; got 1.5"),
        (item("a", "int", 1, max=0), "/value", "is out of range; got 1; allowed: an integer at most 0"),
        (item("a", "int", 1, min=2, max=1), "/min", "is more than max"),
        (item("a", "string", "x", min=2), "/min", "only for int and float"),
        (item("a", "string", 1), "/value", "is not text; got 1; allowed: text; put it in quotes"),
        (item("a", "string", "", allowEmpty=False), "/value", "is empty"),
        (item("a", "boolean", "true"), "/value", "write it without quotes"),
        (item("a", "select", "x"), "", 'needs "valid"'),
        (item("a", "select", "x", valid=["x", "x"]), "/valid/1", "is listed twice"),
        (item("a", "select", 16, valid=[16, "16"]), "/valid/1", "is listed twice"),
        (item("a", "list", "some", valid=["all"]), "/value", "is not a list"),
        (item("a", "list", [1]), "/value/0", "is not text; got 1; put it in quotes"),
        (item("a", "secret"), "/type", "is not a type for a processing block"),
        (item("a", "bucket", "x"), "/type", "is not a type for a processing block"),
        (item("a", "int"), "", 'lacks "value"'),
        (item("a", "int", showIf={"parameter": "z", "operator": "eq", "value": "1"}), "", "which it keeps while it is hidden"),
        (item("a", "int", 1, pattern="(a+)+$"), "/pattern", "is not a known field"),
        (item("a", "int", 1, step=0), "/step", "more than 0"),
    ],
)  # fmt: skip
def test_a_faulty_item(write_block: WriteBlock, faulty: Any, pointer: str, message: str) -> None:
    found = refused(write_block, block(item("z", "int", 1), faulty))
    assert message in found[f"/parameters/1{pointer}"], found


@pytest.mark.parametrize(
    "name", ["--rm", "LD_PRELOAD", "__proto__", "../x", "A", "a b", "", "0a", "a\nb", "privileged"]
)
def test_names_that_harm_are_refused(write_block: WriteBlock, name: str) -> None:
    assert "/parameters/0/param" in refused(write_block, block(item(name, "int", 1)))


def test_names_that_meet_are_refused(write_block: WriteBlock) -> None:
    found = refused(write_block, block(item("fft-length", "int", 1), item("fft_length", "int", 1)))
    assert "is taken" in found["/parameters/1/param"]


def test_repeated_keys_are_refused(write_block: WriteBlock) -> None:
    text = '{"type": "processing",\n "edgewright": {"contract": 1},\n "type": "learning"}'
    assert "parameters.json:3: /type: is given twice" in refused(write_block, text)["/type"]


def test_a_block_of_another_type_than_wanted(write_block: WriteBlock) -> None:
    assert (
        "is a processing block, where a learning block is wanted"
        in refused(write_block, GOOD, type="learning")["/type"]
    )
    with pytest.raises(SpecError, match=r'is not a type of block; got "lerning".*did you mean "learning"'):
        load_block_spec(write_block(GOOD), type="lerning")


@pytest.mark.parametrize("name", ["dsp", "processing"])
def test_type_words_of_both_worlds(write_block: WriteBlock, name: str) -> None:
    spec = load_block_spec(write_block({**GOOD, "type": name}), type="processing")
    assert (spec.type, spec.legacy) == ("processing", False)


def test_an_editor_may_be_pointed_at_the_schema(write_block: WriteBlock) -> None:
    assert load_block_spec(write_block({"$schema": "https://edgewright.org/x.json", **GOOD})).warnings == ()


@pytest.fixture
def spec(write_block: WriteBlock) -> BlockSpec:
    return load(
        write_block,
        {
            "group": "Numbers",
            "items": [item("fft_length", "int", 16, min=2, max=64), item("gain", "float", 1)],
        },
        item("ratio", "select", 1, valid=[1, {"label": "ten", "value": 10}, "0.5"]),
        item("log", "boolean", True),
        item("text", "string", ""),
        item("features", "list", "all", valid=["all", "suggested"]),
        item("radius", "float", 99, valid=["max"], min=0, max=100),
        item("limit", "int", optional=True),
        item("fixed", "int", 4, readonly=True),
    )


def test_defaults_are_complete_typed_and_in_order(spec: BlockSpec) -> None:
    resolved = resolve_params(spec, {})
    assert resolved == {
        "fft-length": 16, "gain": 1.0, "ratio": 1, "log": True, "text": "", "features": "all", "radius": 99.0,
        "limit": None, "fixed": 4,
    }  # fmt: skip
    assert list(resolved) == [p.key for p in spec.parameters]
    assert type(resolved["gain"]) is float
    assert spec.parameter("fft-length") is spec.parameter("fft_length") is spec.parameters[0]
    assert spec.parameters[0].group == "Numbers"


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"fft-length": 30.0}, "fft-length", 30),
        ({"fft_length": 64}, "fft-length", 64),
        ({"gain": 2}, "gain", 2.0),
        ({"ratio": "10"}, "ratio", 10),
        ({"ratio": 10.0}, "ratio", 10),
        ({"ratio": 0.5}, "ratio", "0.5"),
        ({"features": ["a b", "c"]}, "features", ["a b", "c"]),
        ({"features": "suggested"}, "features", "suggested"),
        ({"radius": "max"}, "radius", "max"),
        ({"limit": 3}, "limit", 3),
        ({"limit": None}, "limit", None),
        ({"fixed": 4}, "fixed", 4),
        ({"text": "true"}, "text", "true"),
    ],
)
def test_given_values_are_typed(spec: BlockSpec, given: Any, name: str, value: Any) -> None:
    result = resolve_params(spec, given)[name]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"fft-length": 65},
            r"/fft-length: is out of range; got 65; allowed: an integer at least 2 and at most 64",
        ),
        ({"fft-length": True}, "is not an integer; got true"),
        ({"fft-length": 30.5}, "is not an integer; got 30.5"),
        ({"fft-length": "16"}, "write it without quotes"),
        ({"fft-length": None}, "needs a value"),
        ({"fft-length": 16, "fft_length": 32}, "/fft_length: is given twice"),
        ({"gain": float("inf")}, "is not a finite number"),
        ({"gain": 10**400}, "is not a finite number"),
        ({"ratio": 2}, r"not one of the options; got 2; allowed: 1, 10, 0\.5"),
        ({"ratio": []}, "not one of the options"),
        ({"log": 1}, "is not true or false"),
        ({"text": 5}, "put it in quotes"),
        ({"text": True}, "put it in quotes"),
        ({"features": "al"}, 'did you mean "all"'),
        ({"features": [1]}, "put it in quotes"),
        ({"radius": "min"}, "allowed: a number at least 0 and at most 100, or max"),
        ({"radius": 101}, "is out of range"),
        ({"fixed": 5}, "is read-only"),
        ({"fft-lenght": 1}, 'is no parameter of "some_block".*did you mean "fft-length"'),
    ],
)
def test_wrong_values_are_refused(spec: BlockSpec, given: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        resolve_params(spec, given)


def test_wrong_values_come_all_at_once_with_their_place(spec: BlockSpec) -> None:
    with pytest.raises(SpecError) as caught:
        resolve_params(
            spec,
            {"gain": "x", "lag": 1},
            where="/learning/0/params",
            locate=lambda p: f"impulse.yaml:{len(p)}",
        )
    first, second = map(str, caught.value.problems)
    assert first.startswith("impulse.yaml:23: /learning/0/params/gain: is not a number")
    assert second.startswith("impulse.yaml:22: /learning/0/params/lag: is no parameter")
    with pytest.raises(SpecError, match=r"^--params p\.json: /gain: is not a number"):
        resolve_params(spec, {"gain": "x"}, where="--params p.json")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("32", "fft-length", 32),
        ("1e1", "gain", 10.0),
        ("0", "log", False),
        ("True", "log", True),
        ("10", "ratio", 10),
        ("a,b c", "features", ["a", "b c"]),
        ("all", "features", "all"),
        ("", "features", []),
        ("max", "radius", "max"),
        ("", "limit", None),
        (" 1", "text", " 1"),
    ],
)
def test_text_from_a_command_line_is_typed_by_the_spec(
    spec: BlockSpec, text: str, name: str, value: Any
) -> None:
    assert parse_params(spec, {name.replace("-", "_"): text}) == {name: value}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("x", "fft-length"),
        ("", "gain"),
        ("nan", "gain"),
        ("1_0", "fft-length"),
        ("maybe", "log"),
        ("3", "ratio"),
    ],
)
def test_wrong_text_from_a_command_line_is_refused(spec: BlockSpec, text: str, name: str) -> None:
    with pytest.raises(SpecError, match=f"/{name}: "):
        parse_params(spec, {name: text})


def test_defaults_handed_out_are_copies(write_block: WriteBlock) -> None:
    spec = load(write_block, item("features", "list", ["a"]))
    resolve_params(spec, {})["features"].append("b")
    assert resolve_params(spec, {}) == {"features": ["a"]}


def test_the_digest_form_leaves_out_texts_and_keeps_the_rest(write_block: WriteBlock) -> None:
    def form(**item_fields: Any) -> dict[str, Any]:
        info = {"title": item_fields.pop("title", "t"), "operatesOn": "x"}
        document = {**block(item("a", "int", 1, **item_fields), item("b", "float", 1.0)), "info": info}
        return load_block_spec(write_block(document)).without_texts()

    assert form() == form(title="other", help="h", name="n", hint="h", section="advanced")
    assert form() != form(max=3)
    swapped = {**block(item("b", "float", 1), item("a", "int", 1)), "info": {"operatesOn": "x"}}
    assert form() == load_block_spec(write_block(swapped)).without_texts()
