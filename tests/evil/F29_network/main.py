"""Tries to reach a network."""

import socket

from task import params


def connect(family: int, address: object) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect(address)


port = int(params["port"])
attempts = {
    "tcp": lambda: connect(socket.AF_INET, ("1.1.1.1", 53)),
    "dns": lambda: socket.getaddrinfo("example.com", 80),
    "metadata": lambda: connect(socket.AF_INET, ("169.254.169.254", 80)),
    "host loopback": lambda: connect(socket.AF_INET, ("127.0.0.1", port)),
    "abstract socket": lambda: connect(socket.AF_UNIX, "\0" + params["token"]),
    "bridge": lambda: connect(socket.AF_INET, ("172.17.0.1", port)),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except OSError as error:
        print(f"{name}: refused, {error}", flush=True)
    else:
        print(f"{name}: REACHED", flush=True)
print("interfaces:", [name for _, name in socket.if_nameindex()], flush=True)
raise SystemExit(5)
