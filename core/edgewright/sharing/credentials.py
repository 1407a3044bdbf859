"""Who we are to a registry: what ``docker login`` has kept, in docker's own file or in a program that it names."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from edgewright.sharing.reference import DEFAULT_HOST

HELPER_SECONDS = 20
#: Docker keeps the login of its hub under this name.
HUB_KEY = "https://index.docker.io/v1/"


def login_of(host: str) -> tuple[str, str] | None:
    """Return (user, password) for a registry, or None where nobody has logged in."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(config, dict):
        return None
    key = HUB_KEY if host == DEFAULT_HOST else host
    helper = (config.get("credHelpers") or {}).get(key) or config.get("credsStore")
    if isinstance(helper, str):
        return _ask_helper(helper, key)
    auths = config.get("auths") or {}
    return _decoded(auths.get(key) or auths.get(f"https://{host}") or {})


def _decoded(entry: dict[str, Any]) -> tuple[str, str] | None:
    try:
        user, colon, password = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    return (user, password) if colon else None


def _ask_helper(helper: str, key: str) -> tuple[str, str] | None:
    """Ask a credential helper; one that is missing, fails or knows nothing means: nobody."""
    program = shutil.which(f"docker-credential-{helper}") if re.fullmatch(r"[\w.-]+", helper) else None
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "get"], input=key.encode(), capture_output=True, timeout=HELPER_SECONDS, check=True
        )
        found = json.loads(answer.stdout)
        return str(found["Username"]), str(found["Secret"])
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        return None
