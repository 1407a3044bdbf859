"""What became of each part of a project: carried over as it was, carried over differently, or left behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

Fate = Literal["carried", "changed", "left"]

_TITLES: dict[Fate, str] = {
    "carried": "Carried over",
    "changed": "Carried over, with a difference",
    "left": "Not carried over",
}


@dataclass(frozen=True)
class Note:
    """One part of the project: ``what`` it is, what became of it and why, and what to ``do``."""

    fate: Fate
    what: str
    why: str = ""
    do: str = ""


@dataclass
class Notes:
    """Notes in the order they are made."""

    notes: list[Note] = field(default_factory=list)

    def carried(self, what: str, why: str = "") -> None:
        """Note a part that came along as it was."""
        self._add(Note("carried", what, why))

    def changed(self, what: str, why: str, do: str = "") -> None:
        """Note a part that came along, but gives other values or means something else."""
        self._add(Note("changed", what, why, do))

    def left(self, what: str, why: str, do: str) -> None:
        """Note a part that stayed behind."""
        self._add(Note("left", what, why, do))

    def of(self, fate: Fate) -> list[Note]:
        """Notes of one kind."""
        return [note for note in self.notes if note.fate == fate]

    def to_document(self) -> dict[str, list[dict[str, str]]]:
        """The notes by kind, JSON-able."""
        return {
            fate: [
                {key: value for key, value in asdict(note).items() if key != "fate"} for note in self.of(fate)
            ]
            for fate in _TITLES
        }

    def to_markdown(self, source: str) -> str:
        """The list as a page for people."""
        lines = [f"# What was imported from {_flat(source)}", ""]
        for fate, title in _TITLES.items():
            found = self.of(fate)
            if not found:
                continue
            lines += [f"## {title}", ""]
            for note in found:
                why = f": {_flat(note.why)}" if note.why else ""
                lines.append(f"- **{_flat(note.what)}**{why}")
                if note.do:
                    lines.append(f"  - What to do: {_flat(note.do)}")
            lines.append("")
        return "\n".join(lines)

    def _add(self, note: Note) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _flat(text: str) -> str:
    """Foreign text on one line, so that a name can't become a heading or markup of its own."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "*<>[]" else c for c in line)
