"""Files of Edge Impulse's, in the shapes found in public repositories, load by their own tolerances."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edgewright_specs.parameters import load_block_spec, resolve_params, visible_parameters
from edgewright_specs.problems import SpecError

from .conftest import WriteBlock, item

if TYPE_CHECKING:
    from pathlib import Path

DSP_INFO = {
    "title": "Peaks", "author": "someone", "description": "d", "name": "Peak features", "cppType": "peaks",
    "preferConvolution": False, "convolutionColumns": "axes", "convolutionKernelSize": 5, "hasInt16Version": True,
    "visualization": "dimensionalityReduction", "experimental": False, "latestImplementationVersion": 4,
    "hasFeatureImportance": True, "hasAutoTune": True, "minimumVersionForAutotune": 4, "port": 4446,
    "axes": [{"name": "x", "description": "d", "optional": True}], "usesState": True, "supportedTargets": ["a"],
}  # fmt: skip


def test_info_without_type_is_a_processing_block_in_groups(write_block: WriteBlock) -> None:
    spec = load_block_spec(
        write_block(
            {
                "info": DSP_INFO,
                "parameters": [
                    {"group": "Filter", "items": [item("scale-axes", "float", 1, name="Scale", help="h")]},
                    {"group": "FFT", "items": [item("fft_length", "int", "16")]},
                ],
            }
        )
    )
    assert (spec.type, spec.legacy, spec.title, spec.name) == ("processing", True, "Peaks", "some_block")
    assert [(p.key, p.param, p.group) for p in spec.parameters] == [
        ("scale-axes", "scale-axes", "Filter"),
        ("fft-length", "fft_length", "FFT"),
    ]
    assert resolve_params(spec, {}) == {"scale-axes": 1.0, "fft-length": 16}
    assert spec.info.port == 4446


def test_a_bare_list_takes_its_type_from_outside(write_block: WriteBlock) -> None:
    folder = write_block(
        [item("Num-leaves", "int", "31"), item("learning_rate", "float", "0.1"), item("depth", "int", "-1")]
    )
    spec = load_block_spec(folder, type="learning", operates_on="classification")
    assert (spec.type, spec.operates_on) == ("learning", "classification")
    assert resolve_params(spec, {"learning-rate": "0.5"}) == {
        "Num-leaves": 31,
        "learning-rate": 0.5,
        "depth": -1,
    }
    with pytest.raises(SpecError, match='lacks "type"'):
        load_block_spec(folder)


@pytest.mark.parametrize(
    "config",
    [
        {"version": 0, "name": "LightGBM", "type": "machine-learning", "tlOperatesOn": "other"},
        {
            "version": 1,
            "config": {
                "edgeimpulse.com": {"name": "LightGBM", "type": "machine-learning", "operatesOn": "other"}
            },
        },
    ],
)
def test_a_bare_list_takes_its_type_from_the_sidecar(write_block: WriteBlock, config: Any) -> None:
    folder = write_block([item("depth", "int", "1")])
    (folder / ".ei-block-config").write_text(json.dumps(config))
    spec = load_block_spec(folder)
    assert (spec.type, spec.title, spec.operates_on) == ("learning", "LightGBM", "other")


def test_a_repeated_key_is_a_warning_and_the_last_one_holds(write_block: WriteBlock) -> None:
    text = """{"version": 1, "info": {"title": "HHT"}, "parameters": [{
      "group": "Scaling", "items": [{"name": "Scale", "param": "scale-axes", "type": "float", "value": 1}],
      "group": "Filter",
      "items": [{"name": "Length", "param": "hht_len", "type": "int", "value": 256}]}]}"""
    spec = load_block_spec(write_block(text))
    assert resolve_params(spec, {}) == {"hht-len": 256}
    assert [(w.line, w.pointer) for w in spec.warnings] == [
        (3, "/parameters/0/group"),
        (4, "/parameters/0/items"),
    ]


def test_deploy_without_parameters_and_without_a_file(write_block: WriteBlock, tmp_path: Path) -> None:
    info = {
        "name": "Merge",
        "category": "library",
        "cliArguments": "",
        "supportsEonCompiler": True,
        "privileged": False,
    }
    assert load_block_spec(write_block({"version": 1, "type": "deploy", "info": info})).type == "deployment"
    (tmp_path / "template").mkdir()
    spec = load_block_spec(tmp_path / "template", type="deploy")
    assert (spec.type, spec.parameters, spec.name) == ("deployment", (), "template")
    with pytest.raises(SpecError, match="no such file"):
        load_block_spec(tmp_path / "template", type="learning")


def test_transform_secrets_buckets_and_empty_defaults(write_block: WriteBlock) -> None:
    spec = load_block_spec(
        write_block(
            [
                item("HF_API_KEY", "secret", ""),
                item("sampling_rate", "int", ""),
                item("mode", "select", "", valid=["mean", "median"]),
                item("bucket-name", "bucket", ""),
                item("verbose", "flag", False),
                item("on", "boolean", "true"),
                item("text", "string", 5, multiline=True),
            ]
        ),
        type="transform",
    )
    expected = {
        "sampling-rate": None,
        "mode": None,
        "bucket-name": "",
        "verbose": False,
        "on": True,
        "text": "5",
    }
    assert resolve_params(spec, {}) == expected
    with pytest.raises(SpecError, match="is a secret"):
        resolve_params(spec, {"HF_API_KEY": "k"})


def test_types_that_only_edge_impulse_has(write_block: WriteBlock) -> None:
    for kind in ("synthetic-data", "ai-action"):
        info = {"name": "n", "requiredEnvVariables": ["KEY"], "operatesOn": ["audio", "other"]}
        spec = load_block_spec(write_block({"version": 1, "type": kind, "info": info, "parameters": []}))
        assert (spec.type, spec.operates_on) == (kind, ("audio", "other"))


def test_a_chain_of_conditions(write_block: WriteBlock) -> None:
    def when(parameter: str, value: str) -> dict[str, str]:
        return {"parameter": parameter, "operator": "eq", "value": value}

    spec = load_block_spec(
        write_block(
            [
                item("solver", "select", "lbfgs", valid=["lbfgs", "saga"]),
                item(
                    "saga-penalty",
                    "select",
                    "l2",
                    valid=["l2", "elasticnet", "None"],
                    showIf=when("solver", "saga"),
                ),
                item("l1-ratio", "float", 0.5, showIf=when("saga-penalty", "elasticnet")),
            ]
        ),
        type="learning",
    )
    given = {"solver": "saga", "saga-penalty": "elasticnet", "l1-ratio": 0.9}
    assert resolve_params(spec, given) == given
    hidden = {"solver": "lbfgs", "saga-penalty": "l2", "l1-ratio": 0.5}
    assert resolve_params(spec, {**given, "solver": "lbfgs"}) == hidden
    assert visible_parameters(spec, {"solver": "saga"}) == {"solver", "saga-penalty"}


def test_parameters_of_other_implementation_versions_are_hidden(write_block: WriteBlock) -> None:
    items = [item(f"p{n}", "int", 1, showForImplementationVersion=v) for n, v in enumerate([[], [1], [3, 4]])]
    spec = load_block_spec(write_block({"info": DSP_INFO, "parameters": [{"group": "g", "items": items}]}))
    assert resolve_params(spec, {"p0": 2, "p1": 2, "p2": 2}) == {"p0": 1, "p1": 1, "p2": 2}


def test_what_only_dresses_a_form_is_left_out_with_a_warning(write_block: WriteBlock) -> None:
    items = [
        item("a", "int", 1, display="slider", readonly="no"),
        {"param": "b", "type": "int", "value": 2, "help": None},
    ]
    info = {**DSP_INFO, "port": "4446", "new": {"a": 1}}
    spec = load_block_spec(
        write_block({"info": info, "parameters": [{"group": "g", "items": items}], "extra": 1})
    )
    assert resolve_params(spec, {"b": "3"}) == {"a": 1, "b": 3}
    assert {w.pointer for w in spec.warnings} == {
        "/info/port",
        "/extra",
        "/parameters/0/items/0/display",
        "/parameters/0/items/0/readonly",
        "/parameters/0/items/1/help",
    }


def test_an_odd_default_is_sent_as_it_stands_with_a_warning(write_block: WriteBlock) -> None:
    items = [
        item("a", "select", "x", valid=["p", "q"]),
        item("b", "int", 0.5),
        item("c", "select", 16, valid=["16", "32"]),
    ]
    spec = load_block_spec(write_block(items), type="learning")
    assert resolve_params(spec, {}) == {"a": "x", "b": 0.5, "c": "16"}
    assert [w.pointer for w in spec.warnings] == ["/0/value", "/1/value"]


@pytest.mark.parametrize(
    "name",
    [
        "--rm",
        "LD_PRELOAD",
        "PYTHONPATH",
        "PATH",
        "__proto__",
        "../x",
        "a b",
        "privileged",
        "",
        "x" * 200,
        "é",
    ],
)
def test_names_that_harm_are_refused(write_block: WriteBlock, name: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_block_spec(write_block([item("fine", "int", 1), item(name, "int", 1)]), type="learning")
    assert any("/1/param" in p.pointer for p in caught.value.problems)


def test_names_that_meet_after_dash_and_underscore_are_refused(write_block: WriteBlock) -> None:
    with pytest.raises(SpecError, match=r"parameters.json:\d+: /1/param: is taken.*the same name as a-b"):
        load_block_spec(write_block([item("a-b", "int", 1), item("a_b", "int", 1)]), type="learning")


def test_legacy_text_can_hold_anything_a_command_line_can(write_block: WriteBlock) -> None:
    spec = load_block_spec(write_block([item("t", "string", "")]), type="learning")
    text = "'\"$(rm -rf /)\n\\ü" + "x" * 1_000_000
    assert resolve_params(spec, {"t": text})["t"] == text
    with pytest.raises(SpecError, match="NUL"):
        resolve_params(spec, {"t": "a\0b"})
