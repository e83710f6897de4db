# SPDX-License-Identifier: Apache-2.0
"""70-mining.yaml: somebody else's coins."""

from __future__ import annotations

from proof import Proof, Python

PROOFS = [
    Proof("Miner started", before="ln -s /usr/bin/true /usr/local/bin/xmrig",
          attack="xmrig -o 203.0.113.9:3333; /usr/bin/true --url stratum+tcp://203.0.113.9:3333 --donate-level 1",
          look_alike="grep -r stratum+tcp:// /etc/nginx || true"),

    Proof("Processor tuned for mining", attack="modprobe msr || true",
          look_alike="modprobe --version >/dev/null; nproc"),

    Proof("Mining protocol sent", attack=Python("""
import json, socket
pool = socket.create_connection(("203.0.113.9", 3333))
pool.send(json.dumps({"id": 1, "method": "mining.subscribe", "params": []}).encode() + b"\\n")
"""), others=(Python("""
import os, socket
pool = socket.create_connection(("203.0.113.9", 443))
os.writev(pool.fileno(), [b'{"id":1,"jsonrpc":"2.0","method":"login",', b'"params":{"login":"x","agent":"XMRig/6.21"}}'])
"""), Python("""
import os, socket
pool = socket.create_connection(("203.0.113.9", 443))
os.write(pool.fileno(), b'{"id": 2, "method": "mining.authorize", "params": ["x", "y"]}')
""")), look_alike=Python("""
import json, socket
peer = socket.create_connection(("203.0.113.9", 443))
peer.send(json.dumps({"id": 1, "method": "subscribe", "params": []}).encode() + b"\\n")
""")),

    Proof("Connection to a port of mining pools",
          attack=Python("import socket; socket.create_connection((\"203.0.113.9\", 3333))"),
          look_alike=Python("import socket; socket.create_connection((\"10.1.1.1\", 3333))")),
]
