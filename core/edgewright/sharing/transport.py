"""HTTP to one registry: time and size caps, tokens, and a login that is sent to nobody else."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from edgewright.errors import EdgewrightError
from edgewright.sharing.credentials import login_of
from edgewright.sharing.reference import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 8 << 20
MAX_REDIRECTS = 5

_FIELD = re.compile(r'(\w+)="([^"]*)"')


class UnreachableError(EdgewrightError):
    """A registry doesn't answer."""


@dataclass(frozen=True)
class Answer:
    """Status, headers (any case) and the whole body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """Value of a header, empty where there is none."""
        return self.headers.get(name.lower(), "")


class Transport:
    """Requests to one registry.

    Parameters
    ----------
    host : str
        Whose login is used.
    address : str
        Scheme and host that every path is below.
    seconds : float
        How long to wait for a connection, and between two pieces of an answer.
    """

    def __init__(self, host: str, address: str, seconds: float) -> None:
        self._host = host
        self._address = address
        self._seconds = seconds
        self._tokens: dict[str, str] = {}
        handlers: list[Any] = [_NoRedirect()]
        if is_loopback(host):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def ask(self, path: str, *, accept: str, scope: str, head: bool = False) -> Answer:
        """GET (or HEAD) a path; if the registry asks who we are, once more with token or login.

        Raises
        ------
        UnreachableError
            It doesn't answer in time, or with more than :data:`MAX_BYTES`.
        """
        headers = {"Accept": accept}
        if scope in self._tokens:
            headers["Authorization"] = self._tokens[scope]
        answer = self._send(self._address + path, headers, head=head)
        if answer.status != 401 or "Authorization" in headers:
            return answer
        word = self._authorization(answer.header("WWW-Authenticate"), scope)
        if word is None:
            return answer
        self._tokens[scope] = word
        return self._send(self._address + path, {**headers, "Authorization": word}, head=head)

    def _authorization(self, challenge: str, scope: str) -> str | None:
        kind, _, rest = challenge.partition(" ")
        login = login_of(self._host)
        basic = None if login is None else f"Basic {base64.b64encode(':'.join(login).encode()).decode()}"
        if kind.lower() == "basic":
            return basic
        fields = dict(_FIELD.findall(rest))
        realm = fields.pop("realm", "")
        if kind.lower() != "bearer" or not _may_see_login(realm):
            return None
        fields.setdefault("scope", f"repository:{scope}:pull" if scope else "registry:catalog:*")
        answer = self._send(
            f"{realm}?{urlencode({k: v for k, v in fields.items() if k in ('service', 'scope')})}",
            {"Accept": "application/json", **({"Authorization": basic} if basic else {})},
        )
        try:
            document = json.loads(answer.body) if answer.status == 200 else {}
            token = document.get("token") or document.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        return f"Bearer {token}" if isinstance(token, str) else None

    def _send(self, url: str, headers: Mapping[str, str], *, head: bool = False) -> Answer:
        """One request; redirects (to a store of blobs) are followed without saying who we are."""
        sent = dict(headers)
        for _ in range(MAX_REDIRECTS):
            answer = self._once(url, sent, head=head)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = urljoin(url, answer.header("Location"))
            if urlsplit(target).scheme != "https" and not is_loopback(urlsplit(target).netloc):
                raise UnreachableError(f"{self._host} sends us to {target[:80]!r}, which is not encrypted")
            if urlsplit(target).netloc != urlsplit(url).netloc:
                sent.pop("Authorization", None)
            url = target
        raise UnreachableError(f"{self._host} sends us from one address to the next")

    def _once(self, url: str, headers: Mapping[str, str], *, head: bool) -> Answer:
        request = urllib.request.Request(url, headers=dict(headers), method="HEAD" if head else "GET")
        try:
            with self._opener.open(request, timeout=self._seconds) as response:
                return _answer(response.status, response)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error)
        except (OSError, HTTPException, ValueError) as problem:
            reason = getattr(problem, "reason", None) or problem
            raise UnreachableError(
                f"the registry {self._host} does not answer: {reason}", hint=f"asked: {url.partition('?')[0]}"
            ) from problem


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The library would carry our login along to any host."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


def _answer(status: int, response: Any) -> Answer:
    body = response.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise UnreachableError(
            f"an answer of more than {MAX_BYTES >> 20} MiB: that is no document of a registry"
        )
    return Answer(status, body, {name.lower(): value for name, value in response.headers.items()})


def _may_see_login(realm: str) -> bool:
    """Whether a registry's token service may be asked: over TLS, or on this machine."""
    parts = urlsplit(realm)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc))
