"""Edge Impulse's processing blocks: an HTTP server, which the SDK's driver asks from a container beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from edgewright.contracts.arguments import request_params
from edgewright.contracts.base import Launch, Part, Seen
from edgewright_specs.interface import LEGACY_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from edgewright.registry import Block
    from edgewright_specs.interface import Operation

#: Beside ``request.json``, for the driver: what the block's own file says, in its own words.
SETTINGS_FILE: Final = "service.json"
HOST: Final = "127.0.0.1"
#: Where a server listens about which nothing is said.
PORT: Final = 4446

NO_DEVICE_CODE: Final = (
    "a processing block of Edge Impulse's has no device code that could be taken over: its parameters.json names a C++ "
    "function that somebody has to write. Give the block a folder device/ and an 'edgewright' object in parameters.json "
    "(docs/authoring.md shows how), or use a built-in block that computes the same"
)


def declared_port(block: Block, exposed: Iterable[int]) -> int:
    """Where a block's server listens if it doesn't read ``PORT``: by ``info.port``, else by what its image exposes."""
    if block.spec.info.port is not None:
        return block.spec.info.port
    ports = sorted(exposed)
    return PORT if PORT in ports or not ports else ports[0]


class HttpProcessing:
    """The server sees neither folder of the task; the driver reads the one, asks, and writes the other."""

    name = "edge-impulse-processing"

    def places(self, operation: Operation) -> tuple[str, str]:  # noqa: ARG002
        """The driver's: ``/in`` and ``/out``."""
        return "/in", "/out"

    def refusal(self, block: Block, operation: Operation) -> str | None:  # noqa: ARG002
        """Refuse ``export``, and what no processing block does."""
        if operation == "export":
            return NO_DEVICE_CODE
        known = LEGACY_OPERATIONS["processing"]
        return (
            None if operation in known else f"it has no operation {operation!r}; allowed: {', '.join(known)}"
        )

    def has_service(self, block: Block, operation: Operation) -> bool:  # noqa: ARG002
        """Every operation asks the server."""
        return True

    def enter(self, block: Block, request: Mapping[str, Any], request_dir: Path, made: Path) -> Path:  # noqa: ARG002
        """Put the block's settings beside the request."""
        text = json.dumps(_settings(block, request.get("params") or {}), ensure_ascii=False, allow_nan=False)
        (request_dir / SETTINGS_FILE).write_text(text, encoding="utf-8")
        return request_dir

    def launch(self, block: Block, request: Mapping[str, Any], seen: Seen) -> Launch:  # noqa: ARG002
        """Return the block's own program as the service, and the driver that asks it."""
        # It is killed in the end, and what it printed shall not be lost in a buffer.
        variables = {"HOST": HOST, "PORT": str(seen.port), "PYTHONUNBUFFERED": "1"}
        service = Part(environment=variables, sees_in=False, sees_out=False)
        words = ("ask", "--port", str(seen.port), "--in", seen.in_dir, "--out", seen.out_dir)
        return Launch(Part(argv=(seen.python, "-m", "edgewright_sdk", *words), driver=True), service)

    def whole_folder(self, operation: Operation) -> str | None:  # noqa: ARG002
        """The driver writes ``result.json``."""
        return None

    def check(self, block: Block, operation: Operation, folder: Path) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing beyond the harvest's own rules."""
        return ()


def _settings(block: Block, params: Mapping[str, Any]) -> dict[str, Any]:
    info = block.spec.info
    values = request_params(block.spec, params)
    return {
        "params": {name: _as_written(value) for name, value in values.items()},
        "implementation_version": info.latest_implementation_version or 1,
        "named_axes": {axis.name: axis.optional for axis in info.axes or ()},
    }


def _as_written(value: Any) -> Any:
    """A whole number has no point, as the platform's client sends it: blocks count and slice with parameters."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


HTTP_PROCESSING = HttpProcessing()
