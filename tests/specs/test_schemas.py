"""The released schema files: what the models say, never anything more, and close to free where all is well."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from edgewright_specs.catalog import DOCUMENTS, model_of
from edgewright_specs.generate import main
from edgewright_specs.validation import load_schema

from .conftest import WORDS_SCHEMAS_OTHERWISE
from .test_documents import EXAMPLES
from .test_impulse import WHOLE


@pytest.mark.skipif(WORDS_SCHEMAS_OTHERWISE, reason="needs pydantic 2.12")
def test_generated_files_are_what_the_models_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_difference_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.schema.json"
    monkeypatch.setattr("edgewright_specs.generate.outputs", lambda: {path: "new"})
    assert main(["--check"]) == 1
    assert f"{path} is not what the models say" in capsys.readouterr().err
    assert not path.exists()
    assert main([]) == 0
    assert path.read_text() == "new"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_schema_is_sound_and_refers_only_to_itself(name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    references = [r for r in _values(schema, "$ref") if not r.startswith("#/$defs/")]
    assert references == []
    assert schema["$id"].endswith(f"/{name}-v1.schema.json")


def _values(node: Any, key: str) -> list[Any]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    own = [node[key]] if isinstance(node, dict) and isinstance(node.get(key), str) else []
    return own + [v for i in inner for v in _values(i, key)]


def _good_documents() -> list[tuple[str, Any]]:
    from edgewright_specs.documents import parse_document

    found = [(name, value) for name, value in EXAMPLES]
    found.append(
        (
            "impulse",
            parse_document(WHOLE.replace("[idle, running, no, 007, 1.0]", "idle"), Path("i.yaml")).value,
        )
    )
    blocks = Path(__file__).parents[2] / "blocks" / "edgewright_blocks"
    found += [("parameters", json.loads(p.read_text())) for p in sorted(blocks.glob("*/*/parameters.json"))]
    return found


GOOD = _good_documents()
# Fresh each time: what is put into a document may itself be mutated next.
ATOMS = st.sampled_from(
    [None, True, 0, 1, -1, 2.5, 1e300, "", "x", "1", "input", [], {}, [1], ["a"], {"a": 1}]
).map(deepcopy)


@st.composite
def mutated(draw: st.DrawFn, values: list[Any] | None = None) -> tuple[str, Any]:
    """A good document (or one of `values`) with up to three of its parts replaced, dropped or added to."""
    documents = GOOD if values is None else [("", value) for value in values]
    name, value = draw(st.sampled_from(documents))
    value = json.loads(json.dumps(value))
    for _ in range(draw(st.integers(0, 3))):
        here = value
        while True:
            keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(here[key], (dict, list)) and here[key] and draw(st.integers(0, 3)):
                here = here[key]
                continue
            match draw(st.sampled_from(["replace", "drop", "dash", "add"])):
                case "replace":
                    here[key] = draw(ATOMS)
                case "drop":
                    del here[key]
                case "dash" if isinstance(key, str):
                    here[key.replace("_", "-")] = here.pop(key)
                case "add" if isinstance(here, dict):
                    here["unknown"] = draw(ATOMS)
            break
    return name, value


@settings(max_examples=300)
@given(mutated())
def test_what_a_model_takes_its_schema_takes(case: tuple[str, Any]) -> None:
    """This is why a document that the model takes need not be shown to jsonschema."""
    name, value = case
    try:
        model_of(name).model_validate(value)
    except ValidationError:
        return
    errors = [e.message for e in Draft202012Validator(load_schema(name)).iter_errors(value)]
    assert errors == []


def test_loading_good_files_imports_nothing_heavy() -> None:
    code = f"""
import sys
from edgewright_specs.loading import parse_impulse
from edgewright_specs.parameters import load_block_spec
parse_impulse({WHOLE!r})
from pathlib import Path
load_block_spec(Path({str(Path(__file__).parents[2] / "blocks/edgewright_blocks/processing/flatten")!r}))
heavy = {{"jsonschema", "numpy", "docker", "scipy", "referencing"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(p for p in sys.path if p)}
    )


def test_the_package_itself_imports_nothing() -> None:
    code = "import sys, edgewright_specs.interface; assert not {'pydantic', 'ruamel', 'numpy'} & set(sys.modules)"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(p for p in sys.path if p)}
    )
