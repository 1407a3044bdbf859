"""``result.json`` and other JSON written by a block, parsed within caps."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from edgewright.harvest.errors import bad
from edgewright.terminal import printable_line
from edgewright_specs.interface import CONTRACT_VERSION, RESULT_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright_specs.interface import OutputRule

MAX_RESULT_BYTES: Final = 1 << 20
SHORT_BYTES: Final = 2048
MAX_JSON_BYTES: Final = 64 << 20
MAX_NESTING: Final = 64
MAX_OUTPUTS: Final = 64
MAX_METRICS: Final = 1000
MAX_WARNINGS: Final = 100
MAX_TEXT: Final = 1000
_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True)
class Claimed:
    """One output as ``result.json`` tells it; whether it is true, the files say."""

    kind: str
    path: str
    dtype: str | None
    shape: tuple[int, ...] | None


@dataclass(frozen=True)
class Claims:
    """A well-formed ``result.json``; shared by who asked for the same, so not to be changed."""

    outputs: Mapping[str, Claimed]
    metrics: Mapping[str, float]
    warnings: tuple[str, ...]


def parse_json(data: bytes, name: str) -> Any:
    """Parse UTF-8 JSON: no duplicate keys, no NaN or infinity, at most 64 levels.

    Raises
    ------
    HarvestError
        ``bad_output``, naming the file.
    """
    try:
        text = data.decode("utf-8")
        _check_nesting(text)
        return _DECODER.decode(text)
    except UnicodeDecodeError:
        raise bad(f"{name} is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise bad(f"{name} is not valid JSON: {printable_line(str(error))}") from None


def _pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(items)
    if len(made) != len(items):
        raise ValueError("a key occurs twice")
    return made


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is beyond the range of a float")
    return value


# Made once: with rules of its own, json.loads makes one for each text.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_number)


def _check_nesting(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return
    depth = 0
    for token in _BRACKETS.finditer(text):
        character = token[0][0]
        if character in "[{":
            depth += 1
            if depth > MAX_NESTING:
                raise ValueError(f"nested deeper than {MAX_NESTING}")
        elif character in "]}":
            depth -= 1


def parse_result(data: bytes) -> Claims:
    """Parse and check ``result.json``, up to what the files must show.

    Raises
    ------
    HarvestError
        ``bad_output``: not JSON, another contract version, wrong types, paths that leave the folder.
    """
    if len(data) > MAX_RESULT_BYTES:
        raise bad(f"{RESULT_FILE} is larger than {MAX_RESULT_BYTES} bytes")
    return _short(data) if len(data) <= SHORT_BYTES else _claims(data)


def _claims(data: bytes) -> Claims:
    document = parse_json(data, RESULT_FILE)
    if not isinstance(document, dict):
        raise bad(f"{RESULT_FILE} holds no object")
    version = document.get("contract")
    if version != CONTRACT_VERSION or isinstance(version, bool):
        raise bad(f"{RESULT_FILE} is of contract {_shown(version)}, this is contract {CONTRACT_VERSION}")
    if unknown := sorted(set(document) - {"contract", "outputs", "metrics", "warnings"}):
        raise bad(f"{RESULT_FILE} has an unknown key {_shown(unknown[0])}")
    outputs = document.get("outputs")
    if not isinstance(outputs, dict) or len(outputs) > MAX_OUTPUTS:
        raise bad(f"{RESULT_FILE}: 'outputs' must be an object with at most {MAX_OUTPUTS} outputs")
    return Claims(
        {name: _claimed(name, output) for name, output in outputs.items()},
        _metrics(document.get("metrics", {})),
        _warnings(document.get("warnings", [])),
    )


#: The answers of a warm block say the same, again and again.
_short = lru_cache(maxsize=64)(_claims)


def check_claims(claims: Claims, rules: Mapping[str, OutputRule]) -> None:
    """Raise unless every required output is claimed, and no other than declared ones with their kinds."""
    for name, rule in rules.items():
        if rule.get("required", False) and name not in claims.outputs:
            raise bad(f"{RESULT_FILE} names no output {name!r}, which is required")
    for name, claimed in claims.outputs.items():
        if name not in rules:
            raise bad(
                f"{RESULT_FILE} names an output {_shown(name)} that is not declared; declared: {_list(rules)}"
            )
        kind = rules[name].get("kind", "array")
        if claimed.kind != kind:
            raise bad(f"output {name!r} must be of kind {kind!r}, got {_shown(claimed.kind)}")
    if rules and not claims.outputs:
        raise bad(f"{RESULT_FILE} names no output at all, known are {_list(rules)}")
    paths = sorted((claimed.path + "/", name) for name, claimed in claims.outputs.items())
    for (first, one), (second, other) in itertools.pairwise(paths):
        if second.startswith(first):
            raise bad(f"outputs {one!r} and {other!r} share the path {_shown(second[:-1])}")


def _claimed(name: str, output: Any) -> Claimed:
    where = f"{RESULT_FILE}: output {_shown(name)}"
    if not isinstance(output, dict):
        raise bad(f"{where} must be an object")
    kind, path, dtype, shape = (output.get(key) for key in ("kind", "path", "dtype", "shape"))
    if kind not in ("array", "folder", "json"):
        raise bad(f"{where} has kind {_shown(kind)}, allowed are array, folder, json")
    if not isinstance(path, str):
        raise bad(f"{where} has no path")
    if (
        any(part in ("", ".", "..") for part in path.split("/"))
        or "\\" in path
        or "\x00" in path
        or ":" in path
    ):
        raise bad(f"{where} has the path {_shown(path)}, which is not a plain relative one inside the folder")
    if path == RESULT_FILE:
        raise bad(f"{where} names {RESULT_FILE} itself")
    if kind != "array":
        return Claimed(kind, path, None, None)
    if not isinstance(dtype, str) or not isinstance(shape, list):
        raise bad(f"{where} is an array and needs 'dtype' and 'shape'")
    if not all(isinstance(dim, int) and not isinstance(dim, bool) and dim >= 0 for dim in shape):
        raise bad(f"{where} has the shape {_shown(shape)}, which is not a list of sizes")
    return Claimed(kind, path, dtype, tuple(shape))


def _metrics(metrics: Any) -> dict[str, float]:
    if not isinstance(metrics, dict) or len(metrics) > MAX_METRICS:
        raise bad(f"{RESULT_FILE}: 'metrics' must be an object with at most {MAX_METRICS} numbers")
    for name, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or len(name) > 200:
            raise bad(f"{RESULT_FILE}: metric {_shown(name)} must be a number, got {_shown(value)}")
    return dict(metrics)


def _warnings(warnings: Any) -> tuple[str, ...]:
    if not isinstance(warnings, list) or not all(isinstance(text, str) for text in warnings):
        raise bad(f"{RESULT_FILE}: 'warnings' must be a list of texts")
    kept = tuple(printable_line(text, MAX_TEXT) for text in warnings[:MAX_WARNINGS])
    more = len(warnings) - len(kept)
    return (*kept, f"{more} more warnings were left out") if more else kept


def _list(rules: Mapping[str, OutputRule]) -> str:
    return ", ".join(sorted(rules)) or "none"


def _shown(value: Any) -> str:
    return printable_line(repr(value), 80)
