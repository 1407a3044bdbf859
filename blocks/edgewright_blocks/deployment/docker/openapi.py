"""What the server of an impulse takes and gives, as an OpenAPI 3.0 document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph

    Json = dict[str, Any]

_NUMBER: dict[str, Any] = {"type": "number"}
_FLAG = {"type": "boolean"}
_TEXT = {"type": "string"}
_BYTES = {"type": "string", "format": "binary"}
#: Node kind -> what is said of it.
_NODES: dict[str, dict[str, Any]] = {
    "anomaly": {
        "score": _NUMBER,
        "anomalous": _FLAG,
        "threshold": _NUMBER,
        "p": {**_NUMBER, "description": "How often normal windows score as high; where it was calibrated"},
        "contributions": {
            "type": "array",
            "description": "What makes up the score, largest first: [name, value]",
            "items": {"type": "array", "items": {}},
        },
    },
    "classification": {
        "class": {**_TEXT, "nullable": True},
        "probability": _NUMBER,
        "probabilities": {"type": "object", "additionalProperties": _NUMBER},
    },
}
_ERRORS = {
    400: "Not HTTP, or not JSON", 408: "It didn't come in time", 411: "Without Content-Length", 413: "Too large, or too many windows",
    415: "A kind of body that isn't read", 422: "Read, but it can't be scored: the reason is told", 429: "Too much at once",
}  # fmt: skip


def openapi(graph: Graph) -> Json:
    """Describe the server of an impulse."""
    title = str(graph.document["name"])
    single = {"$ref": "#/components/schemas/Scored"}
    many = _object({"windows": _list(single)}, "windows")
    classify = {
        "summary": "Score windows" if not graph.image else "Score pictures",
        "requestBody": {"required": True, "content": _bodies(graph)},
        "responses": {
            "200": _response("What one `window` gives, or a list of these", {"oneOf": [single, many]}),
            **{str(code): _refusal(text) for code, text in _ERRORS.items()},
        },
    }
    paths: Json = {
        "/v1/classify": {"post": classify},
        "/health": {"get": _get("The server answers")},
        "/ready": {"get": _get("It takes requests", refused=503)},
        "/info": {"get": _get("Name, build id, nodes with their thresholds, limits")},
        "/openapi.json": {"get": _get("This document")},
        "/metrics": {"get": _get("Counters for Prometheus", kind="text/plain", schema=_TEXT)},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": graph.build_id},
        "paths": paths,
        "components": {"schemas": {"Scored": _scored(graph), "Error": _object({"error": _TEXT}, "error")}},
    }


def _bodies(graph: Graph) -> Json:
    window: Json = _NUMBER if not graph.image else {"type": "integer", "minimum": 0, "maximum": 255}
    shape = [size for at, size in enumerate(graph.shape) if not (graph.image and at == 2 and size == 1)]
    for size in reversed(shape):
        window = {"type": "array", "items": window, "minItems": size, "maxItems": size}
    content: Json = {
        "application/json": {
            "schema": {"oneOf": [_object({"window": window}, "window"), _object({"windows": _list(window)}, "windows")]}
        }
    }  # fmt: skip
    kinds = (
        ("image/png", "image/jpeg", "image/bmp", "image/x-portable-anymap")
        if graph.image
        else ("text/csv", "audio/wav")
    )
    content |= {kind: {"schema": _BYTES} for kind in (*kinds, "application/octet-stream")}
    return content


def _scored(graph: Graph) -> Json:
    nodes = {
        step.id: _object(_NODES.get(str(step.entry["kind"]), {"value": _NUMBER})) for step in graph.learning
    }
    return _object(
        {
            "decision": _object({"label": _TEXT, "anomalous": _FLAG}, "label", "anomalous"),
            "nodes": _object(nodes, *nodes),
            "start": {"type": "integer", "description": "Row of a recording that the window begins with"},
            "time": {**_NUMBER, "description": "The same in seconds"},
            "build_id": _TEXT,
        },
        "decision",
        "nodes",
        "build_id",
    )


def _object(properties: Json, *required: str) -> Json:
    made: Json = {"type": "object", "properties": properties}
    return made | ({"required": list(required)} if required else {})


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _response(text: str, schema: Json, kind: str = "application/json") -> Json:
    return {"description": text, "content": {kind: {"schema": schema}}}


def _refusal(text: str) -> Json:
    return _response(text, {"$ref": "#/components/schemas/Error"})


def _get(text: str, *, kind: str = "application/json", schema: Json | None = None, refused: int = 0) -> Json:
    responses = {"200": _response(text, schema or {"type": "object"}, kind)}
    if refused:
        responses[str(refused)] = _refusal("The server is ending")
    return {"summary": text, "responses": responses}
