"""Our side of a registry's HTTP: tokens, logins, redirects and pages, against a server that follows a script."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edgewright.sharing import transport
from edgewright.sharing.listing import list_remote
from edgewright.sharing.registry import Registry, SharingError
from edgewright.sharing.transport import UnreachableError

#: path -> (status, headers, body), or what makes it of the request's headers.
Script = dict[str, Any]


class Server:
    def __init__(self) -> None:
        self.script: Script = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                answer = outer.script.get(self.path, (404, {}, b"{}"))
                status, headers, body = answer(outer.seen[-1][1]) if callable(answer) else answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def authorizations(self, path: str) -> list[str | None]:
        return [headers.get("authorization") for seen, headers in self.seen if seen == path]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    running: list[Server] = []

    def make() -> Server:
        running.append(Server())
        return running[-1]

    yield make
    for server in running:
        server.close()


@pytest.fixture
def server(start: Callable[[], Server]) -> Server:
    return start()


def document(value: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


def log_in(folder: Path, host: str) -> None:
    text = base64.b64encode(b"me:geheim").decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": text}}}))


def challenge(header: str, answer: Any, word: str) -> Callable[[dict[str, str]], Any]:
    def reply(headers: dict[str, str]) -> Any:
        if headers.get("authorization") == word:
            return answer
        return 401, {"WWW-Authenticate": header}, b""

    return reply


def image(server: Server, repository: str, tag: str, labels: dict[str, str] | None) -> str:
    config = json.dumps({"config": {"Labels": labels}}).encode()
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    manifest = json.dumps({"schemaVersion": 2, "config": {"digest": digest}, "layers": []}).encode()
    server.script[f"/v2/{repository}/manifests/{tag}"] = 200, {}, manifest
    server.script[f"/v2/{repository}/blobs/{digest}"] = 200, {}, config
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def test_a_token_is_fetched_with_the_login_and_used(server: Server, tmp_path: Path) -> None:
    log_in(tmp_path, server.host)
    header = f'Bearer realm="http://{server.host}/token",service="here",scope="repository:a:pull"'
    server.script["/v2/a/tags/list?n=100"] = challenge(header, document({"tags": ["2", "1"]}), "Bearer abc")
    path = "/token?service=here&scope=repository%3Aa%3Apull"
    server.script[path] = document({"token": "abc"})
    registry = Registry(server.host)
    assert registry.tags("a") == ["1", "2"]
    login = f"Basic {base64.b64encode(b'me:geheim').decode()}"
    assert server.authorizations(path) == [login]
    assert registry.tags("a") == ["1", "2"]
    assert server.authorizations(path) == [login], "the token is kept"


def test_a_token_service_in_the_clear_elsewhere_is_not_asked(server: Server, tmp_path: Path) -> None:
    log_in(tmp_path, server.host)
    header = 'Bearer realm="http://tokens.example.com/token",service="here"'
    server.script["/v2/a/tags/list?n=100"] = challenge(header, document({}), "Bearer abc")
    with pytest.raises(SharingError, match="refuses this"):
        Registry(server.host).tags("a")


def test_a_redirect_does_not_take_the_login_along(start: Callable[[], Server], tmp_path: Path) -> None:
    server, store = start(), start()
    log_in(tmp_path, server.host)
    word = f"Basic {base64.b64encode(b'me:geheim').decode()}"
    content = document({"tags": ["1"]})
    store.script["/blob"] = content
    server.script["/v2/a/tags/list?n=100"] = challenge(
        'Basic realm="x"', (307, {"Location": f"http://{store.host}/blob"}, b""), word
    )
    assert Registry(server.host).tags("a") == ["1"]
    assert server.authorizations("/v2/a/tags/list?n=100") == [None, word]
    assert store.authorizations("/blob") == [None]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((307, {"Location": "http://elsewhere.example.com/x"}, b""), "not encrypted"),
        ((307, {"Location": "/v2/a/tags/list?n=100"}, b""), "from one address to the next"),
        ((200, {}, b"x" * 2000), "no document of a registry"),
    ],
)
def test_what_no_registry_does_is_refused(
    server: Server, answer: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_BYTES", 1000)
    server.script["/v2/a/tags/list?n=100"] = answer
    with pytest.raises(UnreachableError, match=message):
        Registry(server.host).tags("a")


@pytest.mark.parametrize("body", [b"not json", b"[1]", b"{", b"[" * 200_000])
def test_an_answer_that_is_no_document_is_said(server: Server, body: bytes) -> None:
    server.script["/v2/_catalog?n=100"] = 200, {}, body
    with pytest.raises(SharingError, match="the registry's answer"):
        list(Registry(server.host).repositories())


def test_lists_are_followed_page_by_page_within_the_registry(server: Server) -> None:
    server.script["/v2/_catalog?n=100"] = (
        200, {"Link": '</v2/_catalog?n=100&last=b>; rel="next"'}, json.dumps({"repositories": ["a", "b"]}).encode(),
    )  # fmt: skip
    server.script["/v2/_catalog?n=100&last=b"] = (
        200, {"Link": '<http://elsewhere.example.com/v2/_catalog>; rel="next"'}, json.dumps({"repositories": ["c"]}).encode(),
    )  # fmt: skip
    assert list(Registry(server.host).repositories()) == ["a", "b", "c"]


def test_blocks_are_listed_by_their_labels(server: Server) -> None:
    server.script["/v2/_catalog?n=100"] = document({"repositories": ["team/a", "team/plain", "teamwork/b"]})
    for name in ("team/a", "team/plain", "teamwork/b"):
        server.script[f"/v2/{name}/tags/list?n=100"] = document({"tags": ["1"]})
    spec = json.dumps({"info": {"title": "A\x1b[31m", "description": "Does a. And b."}})
    labels = {"org.edgewright.type": "learning", "org.edgewright.block": "a", "org.edgewright.spec": spec}
    digest = image(server, "team/a", "1", labels)
    image(server, "team/plain", "1", None)
    image(server, "teamwork/b", "1", labels)
    [block] = list_remote(f"{server.host}/team")
    assert (block.reference, block.pinned) == (f"{server.host}/team/a:1", f"{server.host}/team/a@{digest}")
    assert (block.name, block.type, block.description) == ("a", "learning", "Does a. And b.")
    assert len(list_remote(server.host)) == 2


@pytest.mark.parametrize("label", ["", "[1]", "{", '{"info": 3}', '{"info": {"title": [1]}}'])
def test_a_spurious_label_spoils_no_list(server: Server, label: str) -> None:
    server.script["/v2/_catalog?n=100"] = document({"repositories": ["a"]})
    server.script["/v2/a/tags/list?n=100"] = document({"tags": ["1"]})
    image(server, "a", "1", {"org.edgewright.type": "learning", "org.edgewright.spec": label})
    [block] = list_remote(server.host)
    assert block.name == "a"


def test_a_registry_that_lists_nothing_may_still_be_asked_for_one_repository(server: Server) -> None:
    server.script["/v2/_catalog?n=100"] = 401, {}, b""
    server.script["/v2/me/a/tags/list?n=100"] = document({"tags": ["1"]})
    image(server, "me/a", "1", {"org.edgewright.type": "processing"})
    assert [block.reference for block in list_remote(f"{server.host}/me/a")] == [f"{server.host}/me/a:1"]
    with pytest.raises(SharingError, match="name one of them"):
        list_remote(f"{server.host}/me")


def test_other_bytes_than_the_digest_names_are_refused(server: Server) -> None:
    image(server, "a", "1", {})
    for path, (status, headers, body) in list(server.script.items()):
        if "/blobs/" in path:
            server.script[path] = status, headers, body + b" "
    with pytest.raises(SharingError, match="other bytes than this digest names"):
        Registry(server.host).labels("a", "1")


def test_of_several_architectures_one_is_looked_at(server: Server) -> None:
    digest = image(server, "a", "hidden", {"org.edgewright.type": "processing"})
    server.script[f"/v2/a/manifests/{digest}"] = server.script.pop("/v2/a/manifests/hidden")
    index = {"manifests": [{"digest": digest, "platform": {"architecture": "any"}}]}
    server.script["/v2/a/manifests/1"] = document(index)
    found, labels = Registry(server.host).labels("a", "1")
    assert labels == {"org.edgewright.type": "processing"}
    assert found == f"sha256:{hashlib.sha256(json.dumps(index).encode()).hexdigest()}", (
        "the index is what is pinned"
    )


def test_a_credential_helper_is_asked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "docker-credential-mine"
    helper.write_text('#!/bin/sh\ncat > "$0.asked"\necho \'{"Username": "me", "Secret": "geheim"}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {server.host: "mine"}}))
    word = f"Basic {base64.b64encode(b'me:geheim').decode()}"
    server.script["/v2/a/tags/list?n=100"] = challenge('Basic realm="x"', document({"tags": ["1"]}), word)
    assert Registry(server.host).tags("a") == ["1"]
    assert (tmp_path / "docker-credential-mine.asked").read_text() == server.host
