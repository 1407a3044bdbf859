"""The service's HTTP side: whose upload it is, what is said of it, and an answer that public scripts understand."""

from __future__ import annotations

import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from edgewright_sdk.ingestion.multipart import files_of
from edgewright_sdk.ingestion.uploads import CATEGORIES, Described, UploadError, Uploads

if TYPE_CHECKING:
    from ssl import SSLContext

MAX_BODY: Final = 256 << 20
MAX_CHUNK_LINE: Final = 1 << 10
#: Names under which it is asked; anything else is sent to it as to a proxy, and goes nowhere.
OUR_NAMES: Final = (
    "127.0.0.1", "localhost", "host.docker.internal", "ingestion.host.docker.internal", "ingestion.edgeimpulse.com",
)  # fmt: skip
SUFFIXES: Final = {
    "application/json": ".json", "application/cbor": ".cbor", "audio/wav": ".wav", "audio/x-wav": ".wav",
    "image/png": ".png", "image/jpeg": ".jpg", "text/csv": ".csv",
}  # fmt: skip


class Server(ThreadingHTTPServer):
    """One task's service."""

    daemon_threads = True
    uploads: Uploads

    def __init__(self, address: tuple[str, int], key: str, tls: SSLContext | None) -> None:
        super().__init__(address, Handler)
        self.key = key
        if tls is not None:  # a handshake is its connection's own matter: it must not hold up the others
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Edgewright"
    sys_version = ""
    server: Server

    def do_GET(self) -> None:
        """Say what this is; there is no project to ask about."""
        try:
            path = self._path()
        except UploadError as problem:
            return self._refuse(problem)
        if path == "/":
            return self._answer(200, b"Edgewright's ingestion service\n", "text/plain")
        return self._refuse(UploadError(404, f"no {path} here: this service only takes uploads"))

    def do_POST(self) -> None:
        """Take files."""
        try:
            body = self._body()
            path = self._path()
            _, *words = path.rstrip("/").split("/")
            if (
                len(words) != 3
                or words[0] != "api"
                or words[1] not in CATEGORIES
                or words[2] not in ("files", "data")
            ):
                allowed = f"/api/{'|'.join(CATEGORIES)}/files and the same with /data"
                raise UploadError(404, f"no {path} here; uploads go to {allowed}")
            if not hmac.compare_digest(self._header("x-api-key"), self.server.key):
                raise UploadError(401, "the API key is not this task's EI_PROJECT_API_KEY")
            described = self._described(words[1])
            kind = self.headers.get("content-type", "")
            if words[2] == "data" or not kind.lower().startswith("multipart/form-data"):
                self._one(body, kind, described, plain=words[2] == "data")
            else:
                self._many(files_of(body, kind, "data"), described)
        except UploadError as problem:
            self._refuse(problem)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log on stderr, where a task's log is."""
        print("ingestion:", format % args, file=sys.stderr, flush=True)  # noqa: T201

    def _one(self, body: bytes, kind: str, described: Described, *, plain: bool) -> None:
        name = self._header("x-file-name") or "upload"
        suffix = SUFFIXES.get(kind.partition(";")[0].strip().lower(), "")
        if suffix and not name.lower().endswith(suffix):
            name += suffix
        number, path = self.server.uploads.add(name, body, described)
        if plain:
            return self._answer(200, path.rpartition("/")[2].encode(), "text/plain")
        return self._answer_files([_taken(number, path)])

    def _many(self, files: list[tuple[str, bytes]], described: Described) -> None:
        if not files:
            raise UploadError(400, "the form has no file in its field 'data'")
        answers = []
        for name, content in files:
            try:
                answers.append(_taken(*self.server.uploads.add(name, content, described)))
            except UploadError as problem:
                answers.append({"success": False, "fileName": name, "error": problem.reason})
        self._answer_files(answers)

    def _described(self, category: str) -> Described:
        metadata = self._json("x-metadata", dict, {})
        boxes = self._json("x-bounding-boxes", list, [])
        if not all(isinstance(box, dict) for box in boxes):
            raise UploadError(400, "x-bounding-boxes must be a list of objects")
        return Described(
            category=category,
            label=self._header("x-label") or None,
            # What boxes are around has labels of its own.
            unlabelled=self._flag("x-no-label") or bool(self._header("x-bounding-boxes")),
            metadata={str(key): _scalar(value) for key, value in metadata.items()},
            boxes=tuple(boxes),
            no_duplicates=self._flag("x-disallow-duplicates"),
        )

    def _header(self, name: str) -> str:
        """A header's text; what came as UTF-8 is read as such."""
        value = self.headers.get(name, "") or ""
        try:
            return value.encode("latin-1").decode("utf-8").strip()
        except UnicodeError:
            return value.strip()

    def _flag(self, name: str) -> bool:
        return self._header(name).lower() in ("1", "true", "yes")

    def _json(self, name: str, kind: type, default: Any) -> Any:
        text = self._header(name)
        if not text:
            return default
        try:
            value = json.loads(text)
        except ValueError:
            raise UploadError(400, f"{name} is not JSON") from None
        if not isinstance(value, kind):
            raise UploadError(400, f"{name} must be a JSON {'object' if kind is dict else 'list'}")
        return value

    def _path(self) -> str:
        parts = urlsplit(self.path)
        if parts.scheme and parts.hostname not in OUR_NAMES:
            raise UploadError(502, f"no network here: {parts.hostname} can't be reached")
        return parts.path or "/"

    def _body(self) -> bytes:
        """Read the whole body, before anything is said of it: a client that is still sending would not hear it."""
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            return self._chunks()
        try:
            length = int(self.headers.get("content-length", "0"))
        except ValueError:
            length = -1
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True
            raise UploadError(413, f"a body of {length} bytes; allowed: up to {MAX_BODY >> 20} MiB")
        return self.rfile.read(length)

    def _chunks(self) -> bytes:
        pieces: list[bytes] = []
        total = 0
        while True:
            line = self.rfile.readline(MAX_CHUNK_LINE)
            try:
                size = int(line.split(b";")[0].strip(), 16)
            except ValueError:
                size = -1
            total += size
            if size < 0 or total > MAX_BODY:
                self.close_connection = True
                raise UploadError(413 if size >= 0 else 400, "a chunked body that is too large, or broken")
            if size == 0:
                while self.rfile.readline(MAX_CHUNK_LINE).strip():
                    pass
                return b"".join(pieces)
            pieces.append(self.rfile.read(size))
            self.rfile.readline(MAX_CHUNK_LINE)

    def _answer_files(self, files: list[dict[str, Any]]) -> None:
        document = {"success": True, "files": files}
        self._answer(200, json.dumps(document).encode(), "application/json")

    def _refuse(self, problem: UploadError) -> None:
        document = {"success": False, "error": problem.reason}
        self._answer(problem.status, json.dumps(document).encode(), "application/json")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def make_server(address: tuple[str, int], key: str, tls: SSLContext | None = None) -> Server:
    """Return a service that listens already; give it its :class:`Uploads` before it serves."""
    return Server(address, key, tls)


def _taken(number: int, path: str) -> dict[str, Any]:
    return {"success": True, "projectId": 1, "sampleId": number, "fileName": path.rpartition("/")[2]}


def _scalar(value: Any) -> str | int | float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
