# SPDX-License-Identifier: Apache-2.0
"""What control groups ask about, tried by all ways that there are: runs in a container, in rounds as escapes.py, or on the host.

    doors.py [NAME]     # one of DOORS, once; what it ended with
"""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import time

from escapes import ROUNDS, attempt

CONNECTED, BOUND, OTHER = 47011, 47012, 47013     # ports: what rules are about, and what they are not
SETTING = "/proc/sys/net/ipv4/ip_default_ttl"
DEVICE = os.makedev(60, 9)                        # for local use: nothing has it
V4, V6, MAPPED = "127.0.0.1", "::1", "::ffff:127.0.0.1"


def serve() -> list[socket.socket]:
    """Somebody to connect and to send to."""
    servers = []
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for port in (CONNECTED, OTHER):
            server = socket.socket(socket.AF_INET6, kind)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("::", port))
            if kind == socket.SOCK_STREAM:
                server.listen(64)
            servers.append(server)
    return servers


def tcp(address: str, port: int = CONNECTED) -> None:
    """A connection."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as s:
        s.connect((address, port))


def fast_open(address: str) -> None:
    """A connection that sendto() makes."""
    with socket.socket() as s:
        s.sendto(b"x", socket.MSG_FASTOPEN, (address, CONNECTED))


def udp(address: str, port: int = CONNECTED, connect: bool = False) -> None:
    """A datagram."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as s:
        if connect:
            s.connect((address, port))
            s.send(b"x")
        else:
            s.sendto(b"x", (address, port))


def message(address: str) -> None:
    """The same by another call."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendmsg([b"x"], [], 0, (address, CONNECTED))


def bind(address: str, port: int = BOUND, kind: int = socket.SOCK_STREAM) -> None:
    """An address for a socket."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as s:
        s.bind((address, port))


def setting() -> None:
    """A setting of the kernel is written: as it is."""
    with open(SETTING, "r+", encoding="ascii") as file:
        value = file.read()
    fd = os.open(SETTING, os.O_WRONLY)
    try:
        os.write(fd, value.encode())
    finally:
        os.close(fd)


def device() -> None:
    """A device is made."""
    path = f"/tmp/door-{os.getpid()}"
    os.mknod(path, 0o600 | stat.S_IFCHR, DEVICE)
    os.unlink(path)


DOORS = {
    "connect": {
        "tcp4": lambda: tcp(V4), "tcp6": lambda: tcp(V6), "tcp4 by a socket for both": lambda: tcp(MAPPED),
        "fast open": lambda: fast_open(V4), "udp connected": lambda: udp(V4, connect=True),
    },
    "send": {
        "udp4": lambda: udp(V4), "udp6": lambda: udp(V6), "udp4 by a socket for both": lambda: udp(MAPPED),
        "sendmsg": lambda: message(V4),
    },
    "bind": {
        "bind4": lambda: bind(V4), "bind6": lambda: bind(V6), "bind udp": lambda: bind(V4, kind=socket.SOCK_DGRAM),
    },
    "setting": {"setting": setting},
    "device": {"device": device},
}
ALLOWED = {
    "another port": lambda: (tcp(V4, OTHER), tcp(V6, OTHER), udp(V4, OTHER), udp(V6, OTHER), bind(V4, 0), bind(V6, 0)),
    "setting read": lambda: open(SETTING, encoding="ascii").read(),
}


def all_doors() -> dict[str, int]:
    """The error of each, 0: it was open."""
    doors = {name: door for group in DOORS.values() for name, door in group.items()}
    return {name: attempt(door) for name, door in (doors | ALLOWED).items()}


def main() -> None:
    """Rounds, until it is killed."""
    if len(sys.argv) > 1:
        doors = {name: door for group in DOORS.values() for name, door in group.items()}
        sys.exit(attempt(doors[sys.argv[1]]))
    servers = serve()
    done: set[str] = set()
    while servers:
        for name in sorted(os.listdir(ROUNDS)):
            if "." in name or name in done:
                continue
            done.add(name)
            with open(f"{ROUNDS}/{name}.tmp", "w", encoding="ascii") as file:
                json.dump(all_doors(), file)
            os.rename(f"{ROUNDS}/{name}.tmp", f"{ROUNDS}/{name}.json")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
