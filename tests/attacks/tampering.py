# SPDX-License-Identifier: Apache-2.0
"""50-tampering.yaml: traces removed, data destroyed, the system and its guards changed."""

from __future__ import annotations

from proof import Proof, Python

RENAME = """python3 -c '
import os, sys
os.makedirs("/srv/files", exist_ok=True)
for number in range(25):
    open(f"/srv/files/{number}", "w").close()
    os.rename(f"/srv/files/{number}", f"/srv/files/{number}{sys.argv[1]}")' """

DEEP = """python3 -c '
import os
os.mkdir("/srv/pit"); os.chdir("/srv/pit")
for turn in range({}):
    os.mkdir("d"); os.chdir("d")
open("tool", "w").close()'; rm -rf /srv/pit"""

PROOFS = [
    Proof("Log cleared", before="echo login >/var/log/auth.log", attack=": >/var/log/auth.log",
          others=("truncate -s 0 /var/log/auth.log", "mv /var/log/auth.log /srv/old", "echo >/var/log/wtmp; rm /var/log/wtmp",
                  "echo login >>/var/log/auth.log; sed -i /login/d /var/log/auth.log", "ln -sf /dev/null /var/log/auth.log",
                  """perl -e '$p = "/var/log/lastlog"; syscall(85, $p, 0644)'"""),
          look_alike="echo login >>/var/log/auth.log; echo x >/var/log/app.log; rm /var/log/app.log"),

    Proof("File written in the depth", attack=DEEP.format(1250), look_alike=DEEP.format(200)),

    Proof("Shell history removed", before="echo ls >/root/.bash_history", attack="rm /root/.bash_history",
          others=("ln -s /dev/null /root/.bash_history", "bash -c 'unset HISTFILE; id'", "ln -sf /dev/null /root/.bash_history",
                  "echo ls >/root/.zsh_history; mv /root/.zsh_history /srv/old"),
          look_alike="echo id >>/root/.bash_history; bash -c 'HISTFILE=/root/.bash_history; history -a'"),

    Proof("Time of a file forged", before="touch /srv/new",
          attack="touch -r /bin/ls /srv/new; touch -r /bin/ls /tmp/new",
          look_alike="touch /srv/new /tmp/ready"),

    Proof("Timestamps of a program altered",
          attack=Python("import os; os.utime('/usr/bin/env', (1, 1))"),
          others=("touch -d 2001-01-01 /usr/bin/env",
                  Python("import os; fd = os.open('/bin/ls', os.O_RDONLY); os.utime(fd, (1, 1))"),
                  Python("import ctypes; ctypes.CDLL(None).syscall(132, b'/usr/bin/env', 0)")),
          look_alike="mkdir -p /srv/bin; cp -p /usr/bin/env /srv/bin/env; touch -r /usr/bin/env /srv/bin/env"),

    Proof("Data destroyed by a tool", before="echo data >/srv/db", attack="shred -u /srv/db",
          others=("echo data >/srv/db; ln -s /usr/bin/shred /srv/wiper; /srv/wiper -u /srv/db",),
          look_alike="dd if=/dev/zero of=/srv/swap bs=4k count=4; rm /srv/swap"),

    Proof("Many files renamed to one ending", attack=RENAME + ".locked",
          look_alike=RENAME + ".bak; mv /srv/files /srv/a.enc"),

    Proof("Link to a sensitive file", attack="ln -s /etc/shadow /var/log/app.log",
          others=("ln /etc/shadow /srv/app.log", "mv /etc/gshadow /srv/old; cat /srv/old >/dev/null",
                  "mkdir -p /root/.ssh; echo key >/root/.ssh/id_rsa; ln /root/.ssh/id_rsa /srv/key; cat /srv/key >/dev/null",
                  "mkdir -p /root/.aws; echo key >/root/.aws/credentials; mv /root/.aws /srv/a; cat /srv/a/credentials >/dev/null"),
          look_alike="ln -s /dev/stdout /var/log/access.log"),

    Proof("Security program stopped or changed", attack="pkill -9 -x merlon-guard || true",
          look_alike="pgrep -x merlon-guard || true; pkill -0 -x nginx || true"),

    Proof("Guard's files changed", before="mkdir -p /etc/merlon/rules; echo x >/etc/merlon/rules/site.yaml",
          attack="rm /etc/merlon/rules/site.yaml",
          others=("echo x >/srv/site.yaml; mv /srv/site.yaml /etc/merlon/rules/site.yaml",
                  "mv /etc/merlon/rules/site.yaml /srv", "ln -s /srv/site.yaml /etc/merlon/rules/more.yaml"),
          look_alike="cat /etc/merlon/rules/site.yaml"),

    Proof("System program changed in a container", attack="cp /usr/bin/true /usr/bin/ps",
          others=("cp /usr/bin/true /srv/top; mv /srv/top /usr/bin/top", "rm /usr/bin/last", "python3 -c 'import os; os.truncate(\"/usr/bin/w\", 0)'"),
          look_alike="cp /usr/bin/true /srv/ps; cat /usr/bin/ps >/dev/null"),
]
