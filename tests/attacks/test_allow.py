#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A profile as an allow-list, without a security module: record a server, deny what was not recorded, live again: nothing is denied.
Then somebody gets in: each thing that they try is denied, and told.

    test_allow.py [--runtime NAME] [--quick] [WORKLOAD...]

--quick: a few attempts under a profile that was recorded elsewhere (nginx.merlon.json, as intruder() records it, without its system
calls), for one more kernel in little time. Only in machines of ours: where the kernel asks BPF programs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import tap
from container import Container, container
from guarding import Guard
from intruder import ATTEMPT, attack
from merlon import learn, live
from programs import build as programs
from stage import IN_VM
from workloads import WORKLOADS

# What somebody who has taken over a process tries, in words of Python, and the rule that tells of it.
ATTACKS = {
    "runs a program that it brought": ("os.execv('/tmp/dropped', ['dropped', 'list'])", "program run"),
    "runs a shell": ("os.execv('/bin/sh', ['sh', '-c', 'exit 0'])", "program run"),
    "runs a program in memory":
        ("m = os.memfd_create('x'); os.write(m, open('/bin/true', 'rb').read()); os.execv(f'/proc/self/fd/{m}', ['x'])",
         "program run from memory"),
    "writes to /etc": ("open('/etc/cron.d/job', 'w')", "file opened to be written"),
    "writes the server's configuration": ("open('/etc/nginx/rig.conf', 'a')", "file opened to be written"),
    "writes over a program": ("open('/usr/bin/env', 'r+')", "file opened to be written"),
    "removes a file": ("os.unlink('/etc/passwd')", "file removed"),
    "renames a file": ("os.rename('/etc/passwd', '/tmp/x')", "file renamed"),
    "makes a file executable": ("os.chmod('/tmp/dropped', 0o4755)", "mode changed"),
    "gives a file another name": ("os.link('/etc/passwd', '/tmp/x')", "hard link made"),
    "makes a directory": ("os.mkdir('/etc/x')", "directory made"),
    "cuts a file": ("os.truncate('/etc/passwd', 0)", "file cut"),
    "maps a library that it brought": ("mmap.mmap(os.open('/tmp/dropped', 0), 0, flags=2, prot=5)", "library mapped"),
    "maps code in memory": ("m = os.memfd_create('x'); os.truncate(m, 4096); mmap.mmap(m, 4096, flags=2, prot=5)", "library mapped"),
    "connects elsewhere": ("socket.create_connection(('127.0.0.1', 81))", "connection made"),
    "calls out by datagrams": ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 53))", "connection made"),
    "opens a raw socket": ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", "capability used"),
    "changes its root": ("os.chroot('/tmp')", "capability used"),
}


# One of each kind.
QUICK = ("runs a program that it brought", "writes to /etc", "connects elsewhere")
KEPT = Path(__file__).resolve().parent / "nginx.merlon.json"


def rules_of(profile: merlon.Profile, directory: Path, *options: str) -> Path:
    """The allow-list of a profile, as a file of rules."""
    path = directory / "allow.yaml"
    path.write_text(merlon.run("profile", "export", "-f", "deny", *options, profile.path).stdout)
    return path


def told(alerts: list[dict[str, Any]], box: Container) -> list[str]:
    """What was, or would have been, denied in a container."""
    return [a["output"] for a in alerts if a.get("event", {}).get("verdict") and a.get("container", {}).get("id", "")[:12] == box.id[:12]]


def denied() -> int:
    """How often something was denied, by the kernel's own count."""
    hooks = json.loads(merlon.run("deny", "status", "--json").stdout)["hooks"]
    return sum(hook["denied"] + hook["would_deny"] for hook in hooks)


def closed_loop(runtime: str, name: str, suite: tap.Suite, *options: str) -> None:
    """Learn, deny the rest, live again."""
    workload = WORKLOADS[name]
    profile = learn(runtime, workload)
    with tempfile.TemporaryDirectory() as directory:
        rules = rules_of(profile, Path(directory), *options)
        merlon.run("deny", "on", "--force", rules)
        with container(runtime, workload.spec()) as box, Guard("--burst", "0", rules=rules) as guard:
            with suite.case(f"{name} {' '.join(options)}: lives under its own profile"):
                before = denied()
                try:
                    live(workload, box)
                except Exception as error:
                    guard.wait_until(lambda alerts: bool(told(alerts, box)), 5)
                    raise AssertionError(f"{error}: {told(guard.alerts, box)}") from None
                guard.wait_until(lambda alerts: bool(told(alerts, box)), 2)
                tap.check(denied() == before, f"denied: {told(guard.alerts, box)}, {merlon.run('deny', 'status').stdout}")
        merlon.run("deny", "off")


def difference(suite: tap.Suite, profile: merlon.Profile, guard: Guard, directory: Path) -> None:
    """What was denied is what the profile lacks, and can be taken into it."""
    alerts, learned = directory / "alerts.json", directory / "learned.merlon.json"
    alerts.write_text("".join(json.dumps(alert) + "\n" for alert in guard.alerts))
    done = merlon.run("deny", "diff", profile.path, alerts, check=False)
    suite.ok(done.returncode == 1 and "/etc/cron.d/job: +write +create" in done.stdout, "the difference says what was denied", done.stdout, done.stderr)
    merlon.run("profile", "learn", "--accept", "/etc/cron.d/job", "-o", learned, profile.path, alerts, check=False)
    done = merlon.run("deny", "diff", learned, alerts, check=False)
    suite.ok("/bin/" in done.stdout and "/etc/cron.d/job" not in done.stdout, "what is accepted is in the profile", done.stdout, done.stderr)


def bound(runtime: str, suite: tap.Suite, profile: merlon.Profile) -> None:
    """A profile is in force in the containers that it is for, and in no other."""
    workload = WORKLOADS["nginx"]
    code = "open('/etc/job', 'w')"
    with container(runtime, workload.spec()) as box, container(runtime, workload.spec()) as other:
        for one in (box, other):
            one.run()
            workload.ready(one)
        merlon.run("deny", "on", "--profile", profile.path, "--container", box.id, "--with-entered", timeout=300)
        done = attack(box, code)
        suite.ok(done.returncode == 7, "a profile is in force in its container", f"exit {done.returncode}", done.stdout, done.stderr)
        done = attack(other, code)
        suite.ok(done.returncode == 0, "and in no other", f"exit {done.returncode}", done.stdout, done.stderr)
        merlon.run("deny", "off")


def intruder(runtime: str, suite: tap.Suite) -> None:
    """Somebody in nginx's container, in an interpreter that its profile allows for the sake of this test."""
    workload = WORKLOADS["nginx"]
    profile = learn(runtime, workload, entered=("python3", "-S", "-c", ATTEMPT.format(code="import mmap")))
    files: dict[str, bytes | Path] = {"/tmp/dropped": programs.programs() / "intruder"}
    with tempfile.TemporaryDirectory() as directory:
        rules = rules_of(profile, Path(directory), "--with-entered")
        merlon.run("deny", "on", "--dry-run", rules)
        with container(runtime, workload.spec(files=files)) as box, Guard("--burst", "0", rules=rules) as guard:
            box.run()
            workload.ready(box)
            merlon.run("deny", "mode", "enforce")
            for what, (code, rule) in ATTACKS.items():
                done = attack(box, f"import mmap; {code}")
                suite.ok(done.returncode == 7 and "denied" in done.stdout, f"an intruder {what}: denied",
                         f"exit {done.returncode}", done.stdout, done.stderr)
                name = f"merlon-learn: {rule}"
                suite.ok(bool(guard.wait_for(name, seconds=10)), f"an intruder {what}: told", f"{ {a['rule'] for a in guard.alerts} }")
            with suite.case("nginx serves all the while"):
                workload.drive(box)
            difference(suite, profile, guard, Path(directory))
        merlon.run("deny", "off")
    bound(runtime, suite, profile)
    # The test can fail: without the profile all of this is done.
    with container(runtime, workload.spec(files=files)) as box:
        box.run()
        workload.ready(box)
        for what, (code, _) in ATTACKS.items():
            done = attack(box, f"import mmap; {code}")
            suite.ok(done.returncode in (0, 1), f"without the profile an intruder {what}", f"exit {done.returncode}", done.stdout, done.stderr)


def by_rule() -> dict[str, int]:
    """How often each rule denied, without the name of its profile."""
    counts: dict[str, int] = {}
    for rule in json.loads(merlon.run("deny", "status", "--json").stdout)["rules"]:
        name = rule["rule"].partition(": ")[2]
        counts[name] = counts.get(name, 0) + rule["denied"]
    return counts


def kept(runtime: str, suite: tap.Suite) -> None:
    """Under a profile from elsewhere, by the command that puts it in force."""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec(files={"/tmp/dropped": programs.programs() / "intruder"})) as box:
        box.run()
        workload.ready(box)
        merlon.run("deny", "on", "--profile", KEPT, "--container", box.id, "--with-entered", timeout=300)
        with suite.case("under a profile from elsewhere nginx serves"):
            workload.drive(box)
            tap.check(not any(by_rule().values()), f"{by_rule()}")
        for what in QUICK:
            done = attack(box, f"import mmap; {ATTACKS[what][0]}")
            suite.ok(done.returncode == 7 and "denied" in done.stdout, f"an intruder {what}: denied", f"exit {done.returncode}", done.stdout, done.stderr)
        counts = by_rule()
        suite.ok(all(counts[ATTACKS[what][1]] for what in QUICK), "each is counted by its rule", f"{counts}")
        merlon.run("deny", "off")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove profiles as allow-lists.")
    parser.add_argument("--runtime", default="runc")
    parser.add_argument("--files", default="write")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("workloads", nargs="*")
    options = parser.parse_args()
    with tap.Suite("profiles as allow-lists") as suite:
        if not IN_VM:
            suite.skip("profiles as allow-lists", "where the kernel asks: in machines")
            return
        try:
            if options.quick:
                kept(options.runtime, suite)
                return
            for name in options.workloads or ["nginx"]:
                closed_loop(options.runtime, name, suite, "--files", options.files)
            if not options.workloads:
                intruder(options.runtime, suite)
        finally:
            merlon.run("deny", "off", check=False)


if __name__ == "__main__":
    main()
