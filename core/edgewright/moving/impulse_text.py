"""The text of an imported impulse: YAML with a comment for what was chosen, and nodes that stayed behind as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.data.suggestion import Choice, yaml_field, yaml_scalar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.moving.nodes import Node

_WIDTH = 110


def impulse_text(
    name: str,
    source: str,
    data: Mapping[str, Choice],
    options: Mapping[str, Any],
    window: Mapping[str, Choice],
    processing: Sequence[Node],
    learning: Sequence[Node],
) -> str:
    """Write the impulse.

    Parameters
    ----------
    name : str
        A valid name of an impulse.
    source : str
        Where it came from, for the head.
    data, window : mapping
        The sections ``data`` and ``input``.
    options : mapping
        Options of the reader.
    processing, learning : sequence of Node
    """
    lines = [
        f"# Imported from {_comment(source)} by `edgewright import edge-impulse`.",
        "# imported.md beside this file says what could not be carried over, and what to do about it.",
        "version: 1",
        f"name: {yaml_scalar(name)}",
        "",
        "data:",
        *(_line(key, choice, 2) for key, choice in data.items()),
    ]
    if options:
        lines.append(f"  options: {yaml_scalar(dict(options))}")
    lines += ["", "input:", *(_line(key, choice, 2) for key, choice in window.items())]
    lines += _nodes("processing", processing)
    lines += _nodes("learning", learning)
    anomaly = [node for node in learning if node.active and node.anomaly]
    if anomaly:
        lines += ["", "thresholds:"]
        for node in anomaly:
            lines.append(
                "  # At most 1 in 100 false alarms, estimated on normal recordings that the model has not seen."
            )
            if node.threshold is not None:
                lines.append(
                    f"  # The project's own threshold, for its own scores: {{method: manual, value: {node.threshold:.9g}}}"
                )
            lines.append(f"  {node.id}: {{method: held-out}}")
    if any(node.active for node in learning):
        lines += [
            "",
            "deployment:",
            "  - block: cpp  # a C++ library; add a line `- block: wasm` for the browser",
        ]
    return "\n".join(lines) + "\n"


def _nodes(section: str, nodes: Sequence[Node]) -> list[str]:
    if not nodes:
        return []
    active = any(node.active for node in nodes)
    lines = ["", f"{section}:" if active else f"# {section}:"]
    for node in nodes:
        written = [f"  - id: {node.id}{_why(node.why)}", f"    block: {yaml_scalar(node.block)}"]
        if node.axes:
            written.append(f"    axes: {yaml_scalar(list(node.axes))}")
        if node.inputs:
            written.append(f"    input: {yaml_scalar(list(node.inputs))}")
        if node.params:
            written += ["    params:", *(_line(key, choice, 6) for key, choice in node.params.items())]
        lines += written if node.active else [f"# {line}" for line in written]
    return lines


def _line(name: str, choice: Choice, indent: int) -> str:
    return yaml_field(yaml_scalar(name), Choice(choice.value, _comment(choice.why)), indent)


def _why(text: str) -> str:
    return f"  # {_comment(text)}" if text else ""


def _comment(text: str) -> str:
    """Foreign text within one comment: on one line, without controls, not endless."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
