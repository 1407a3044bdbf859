"""The throwaway certificate, as those who verify see it."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest

from edgewright.contracts.certificate import Certificate, make_certificate

NAMES = ["ingestion.example", "other.example"]


@pytest.fixture(scope="module")
def made() -> Certificate:
    return make_certificate(NAMES)


def shake_hands(server: Certificate, trusted: Certificate, name: str, tmp_path) -> str:
    """Connect to a server that shows one certificate, trusting another; return what the client was told."""
    (tmp_path / "server.pem").write_text(server.key + server.certificate)
    answering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    answering.load_cert_chain(tmp_path / "server.pem")
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.load_verify_locations(cadata=trusted.certificate)
    asking.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    here, there = socket.socketpair()

    def answer() -> None:
        try:
            with answering.wrap_socket(there, server_side=True) as secured:
                secured.sendall(b"hello")
        except ssl.SSLError:
            there.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with asking.wrap_socket(here, server_hostname=name) as secured:
            return secured.recv(5).decode()
    finally:
        here.close()
        thread.join()


@pytest.mark.parametrize("name", NAMES)
def test_it_verifies_strictly_for_its_names(made, tmp_path, name) -> None:
    assert shake_hands(made, made, name, tmp_path) == "hello"


def test_not_for_another_name(made, tmp_path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"Hostname mismatch|not valid for"):
        shake_hands(made, made, "elsewhere.example", tmp_path)


def test_another_is_not_trusted(made, tmp_path) -> None:
    other = make_certificate(NAMES)
    assert other.key != made.key
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(made, other, NAMES[0], tmp_path)


def test_many_keys_and_serials_are_well_formed(tmp_path) -> None:
    for _ in range(5):
        made = make_certificate(["a.example"])
        assert shake_hands(made, made, "a.example", tmp_path) == "hello"
