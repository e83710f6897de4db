#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Falco's stable rules, loaded from their own file: the behaviours that they name raise them.

$MERLON_FALCO_RULES is the directory with Falco's rule files; without it everything is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import tap
from commands import POSTGRES, REVERSE_SHELL
from container import container
from credentials import VICTIM
from guarding import Guard
from proof import Proof, Python
from spec import Spec
from stage import IN_VM, execute, runs
from watch import described

FILE = Path(os.environ.get("MERLON_FALCO_RULES", "/nowhere"), "falco_rules.yaml")
TERMINAL = "Terminal shell in container"

PROOFS = [
    Proof("Directory traversal monitored file read", "python3 -c 'import os; os.fork() or open(\"/srv/../../etc/shadow\")'"),
    # The server has to be older than what the rule takes for its start.
    Proof("Read sensitive file trusted after startup", """
chmod 644 /etc/shadow
cd /var/lib/postgresql
setpriv --reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/15/bin/postgres --single -D data postgres <<'END'
select pg_sleep(5.2);
select length(pg_read_file('/etc/shadow'));
END
"""),
    Proof("Read sensitive file untrusted", "cat /etc/shadow"),
    Proof("Run shell untrusted", POSTGRES.format("id")),
    # A login is known by the name of an ancestor.
    Proof("System user interactive", before="ln -s /usr/bin/perl /srv/sshd",
          attack="/srv/sshd -e 'if (!fork) { $< = $> = 1; exec \"id\" } wait'"),
    Proof(TERMINAL),
    # By name: see main().
    Proof("Contact K8S API Server From Container",
          "python3 -c 'import socket; socket.create_connection((\"203.0.113.9\", 443))'"),
    Proof("Netcat Remote Code Execution in Container", "nc 127.0.0.1 1 -e /bin/sh || true",
          before="ln -s /usr/bin/busybox /usr/local/bin/nc"),
    Proof("Search Private Keys or Passwords", "find /root -name id_rsa"),
    Proof("Clear Log Activities", "echo x >>/var/log/auth.log; : >/var/log/auth.log"),
    Proof("Remove Bulk Data from Disk", "echo x >/srv/db; shred -u /srv/db"),
    Proof("Create Symlink Over Sensitive Files", "ln -s /etc/shadow /srv/link"),
    Proof("Create Hardlink Over Sensitive Files", "ln /etc/shadow /etc/link"),
    Proof("Packet socket created in container", "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'"),
    Proof("Redirect STDOUT/STDIN to Network Connection in Container", REVERSE_SHELL),
    Proof("Linux Kernel Module Injection Detected", Python("import calls; calls.init_module(bytes(64), 64, b\"\")"),
          box="privileged", vm_only=True),
    Proof("Debugfs Launched in Privileged Container", "debugfs -V || true", box="privileged",
          before="ln -s /usr/bin/true /usr/local/bin/debugfs"),
    Proof("Detect release_agent File Container Escapes", "mkdir -p /srv/group; echo /x >/srv/group/release_agent",
          box="admin"),
    Proof("PTRACE attached to process", Python(VICTIM + "assert calls.ptrace(PTRACE_ATTACH, victim, 0, 0) == 0")),
    Proof("PTRACE anti-debug attempt", Python("import calls; calls.ptrace(0, 0, 0, 0)")),
    Proof("Find AWS Credentials", "find /root -path '*/.aws/credentials'"),
    Proof("Execution from /dev/shm", "echo id >/dev/shm/x.sh; bash /dev/shm/x.sh"),
    Proof("Drop and execute new binary in container", "cp /usr/bin/true /srv/tool; /srv/tool"),
    Proof("Disallowed SSH Connection Non Standard Port",
          "bash -c 'exec -a ssh python3 -c \"import socket; socket.create_connection((\\\"203.0.113.9\\\", 443))\"'"),
    Proof("Fileless execution via memfd_create", """python3 -c '
import os
memory = os.memfd_create("x")
os.write(memory, open("/usr/bin/true", "rb").read())
os.execv(f"/proc/self/fd/{memory}", ["true"])'
"""),
]


def terminal() -> None:
    """Terminal shell in container"""
    with Guard(rules=FILE) as guard, container("runc", Spec(["sleep", "60"], name="terminal")) as box:
        box.run()
        subprocess.run(["script", "-qc", f"runc exec -t {box.id} bash -c id", "/dev/null"], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        tap.check(guard.wait_for(TERMINAL), f"no alert: {described(guard.alerts)}")


def main() -> None:
    """All, in two containers."""
    with tap.Suite("Falco's stable rules") as suite:
        if not FILE.exists():
            suite.skip("the behaviours that they name raise them", "$MERLON_FALCO_RULES has no falco_rules.yaml")
            return
        started = time.monotonic()
        os.environ["KUBERNETES_SERVICE_HOST"] = "203.0.113.9"       # as a guard in a pod is told
        todo = runs([p for p in PROOFS if p.attack], ("attack",))
        alerts = execute(todo, "runc", (FILE,))
        print(f"# {time.monotonic() - started:.1f} s")
        for run in todo:
            for number, proof in enumerate(run.proofs):
                step, = run.of(number)
                raised = alerts.of(run.id, step)
                suite.ok(any(a["rule"] == proof.rule for a in raised), proof.rule, described(raised), *run.status(step))
        suite.run(terminal)
        for proof in PROOFS:
            if proof.reason or (proof.vm_only and not IN_VM):
                suite.skip(proof.rule, proof.reason or "needs a machine of its own: done in those")
        listed = {rule["rule"] for rule in json.loads(merlon.run("rules", "list", "--json", FILE).stdout)}
        missing = listed ^ {proof.rule for proof in PROOFS}
        suite.ok(not missing, "every stable rule has its behaviour here", ", ".join(sorted(missing)))


if __name__ == "__main__":
    main()
