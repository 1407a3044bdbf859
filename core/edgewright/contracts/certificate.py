"""A certificate for one loopback service, made on the spot and thrown away with it.

Uploading scripts insist on HTTPS. What stands at the other end shares a network with nobody but the script itself, so
this certificate protects nothing: it only has to verify. ECDSA on P-256, X.509 version 3, standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# The curve secp256r1: prime, coefficient a, order, generator (SEC 2, section 2.4.2).
_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_A: Final = _P - 3
_N: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G: Final = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int]

# DER tags.
_INTEGER, _BITS, _OCTETS, _TEXT, _TIME, _SEQUENCE, _SET, _BOOLEAN = 2, 3, 4, 12, 23, 48, 49, 1
_EC_KEY: Final = "1.2.840.10045.2.1"
_P256: Final = "1.2.840.10045.3.1.7"
_ECDSA_SHA256: Final = "1.2.840.10045.4.3.2"
_COMMON_NAME: Final = "2.5.4.3"
_SERVER: Final = "1.3.6.1.5.5.7.3.1"
_FROM, _UNTIL = b"200101000000Z", b"491231235959Z"


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate, which is its own authority, and its key; both as PEM."""

    certificate: str
    key: str


def make_certificate(names: Sequence[str]) -> Certificate:
    """Make a certificate for host names, with a new key."""
    private = 1 + secrets.randbelow(_N - 1)
    point = b"\x04" + b"".join(part.to_bytes(32, "big") for part in _times(private, _G))
    algorithm = _der(_SEQUENCE, _oid(_ECDSA_SHA256))
    subject = _der(
        _SEQUENCE, _der(_SET, _der(_SEQUENCE, _oid(_COMMON_NAME) + _der(_TEXT, names[0].encode())))
    )
    to_sign = _der(
        _SEQUENCE,
        _der(0xA0, _integer(2)),
        _integer(1 + secrets.randbelow(2**63)),
        algorithm,
        subject,
        _der(_SEQUENCE, _der(_TIME, _FROM), _der(_TIME, _UNTIL)),
        subject,
        _der(_SEQUENCE, _der(_SEQUENCE, _oid(_EC_KEY), _oid(_P256)), _der(_BITS, b"\0" + point)),
        _der(0xA3, _extensions(names, hashlib.sha1(point, usedforsecurity=False).digest())),
    )
    r, s = _sign(private, to_sign)
    signature = _der(_BITS, b"\0" + _der(_SEQUENCE, _integer(r), _integer(s)))
    key = _der(
        _SEQUENCE, _integer(1), _der(_OCTETS, private.to_bytes(32, "big")), _der(0xA0, _oid(_P256)),
        _der(0xA1, _der(_BITS, b"\0" + point)),
    )  # fmt: skip
    return Certificate(
        _pem("CERTIFICATE", _der(_SEQUENCE, to_sign, algorithm, signature)), _pem("EC PRIVATE KEY", key)
    )


def _extensions(names: Sequence[str], identifier: bytes) -> bytes:
    """What strict verifiers want of an authority and of a server."""
    true = _der(_BOOLEAN, b"\xff")
    return _der(
        _SEQUENCE,
        _extension("2.5.29.19", _der(_SEQUENCE, true), critical=True),  # an authority
        _extension("2.5.29.15", _der(_BITS, b"\x02\x84"), critical=True),  # signs data and certificates
        _extension("2.5.29.37", _der(_SEQUENCE, _oid(_SERVER))),
        _extension("2.5.29.14", _der(_OCTETS, identifier)),
        _extension("2.5.29.35", _der(_SEQUENCE, _der(0x80, identifier))),
        _extension("2.5.29.17", _der(_SEQUENCE, *(_der(0x82, name.encode("ascii")) for name in names))),
    )


def _extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = _der(_BOOLEAN, b"\xff") if critical else b""
    return _der(_SEQUENCE, _oid(identifier) + flag + _der(_OCTETS, value))


def _sign(private: int, message: bytes) -> _Point:
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    while True:
        once = 1 + secrets.randbelow(_N - 1)
        r = _times(once, _G)[0] % _N
        s = pow(once, -1, _N) * (digest + r * private) % _N
        if r and s:
            return r, s


def _times(factor: int, point: _Point) -> _Point:
    """Multiply a point of the curve. In no constant time: nobody can watch, and nothing depends on the key."""
    total: _Point | None = None
    while factor:
        if factor & 1:
            total = point if total is None else _add(total, point)
        point = _add(point, point)
        factor >>= 1
    assert total is not None  # the factor is not 0
    return total


def _add(one: _Point, other: _Point) -> _Point:
    """Add two points that are not each other's negatives, as those of a double-and-add below the order never are."""
    (x1, y1), (x2, y2) = one, other
    if one == other:
        slope = (3 * x1 * x1 + _A) * pow(2 * y1, -1, _P) % _P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P) % _P
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _integer(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    content = bytearray([40 * first + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        content += bytes(reversed(groups))
    return _der(6, bytes(content))


def _pem(name: str, content: bytes) -> str:
    text = base64.encodebytes(content).decode().replace("\n", "")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""])
