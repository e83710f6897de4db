#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The other ends of what containers connect to, in the container's own network namespace and not one step further.

`peers.py`, run inside that namespace, gives its loopback device the addresses and answers on the ports below until it
is killed; it says "ready" once it does.
"""

from __future__ import annotations

import selectors
import socket
import subprocess
from pathlib import Path

# Of documentation, of clouds, of a cluster's services, of a private network.
ADDRESSES = ("203.0.113.9/32", "198.51.100.0/24", "169.254.169.254/32", "10.96.0.1/32", "10.1.1.1/32")
HTTP, SHELL = 80, 4444
SILENT = (22, 443, 3333, 10250)


def answer(port: int, request: bytes) -> bytes:
    """What a port says, given what it was sent."""
    if port == SHELL:
        return b"id; exit\n"
    if port != HTTP:
        return b""
    body = Path("/usr/bin/true").read_bytes() if b" /program" in request else b"id\n"
    return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def serve(connection: socket.socket, port: int) -> None:
    """One connection, to its end."""
    with connection:
        connection.settimeout(10)
        try:
            request = connection.recv(4096) if port == HTTP else b""
            connection.sendall(answer(port, request))
        except OSError:
            pass


def main() -> None:
    """Addresses, listeners, answers."""
    for address in ADDRESSES:
        subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
    selector = selectors.DefaultSelector()
    for port in (HTTP, SHELL, *SILENT):
        selector.register(socket.create_server(("", port)), selectors.EVENT_READ, port)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            serve(key.fileobj.accept()[0], key.data)


if __name__ == "__main__":
    main()
