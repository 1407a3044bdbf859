"""Docker image: a trained impulse as an inference server in an image of its own, written without an engine."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from edgewright_sdk import BlockError, DeploymentBlock
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.linux import TARGETS, build_static, run_selftests
from edgewright_sdk.codegen.literals import string_literal
from edgewright_sdk.codegen.package import package_values, write_files
from edgewright_sdk.codegen.templates import fill

from .archive import read_program, write_archive
from .openapi import openapi

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk import Params, TrainedImpulse

#: Processor -> its name in images.
ARCHITECTURES: Final = {"x86-64": "amd64", "aarch64": "arm64"}

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_SECOND: Final = 1_000_000_000  # images count time in nanoseconds


class DockerImage(DeploymentBlock):
    """An image that holds one static program."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write an archive and a program for each processor, and what builds the image anew."""
        if not _TAG.fullmatch(params.tag):
            raise BlockError(
                f"tag: got {params.tag!r}; letters, digits, _, - and dots are allowed, 128 at most, and no - or dot first"
            )
        graph = Graph(impulse)
        wanted = [name for name in TARGETS if params.processors in ("both", name)]
        document = json.dumps(openapi(graph), indent=1) + "\n"
        references = {name: _reference(graph, params, name, wanted) for name in wanted}
        for processor in wanted:
            program = out / f"server-{processor}"
            build_static(
                graph,
                impulse,
                self.folder / "program",
                program,
                processor,
                selftest=params.selftest_data != "none",
                generated=server_headers(graph),
            )
            write_archive(
                out / _archive(graph, processor),
                references[processor],
                ARCHITECTURES[processor],
                program.read_bytes(),
                _config(graph, params),
            )
        values = package_values(graph) | {
            "processor": wanted[0],
            "port": str(params.port),
            "listen": f":{params.port}",
            "archive": _archive(graph, wanted[0]),
            "reference": references[wanted[0]],
            "images": "\n".join(
                f"| `{_archive(graph, name)}` | {name} | `{references[name]}` |" for name in wanted
            ),
            "examples": _EXAMPLES["image" if graph.image else "signal"].replace("PORT", str(params.port)),
            "threshold": f"`--threshold {graph.learning[0].id}=1.5` after its name, and"
            if graph.learning
            else "",
        }
        templates = self.folder / "templates"
        names = ("README.md", "Dockerfile", "LICENSE.txt")
        write_files({name: fill(templates / name, **values) for name in names}, out)
        write_files({"openapi.json": document}, out)

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Look at the archives, and run the self-test of each program: here, or by qemu-user where it is installed."""
        programs = {name: path for name in TARGETS for path in package.glob(f"server-{name}")}
        for processor, program in programs.items():
            for archive in package.glob(f"*-{processor}.tar"):
                try:
                    same = read_program(archive) == program.read_bytes()
                except ValueError as error:
                    raise BlockError(str(error)) from None
                if not same:
                    raise BlockError(f"{archive.name} holds another program than {program.name}")
        return {
            **run_selftests(programs),
            "image_bytes": {path.name: path.stat().st_size for path in sorted(package.glob("*.tar"))},
        }


def server_headers(graph: Graph) -> dict[str, str]:
    """The header that holds the server's description of itself."""
    document = json.dumps(openapi(graph), separators=(",", ":")) + "\n"
    return {"openapi.h": f"#pragma once\nconstexpr char openapi[] = {string_literal(document)};\n"}


def _archive(graph: Graph, processor: str) -> str:
    return f"{graph.name}-{processor}.tar"


def _reference(graph: Graph, params: Params, processor: str, wanted: list[str]) -> str:
    """Name and tag of an image; those of several processors must not replace each other."""
    name = re.sub(r"[^a-z0-9]+", "-", graph.name.lower()).strip("-") or "impulse"
    return f"{name}:{params.tag}" + (f"-{ARCHITECTURES[processor]}" if len(wanted) > 1 else "")


def _config(graph: Graph, params: Params) -> dict[str, Any]:
    return {
        "User": "65532:65532",
        "ExposedPorts": {f"{params.port}/tcp": {}},
        "Env": [f"EDGEWRIGHT_LISTEN=:{params.port}"],
        "Entrypoint": ["/server"],
        "Healthcheck": {
            "Test": ["CMD", "/server", "--health"],
            "Interval": 10 * _SECOND,
            "Timeout": 5 * _SECOND,
        },
        "Labels": {
            "org.opencontainers.image.title": str(graph.document["name"]),
            "org.opencontainers.image.version": graph.build_id,
        },
    }


_EXAMPLES: Final = {
    "signal": """\
curl -s localhost:PORT/v1/classify -H 'Content-Type: text/csv' --data-binary @recording.csv
curl -s localhost:PORT/v1/classify -H 'Content-Type: audio/wav' --data-binary @recording.wav
curl -s localhost:PORT/v1/classify -H 'Content-Type: application/json' -d '{"window": [[0, 1], ...]}'""",
    "image": """\
curl -s localhost:PORT/v1/classify -H 'Content-Type: image/png' --data-binary @part.png
curl -s 'localhost:PORT/v1/classify?width=640&height=480' -H 'Content-Type: application/octet-stream' --data-binary @frame.rgb""",
}
