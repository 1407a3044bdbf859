"""Compile what was written, read its sizes, run it and read its counts."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

from edgewright_sdk import BlockError
from edgewright_sdk.codegen.compilers import FLAGS

from .elf import Elf, read_elf
from .program import MODULE, PLATFORMS
from .wasm import PAGE, count, section_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .toolchains import Toolchain

SECONDS = 420
_SECTIONS = ("-ffunction-sections", "-fdata-sections")
_STRING_H = """\
#pragma once
#include <stddef.h>
extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
void* memmove(void* to, const void* from, size_t bytes);
}
"""


def measure(plan: Mapping[str, Any], work: Path, tools: Toolchain) -> dict[str, Any]:
    """Measure the programs that lie in ``work``.

    Parameters
    ----------
    plan : mapping
        What ``build`` knew.
    work : Path
        A copy of the package, which is written into.
    tools : Toolchain

    Returns
    -------
    dict
        ``verification.json``: sizes in bytes, counts of instructions, and what couldn't be had for lack of a tool.
    """
    objects = _compile(plan, work, tools)
    if plan["cpu"] == MODULE:
        sizes, memory, counts = _module(plan, objects, work, tools)
    else:
        sizes, memory = _link(objects, work, tools) if tools.link is not None else _sum(objects), 0
        counts = _count(plan, objects, work, tools) if tools.run is not None else {}
    stack = max(counts.get("k", {}).get(0, []), default=None)
    whole = counts.get("w", {}).get(len(plan["nodes"]) - 1)
    arena, model = plan["arena_bytes"], sizes.symbols.get("ew_model", 0)
    stream = sizes.symbols.get("ew_stream", 0)
    return {
        "ok": True,
        "cpu": plan["cpu"],
        "compiler": tools.compiler.version(),
        "optimisation": plan["optimisation"],
        "linked": tools.link is not None or plan["cpu"] == MODULE,
        "missing": tools.missing,
        "flash_bytes": {
            "total": sizes.flash,
            "code": sizes.code,
            "tables": plan["tables_bytes"],
            "other": sizes.flash - sizes.code - plan["tables_bytes"],
        },
        "ram_bytes": {
            "total": memory or arena + model + stream + (stack or 0),
            "arena": arena,
            "model": model,
            "stream": stream,
            "stack": stack,
        },
        "windows": plan["windows"] if whole else 0,
        "instructions": _mean_and_largest(whole),
        "stream_instructions": next(iter(counts.get("s", {}).get(0, [])), None),
        "nodes": _nodes(plan, objects, sizes, counts.get("w", {})),
    }


def _compile(plan: Mapping[str, Any], work: Path, tools: Toolchain) -> dict[str, Path]:
    """Objects by their source; the library's own source is part of the probe."""
    (work / "freestanding").mkdir(exist_ok=True)
    (work / "freestanding" / "string.h").write_text(_STRING_H)
    library = [path.relative_to(work) for path in sorted((work / "src").rglob("*.cpp"))]
    sources = [str(path) for path in library if str(path) != f"src/{plan['name']}.cpp"]
    sources += ["measure/probe.cpp", "measure/application.cpp"]
    options = [*tools.options, plan["optimisation"], *FLAGS, *_SECTIONS]
    objects = {}
    for number, source in enumerate(sources):
        objects[source] = work / f"{number}.o"
        tools.compiler.run([*options, "-c", source, "-o", f"{number}.o"], cwd=work)
    return objects


def _link(objects: Mapping[str, Path], work: Path, tools: Toolchain) -> Elf:
    bare = "-DEW_BARE" in tools.options
    start = ["measure/start.cpp"] if bare else []
    _build([*start, *(path.name for path in objects.values())], "application", work, tools)
    return read_elf(work / "application")


def _build(inputs: list[str], name: str, work: Path, tools: Toolchain) -> None:
    link = tools.link or ()
    options = [*tools.options, "-O2", *FLAGS, *_SECTIONS, "-Wl,--gc-sections"]
    tools.compiler.run([*options, *inputs, "-o", name, *link], cwd=work)


def _module(
    plan: Mapping[str, Any], objects: Mapping[str, Path], work: Path, tools: Toolchain
) -> tuple[Elf, int, dict[str, dict[int, list[int]]]]:
    """Sizes of a module that runs windows, the memory that it begins with, and its counts."""
    library = [path.name for source, path in objects.items() if source != "measure/application.cpp"]
    flags = [
        *tools.options,
        plan["optimisation"],
        "-s",
        *FLAGS,
        "-Wl,--no-entry",
        f"-Wl,-z,stack-size={PAGE}",
    ]
    sizing = [
        objects["measure/application.cpp"].name,
        "-Wl,--export=ew_application",
        "-o",
        "application.wasm",
    ]
    called = [f"-Wl,--export={name}" for name in ("ew_begin", "ew_nodes", "ew_whole", "ew_next")]
    tools.compiler.run([*flags, *library, *sizing], cwd=work)
    tools.compiler.run([*flags, "measure/module.cpp", *library, *called, "-o", "count.wasm"], cwd=work)
    found = section_bytes(work / "application.wasm")
    rest = found["file"] - found["code"] - found["data"]
    counts = count(work / "count.wasm", plan) if plan["windows"] and tools.run is not None else {}
    return Elf(found["code"], found["data"], rest, 0, {}), found["memory"], counts


def _sum(objects: Mapping[str, Path]) -> Elf:
    """Sizes of objects that nobody linked: an upper bound without the compiler's own library."""
    read = [read_elf(path) for path in objects.values()]
    symbols: dict[str, int] = {}
    for one in read:
        symbols |= one.symbols
    totals = {
        name: sum(getattr(one, name) for one in read) for name in ("code", "constants", "data", "zeros")
    }
    return Elf(**totals, symbols=symbols)


def _count(
    plan: Mapping[str, Any], objects: Mapping[str, Path], work: Path, tools: Toolchain
) -> dict[str, dict[int, list[int]]]:
    """Run the counting program: what was counted, by kind and number."""
    if not plan["windows"]:
        return {}
    inputs = [path.name for source, path in objects.items() if source != "measure/application.cpp"]
    _build(["measure/count.cpp", *inputs], "count", work, tools)
    command = [*(tools.run or ()), "count" if PLATFORMS[plan["cpu"]] == "cortex_m" else "./count"]
    try:
        done = subprocess.run(
            command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        tools.missing.append(
            {
                "tool": f"enough time ({SECONDS} s)",
                "for": "instruction counts and stack",
                "get": "smaller windows, or a faster machine",
            }
        )
        return {}
    if done.returncode != 0:
        raise BlockError(
            f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}"
        )
    text = done.stdout + done.stderr if PLATFORMS[plan["cpu"]] == "cortex_m" else _dumped(work)
    found: dict[str, dict[int, list[int]]] = {}
    for kind, number, value in re.findall(r"^([wsk]) (\d+) (\d+)$", text, re.MULTILINE):
        found.setdefault(kind, {}).setdefault(int(number), []).append(int(value))
    return found


def _dumped(work: Path) -> str:
    """Lines of what callgrind wrote: each file tells what asked for it, and how many instructions there were."""
    lines = []
    for path in sorted(work.glob("counts.*"), key=lambda path: int(path.suffix[1:])):
        text = path.read_text(errors="replace")
        asked = re.search(r"^desc: Trigger: Client Request: (\w \d+)$", text, re.MULTILINE)
        total = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
        if asked and total:
            lines.append(f"{asked[1]} {total[1]}")
    return "\n".join(lines)


def _nodes(
    plan: Mapping[str, Any], objects: Mapping[str, Path], sizes: Elf, counts: Mapping[int, list[int]]
) -> list[dict[str, Any]]:
    """Each node with its part of the code, and its instructions: those up to it without those before it."""
    nodes, seen = [], set()
    for number, node in enumerate(plan["nodes"]):
        own = 0
        if node["symbol"] not in seen:  # nodes of one block share its code, which the first is told of
            seen.add(node["symbol"])
            own = _code_of(node["symbol"], objects, sizes)
        until, before = counts.get(number), counts.get(number - 1)
        spent = until and [a - b for a, b in zip(until, before or [0] * len(until), strict=True)]
        nodes.append(
            {
                **node,
                "code_bytes": own,
                "flash_bytes": own + node["tables_bytes"],
                "instructions": _mean_and_largest(spent),
            }
        )
    return nodes


def _code_of(symbol: str, objects: Mapping[str, Path], sizes: Elf) -> int:
    """What was linked of a block's own sources."""
    if not sizes.symbols:
        return 0  # a module doesn't tell
    mine = [path for source, path in objects.items() if source.startswith(f"src/{symbol}/")]
    names = {name for path in mine for name in read_elf(path).symbols}
    return sum(size for name, size in sizes.symbols.items() if name in names)


def _mean_and_largest(values: list[int] | None) -> dict[str, int] | None:
    return {"mean": round(sum(values) / len(values)), "largest": max(values)} if values else None
