"""The impulse that ``init`` proposes, and its text: YAML with a comment for each choice."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Choice:
    """A value and why it was chosen."""

    value: Any
    why: str = ""


@dataclass(frozen=True)
class Suggestion:
    """An impulse for one data set.

    ``kind``: ``motion`` (any sensor's time series), ``audio``, ``tabular`` or ``image``. Without ``processing`` the learning
    block reads the windows themselves. The sections map field names to choices;
    ``notes`` become comments at the head. ``path`` is the data folder.
    """

    kind: str
    path: Path
    name: str
    data: dict[str, Choice]
    input: dict[str, Choice]
    processing: tuple[str, dict[str, Choice], str] | None  # block, parameters, why
    learning: tuple[str, dict[str, Choice], str]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    deploys: bool = True  # whether its blocks have device code

    def to_yaml(self, folder: Path | str | None = None) -> str:
        """Write the impulse for a file in ``folder`` (default: the working directory), from which the data path starts."""
        base = Path(folder) if folder is not None else Path.cwd()
        learner, learner_params, learner_why = self.learning
        lines = [f"# {note}" for note in self.notes]
        lines += ["version: 1", f"name: {yaml_scalar(self.name)}", "", "data:"]
        path = relative_path(self.path, base)
        lines.append(
            yaml_field("path", Choice(path, "" if Path(path).is_absolute() else "relative to this file"), 2)
        )
        if self.options:
            lines.append(f"  options: {yaml_scalar(_with_relative_folders(self.options, self.path, base))}")
        lines += [yaml_field(name, choice, 2) for name, choice in self.data.items()]
        lines += ["", "input:", *(yaml_field(name, choice, 2) for name, choice in self.input.items())]
        if self.processing is not None:
            block, params, why = self.processing
            lines += ["", "processing:", f"  - id: features{_comment(why)}", f"    block: {block}"]
            if params:
                lines += ["    params:", *(yaml_field(name, choice, 6) for name, choice in params.items())]
        lines += [
            "",
            "learning:",
            f"  - id: anomaly{_comment(learner_why)}",
            f"    block: {learner}",
            "    input: [features]"
            if self.processing is not None
            else "    input: [input]  # the pixels themselves",
        ]
        if learner_params:
            lines += [
                "    params:",
                *(yaml_field(name, choice, 6) for name, choice in learner_params.items()),
            ]
        what = "images" if self.kind == "image" else "recordings"
        lines += [
            "",
            "thresholds:",
            f"  # At most 1 in 100 false alarms, estimated on normal {what} that the model has not seen.",
            "  anomaly: {method: held-out}",
        ]
        if self.deploys:
            lines += [
                "",
                "deployment:",
                "  - block: cpp  # a C++ library without dependencies; add a line `- block: wasm` for the browser",
            ]
        if self.deploys and self.kind == "image":
            lines += [
                "",
                "# Where it will run decides how it scores, and a run says what doesn't fit: cortex-m7, esp32s3, cortex-a, x86-64 …",
                "# device: cortex-a",
            ]
        return "\n".join(lines) + "\n"


def impulse_name(text: str) -> str:
    """A name that an impulse may have, from a folder's name."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-._")[:64]
    return name or "impulse"


def relative_path(path: Path, base: Path) -> str:
    """How a file in ``base`` names ``path``: relative where it is near, whole where it is far."""
    if not path.is_absolute() and not base.is_absolute():
        return Path(os.path.relpath(path, base)).as_posix()
    try:
        relative = Path(os.path.relpath(path.resolve(), base.resolve()))
    except ValueError:  # another drive
        return path.resolve().as_posix()
    far = relative.parts[:2] == ("..", "..")
    return (path.resolve() if far else relative).as_posix()


def _with_relative_folders(options: dict[str, Any], path: Path, base: Path) -> dict[str, Any]:
    """``folders`` are relative to ``data.path``."""
    del base
    folders = {
        label: relative_path(Path(folder), path) for label, folder in options.get("folders", {}).items()
    }
    return {**options, "folders": folders} if folders else dict(options)


def yaml_field(name: str, choice: Choice, indent: int) -> str:
    """One line of YAML: a name, its value and why."""
    return f"{' ' * indent}{name}: {yaml_scalar(choice.value)}{_comment(choice.why)}"


def _comment(why: str) -> str:
    return f"  # {why}" if why else ""


_PLAIN = re.compile(r"^(?:\.{0,2}/)*[A-Za-z_][A-Za-z0-9_./-]*$")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})


def yaml_scalar(value: Any) -> str:
    """A value in YAML's flow form; texts that could be read as anything else are quoted."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{yaml_scalar(key)}: {yaml_scalar(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(yaml_scalar(item) for item in value) + "]"
    if isinstance(value, str):
        if _PLAIN.match(value) and value.lower() not in _RESERVED:
            return value
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return f"{value:.10g}"
    return json.dumps(value)
