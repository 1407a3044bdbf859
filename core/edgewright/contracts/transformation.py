"""Edge Impulse's transformation and synthetic data blocks: a program that turns files into files, or uploads some.

A block that works on files is asked for one at a time, as there. One that stands alone is given a small ingestion
service on the loopback network instead of Edge Impulse's cloud: what it uploads becomes files of its output.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from edgewright.contracts.arguments import command_line
from edgewright.contracts.base import OWN_FOLDER, Launch, Part, Seen
from edgewright.errors import UsageError
from edgewright_specs.interface import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.contracts.certificate import Certificate
    from edgewright.registry import Block
    from edgewright_specs.interface import Operation

#: What a transformation block can work on.
FILE, DIRECTORY, STANDALONE = "file", "directory", "standalone"
WORKS_ON: Final = (FILE, DIRECTORY, STANDALONE)

DATA_FOLDER: Final = "/data"
OUT_FOLDER: Final = "/out"
#: What the service writes first, and keeps up to date: labels and metadata as Edge Impulse's exports have them.
LABELS_FILE: Final = "info.labels"
#: It is read whole; ten thousand files with labels and boxes need a tenth.
MAX_LABEL_BYTES: Final = 64 << 20

#: Scripts that upload speak HTTPS to ``ingestion.<host>``, but plain HTTP to a development host: this one, on this port.
INGESTION_HOST: Final = "host.docker.internal"
INGESTION_PORT: Final = 4810
#: What those are led to that know HTTPS only: the name they make of the host, and the name that some have written down.
SECURE_NAMES: Final = (f"ingestion.{INGESTION_HOST}", "ingestion.edgeimpulse.com")
SECURE_PORT: Final = 443
NEVER: Final = "1970-01-01T00:00:00.000Z"

#: Until the service listens.
_WAIT: Final = (
    'tries=0; while [ ! -e "{file}" ] && [ $tries -lt 300 ]; do sleep 0.1; tries=$((tries+1)); done; '
)
#: Lets the usual libraries trust the service beside whom the image trusts.
_TRUST: Final = (
    'trusted="$TMPDIR/trusted.pem"; cat /etc/ssl/certs/ca-certificates.crt > "$trusted" 2>/dev/null; '
    'printf \'%s\' "$EDGEWRIGHT_INGESTION_CA" >> "$trusted"; unset EDGEWRIGHT_INGESTION_CA; '
    'export SSL_CERT_FILE="$trusted" REQUESTS_CA_BUNDLE="$trusted" CURL_CA_BUNDLE="$trusted" NODE_EXTRA_CA_CERTS="$trusted"; '
)


def works_on(block: Block) -> str | None:
    """What a block works on; None where nothing says it."""
    if block.spec.type == "synthetic-data":
        return STANDALONE
    said = block.spec.operates_on
    return said if isinstance(said, str) and said in WORKS_ON else None


class Transformation:
    """The block sees its data in ``/data`` and writes into ``/out``, or uploads."""

    name = "edge-impulse-transformation"

    def places(self, operation: Operation) -> tuple[str, str]:  # noqa: ARG002
        """``/data`` and ``/out``."""
        return DATA_FOLDER, OUT_FOLDER

    def refusal(self, block: Block, operation: Operation) -> str | None:
        """Refuse all but ``apply``, and a block about which nobody says what it works on."""
        if operation != "apply":
            return f"block {block.name!r} follows Edge Impulse's contract of transformation blocks, which has no {operation}"
        if works_on(block) is None:
            got = block.spec.operates_on
            what = "doesn't say what it works on" if got is None else f"says that it works on {got!r}"
            return f"block {block.name!r}: its parameters.json {what}; say it by --operates-on {' | '.join(WORKS_ON)}"
        return None

    def has_service(self, block: Block, operation: Operation) -> bool:  # noqa: ARG002
        """Whoever is given no data may upload."""
        return works_on(block) == STANDALONE

    def enter(self, block: Block, request: Mapping[str, Any], request_dir: Path, made: Path) -> Path:
        """Return the data folder itself, or an empty one.

        Raises
        ------
        UsageError
            The block works on data and is given none, or on one file and isn't told which.
        """
        data, kind = request["inputs"].get("data"), works_on(block)
        if data is None:
            if kind != STANDALONE:
                raise UsageError(f"block {block.name!r} works on a {kind}: the request names no input 'data'")
            made.mkdir()
            return made
        folder = request_dir / str(data["path"])
        file = request.get("options", {}).get("file")
        if kind == FILE and not (isinstance(file, str) and (folder / file).is_file()):
            raise UsageError(
                f"block {block.name!r} works on one file at a time: options.file of the request is {file!r}",
                hint="name a file of the data folder, or use `edgewright data transform`",
            )
        return folder

    def launch(self, block: Block, request: Mapping[str, Any], seen: Seen) -> Launch:
        """Start what the Dockerfile starts, with the contract's flags, the block's parameters and what the caller adds."""
        options = request.get("options", {})
        arguments = (
            *_data_flags(block, options, seen),
            *command_line(block.spec, request["params"]),
            *options.get("arguments", ()),
        )
        key = _upload_key(request, seen)
        if works_on(block) != STANDALONE:
            variables = _variables(key, "edgewright.invalid", "http://edgewright.invalid/v1")
            return Launch(Part(arguments=arguments, environment=variables, prologue=OWN_FOLDER))
        contained = seen.out_dir == OUT_FOLDER
        port = INGESTION_PORT if contained else seen.port
        variables = _variables(key, INGESTION_HOST, f"http://{INGESTION_HOST}:{port}/v1")
        words = [seen.python, "-m", "edgewright_sdk.ingestion", "--out", seen.out_dir, "--port", str(port)]
        told = {"EDGEWRIGHT_INGESTION_KEY": key}
        prologue = _WAIT.format(file=f"{seen.out_dir}/{LABELS_FILE}")
        if contained:
            certificate = _certificate()
            words += ["--tls-port", str(SECURE_PORT)]
            told["EDGEWRIGHT_INGESTION_TLS"] = certificate.key + certificate.certificate
            variables["EDGEWRIGHT_INGESTION_CA"] = certificate.certificate
            prologue += _TRUST
        else:
            # No name can be given to the loopback address of the whole machine; plain HTTP is sent to the service as a proxy.
            variables |= dict.fromkeys(("http_proxy", "HTTP_PROXY"), f"http://127.0.0.1:{port}")
        service = Part(argv=tuple(words), driver=True, environment=told, sees_in=False)
        main = Part(arguments=arguments, environment=variables, prologue=prologue + OWN_FOLDER)
        return Launch(main, service, hosts=(INGESTION_HOST, *SECURE_NAMES))

    def whole_folder(self, operation: Operation) -> str | None:
        """All that is in the output folder is the new data."""
        return "data" if operation == "apply" else None

    def check(self, block: Block, operation: Operation, folder: Path) -> tuple[str, ...]:  # noqa: ARG002
        """Exit code 0 is success, with files or without; only say when there are none."""
        from edgewright.harvest.errors import bad

        labels = folder / LABELS_FILE
        if labels.is_file():
            if labels.stat().st_size > MAX_LABEL_BYTES:
                raise bad(f"{LABELS_FILE} is larger than {MAX_LABEL_BYTES >> 20} MiB")
            try:
                json.loads(labels.read_bytes())
            except (ValueError, RecursionError) as error:
                raise bad(f"{LABELS_FILE} is not JSON: {error}") from None
        written = sum(1 for path in folder.rglob("*") if path.is_file() and path != labels)
        return () if written else ("the block ended well and wrote no file",)


def _data_flags(block: Block, options: Mapping[str, Any], seen: Seen) -> list[str]:
    """The flags that come before the parameters, by what the block works on."""
    if block.spec.type == "synthetic-data":
        return ["--synthetic-data-job-id", "1"]
    if works_on(block) == STANDALONE:
        return []
    if works_on(block) == FILE:
        words = ["--in-file", f"{seen.in_dir}/{options['file']}"]
    else:
        words = ["--in-directory", seen.in_dir]
    words += ["--out-directory", seen.out_dir]
    upload = options.get("upload")
    if upload is not None:
        words += ["--hmac-key", "0", "--upload-category", upload.get("category", "split")]
        words += ["--upload-label", upload["label"]] if upload.get("label") else []
    if block.spec.info.ind_metadata:
        metadata = json.dumps(options.get("metadata", {}), sort_keys=True, ensure_ascii=False)
        words += ["--metadata", metadata]
    return words


def _variables(key: str, host: str, endpoint: str) -> dict[str, str]:
    return {
        "EI_API_ENDPOINT": endpoint,
        "EI_API_KEY": key,
        "EI_INGESTION_HOST": host,
        "EI_LAST_SUCCESSFUL_RUN": NEVER,
        "EI_ORGANIZATION_ID": "1",
        "EI_PROJECT_ID": "1",
        "EI_PROJECT_API_KEY": key,
    }


@lru_cache(maxsize=1)
def _certificate() -> Certificate:
    """Made once a process: it takes a while."""
    from edgewright.contracts.certificate import make_certificate

    return make_certificate([*SECURE_NAMES, INGESTION_HOST])


@lru_cache(maxsize=1)
def _our_secret() -> bytes:
    return secrets.token_bytes(32)


def _upload_key(request: Mapping[str, Any], seen: Seen) -> str:
    """The key of one task's uploads: the same whenever asked, and known to nobody who can't see the task."""
    task = canonical_json({**request, "out": seen.out_dir, "port": seen.port})
    return "ei_" + hmac.new(_our_secret(), task, hashlib.sha256).hexdigest()


TRANSFORMATION = Transformation()
