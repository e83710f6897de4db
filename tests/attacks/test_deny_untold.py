#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules that deny, and processes that no rule asks for: these stay in the kernel as ever, and yet of who is denied something everything is
known: also if it ends by that, whichever guard runs, and whoever put the rules in force.

    test_deny_untold.py [--runtime NAME] [--quick]

Rules are for processes of one group, which only containers of this test have, and what is pinned is in a file system of this test's own.
"""

from __future__ import annotations

import argparse
import os
import signal
import struct
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import pinned
import tap
from container import Container, container
from guarding import RULES, Alert, Guard
from proof import Box
from test_deny import deny, status
from test_stop import go_alone
from test_untold import numbers

GROUP = 10000 + os.getpid() % 40000     # what another test puts in force meanwhile is not for our containers
DENY = Path("/sys/fs/bpf/merlon/deny")
WHO = "%proc.name(%proc.cmdline|%proc.exepath|%user.uid|%proc.cwd) of %proc.pname(%proc.pcmdline) of %proc.aname[2](%proc.aexepath[2]) in %container.name"
DENIED = f"""
- rule: Secret
  desc: what the tests do
  condition: evt.type = openat and container.id != host and group.gid = {GROUP} and fd.name startswith /secret/
  output: "%fd.name by {WHO}"
  priority: WARNING
  response: deny
- rule: Program
  desc: what the tests run
  condition: evt.type = execve and container.id != host and group.gid = {GROUP} and proc.exepath = /usr/bin/seq
  output: "%proc.exepath by {WHO}"
  priority: WARNING
  response: deny
- rule: Door
  desc: where the tests connect to
  condition: evt.type = connect and container.id != host and group.gid = {GROUP} and fd.sport = 7
  output: "%fd.sport by {WHO}"
  priority: WARNING
  response: deny
"""
# Nothing of ours: so whatever is told of our containers is told for what is denied.
NOTHING = "- rule: Nothing\n  desc: d\n  condition: evt.type = openat and fd.name = /nothing\n  output: o\n  priority: INFO\n"
# A line of processes that nobody asks for, at its end one that is denied something, and one that somebody has left behind.
FILES = {
    "/tmp/a.sh": b"cd /usr\n/usr/bin/bash /tmp/b.sh two 'three  four'\ntrue\n",
    "/tmp/b.sh": b"(true; cd /etc; (cd /var; /usr/bin/cat /secret/child); true)\n/usr/bin/seq 1 2\n"
                 b"/usr/bin/bash -c 'true; exec 3<>/dev/tcp/127.0.0.1/7' door\n"
                 b"(sleep 0.5; cat </secret/orphan; true) &\ntrue\n",
    "/secret/child": b"x", "/secret/orphan": b"x",
}


def box(name: str, script: str) -> Box:
    """A container that runs this in turn, for each file /round/NAME that appears."""
    turn = f"while :; do for n in /round/*; do case $n in *.done|*'*') continue;; esac; rm $n; ({script}); touch $n.done; done; sleep 0.05; done"
    return Box(name=name, user=f"0:{GROUP}", args=["/usr/bin/bash", "-c", turn], files=FILES | {"/round/.keep": b""})


def play(one: Container, name: str, seconds: float = 300) -> None:
    """One turn."""
    done = one.root / "round" / f"{name}.done"
    (one.root / "round" / name).touch()
    deadline = time.monotonic() + seconds
    while not done.exists():
        tap.check(time.monotonic() < deadline and one.alive(), f"no end of turn {name}: {one.output()[-2000:]}")
        time.sleep(0.05)


@contextmanager
def rules_of(text: str) -> Iterator[Path]:
    """A file of them."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "rules.yaml")
        path.write_text(text)
        yield path


def storm(runtime: str) -> None:
    """while rules deny, of programs that no rule asks for nothing more leaves the kernel than without"""
    programs = 10 if "--quick" in sys.argv else 50
    work = f"for i in $(/usr/bin/true; echo {{1..{programs}}}); do (/bin/true a; /usr/bin/expr $i + 1 >/dev/null; true); done"
    told = {}
    for denies in (False, True):
        with rules_of(DENIED) as rules, container(runtime, box("untold", work)) as one, tempfile.TemporaryDirectory() as directory:
            if denies:
                deny("on", rules)
            counted = Path(directory, "status")
            counted.parent.chmod(0o777)
            with Guard("--status", counted, "--budget", "0", rules=RULES):
                one.run()
                play(one, "first")
                before = numbers(counted)["merlon_container_records_total", one.id]
                play(one, "second")
                told[denies] = numbers(counted)["merlon_container_records_total", one.id] - before
    print(f"# {told}")
    tap.check(told[True] <= told[False] + programs / 5, f"records told: {told}")


def said_of(guard: Guard, one: Container, names: set[str]) -> dict[str, Alert]:
    """The alerts of who was denied what, by the first word."""
    def found() -> dict[str, Alert]:
        return {a["output"].partition(" by ")[0].split()[-1]: a for rule in ("Secret", "Program", "Door") for a in guard.find(rule, name=one.id)
                if "verdict" in a["event"]}

    guard.wait_until(lambda _: set(found()) >= names, 20)
    tap.check(set(found()) == names, f"told: {[a['output'] for a in found().values()]}; {guard.said}; {status()}")
    return found()


def check_chains(guard: Guard, one: Container) -> None:
    """Of each that was denied something, and of those above it, everything is told."""
    found = said_of(guard, one, {"/secret/child", "/usr/bin/seq", "7", "/secret/orphan"})
    said = {name: a["output"].partition(" by ")[2] for name, a in found.items()}
    print(f"# {said}")
    for name, begins in {"/secret/child": "cat(cat /secret/child|/usr/bin/cat|0|/var) of bash(bash /tmp/b.sh two three  four) of bash(/usr/bin/bash)",
                         "/usr/bin/seq": "seq(",
                         "7": "bash(bash -c true; exec 3<>/dev/tcp/127.0.0.1/7 door|/usr/bin/bash|0|/usr) of bash(bash /tmp/b.sh two three  four) of sh(",
                         "/secret/orphan": "bash(bash /tmp/b.sh two three  four|/usr/bin/bash|0|/usr) of bash("}.items():
        tap.check(said[name].startswith(begins) and f" in {one.id}" in said[name], f"{name}: {said[name]}")
        tap.check(found[name]["container"]["id"] and found[name]["event"]["verdict"] in ("denied", "stopped"), f"{found[name]}")
    for name, line in {"/secret/child": ["bash", "bash", "sh"], "/usr/bin/seq": ["bash", "sh"], "7": ["bash", "sh"]}.items():
        names = [a["name"] for a in found[name]["process"]["ancestors"]]
        tap.check(names[:len(line)] == line, f"{name}: {names}")


CHAIN = "/bin/sh /tmp/a.sh one; sleep 1"


def chain(runtime: str) -> None:
    """who is denied something at the end of a line of such processes is known with all of it, though it ends by that"""
    with rules_of(DENIED) as rules, rules_of(NOTHING) as nothing, container(runtime, box("untold", CHAIN)) as one:
        with Guard("--burst", "0", rules=nothing) as guard:
            one.run()
            deny("on", rules)   # while it runs
            play(one, "first")
            check_chains(guard, one)


def successor(runtime: str) -> None:
    """a guard that was killed leaves what denies behind, and the next knows as much, also of who was there meanwhile"""
    with rules_of(DENIED) as rules, rules_of(NOTHING) as nothing, container(runtime, box("untold", CHAIN)) as one:
        deny("on", rules)
        with Guard("--burst", "0", rules=nothing) as guard:
            one.run()
            play(one, "first")
            said_of(guard, one, {"/secret/child", "/usr/bin/seq", "7", "/secret/orphan"})
            guard.process.send_signal(signal.SIGKILL)
            guard.process.wait(20)
        with Guard("--burst", "0", rules=nothing) as guard:
            play(one, "second")
            check_chains(guard, one)


def upgrade(runtime: str) -> None:
    """what was put in force by a version that asks nobody is renewed, and asks"""
    with rules_of(DENIED) as rules, rules_of(NOTHING) as nothing, container(runtime, box("untold", CHAIN)) as one:
        deny("on", rules)
        version = pinned.map_at(DENY / "abi")
        pinned.put(version, bytes(4), struct.pack("I", 2))
        os.close(version)
        (DENY / "kept").unlink()
        with Guard("--burst", "0", rules=nothing) as guard:
            tap.check((DENY / "kept").exists(), f"not renewed: {guard.said}")
            one.run()
            play(one, "first")
            check_chains(guard, one)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove that what is denied is told whole.")
    parser.add_argument("--runtime", default="runc")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    go_alone()
    with tap.Suite("denied and untold") as suite:
        for test in (storm, chain, successor, upgrade):
            try:
                suite.run(test, options.runtime)
            finally:
                merlon.run("deny", "off", check=False)


if __name__ == "__main__":
    main()
