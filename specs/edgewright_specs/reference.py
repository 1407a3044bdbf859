"""Reference tables of the files that people write, from the models and :mod:`.texts`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.texts import TEXTS

if TYPE_CHECKING:
    from pydantic import BaseModel

_MARKED: Final = re.compile(r"(<!-- fields of (\w+), generated -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str, models: dict[str, type[BaseModel]]) -> str:
    """Return a page with the table after each ``<!-- fields of MODEL, generated -->`` made anew."""
    return _MARKED.sub(lambda m: f"{m[1]}{table(models[m[2]])}{m[3]}", text)


def table(model: type[BaseModel]) -> str:
    """Return one row for each field: name as in files, type, default, meaning."""
    schema = model.model_json_schema()
    properties = schema["properties"]
    rows = ["| field | takes | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        key = field.alias or name
        alias = next((k for k in (key, "$schema") if k in properties), key)
        takes = _takes(properties[alias], schema)
        default = "needed" if field.is_required() else _default(properties[alias])
        shown = f"`{alias}`" + (f" or `{alias.replace('_', '-')}`" if "_" in alias else "")
        rows.append(f"| {shown} | {_cell(takes)} | {default} | {_cell(TEXTS[model.__name__][name])} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(schema: dict[str, Any]) -> str:
    value = schema.get("default")
    if value is None or value == "" or isinstance(value, (dict, list)):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _takes(schema: dict[str, Any], root: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = root["$defs"][name]
        return _takes(target, root) if target.get("type") != "object" else name
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{v}`" for v in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            kinds = dict.fromkeys(_takes(s, root) for s in schema[key] if s.get("type") != "null")
            if "number" in kinds:
                kinds.pop("integer", None)
            return " or ".join(kinds)
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_takes(schema.get('items', {}), root)}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"object of {_takes(inner, root)}" if isinstance(inner, dict) and inner else "object"
    words = {"string": "text", "number": "number", "integer": "integer", "boolean": "`true`, `false`"}
    return f"{words.get(kind, kind)}{_range(schema)}"


def _range(schema: dict[str, Any]) -> str:
    signs = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
    bounds = [f"{sign} {schema[key]}" for key, sign in signs if key in schema]
    return f" {', '.join(bounds)}" if bounds else ""
