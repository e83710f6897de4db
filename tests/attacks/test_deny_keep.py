#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What keeps denial in force: the keeper, which is started again when it ends; pins, which a container that has the host's BPF
file system removes; an end of the guard, or of who puts rules in force, at any moment; and an upgrade, by another version of what is
pinned.

    test_deny_keep.py [--runtime NAME]

On this machine rules are for processes of one group, which only containers of this test have, and what is pinned is in a file
system of this test's own.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import cgroups
import pinned
import tap
from container import Container, container
from guarding import Guard
from test_deny import deny, guards_own, play, status
from test_deny_policy import GROUP, POLICY, RULES, box, expected, settled
from test_stop import go_alone

# What applies to every container, whoever it is.
RULES += f"""
- rule: Secret d
  desc: d
  condition: evt.type = openat and container.id != host and group.gid = {GROUP} and fd.name = /secret/d
  output: a secret was opened
  priority: WARNING
"""
POLICY += "  - name: all\n    select: {rule: Secret d}\n    mode: enforce\n    respond: deny\n"

# One word at a time, by a process that may be ended.
STRANGER = ("while :; do if (cat /secret/d >/dev/null) 2>/dev/null; then w=opened; else w=refused; fi; "
            "echo $w >/tmp/{group}.new; mv /tmp/{group}.new /tmp/{group}.said; sleep 0.2; done")
DENY = Path("/sys/fs/bpf/merlon/deny")
SET = DENY / "set"
ELSEWHERE = "/elsewhere"    # where a container has the host's directories


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether it comes to hold."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def keeper(guard: Guard) -> int:
    """Its process, 0 if there is none."""
    for name in os.listdir("/proc"):
        try:
            stat = Path(f"/proc/{name}/stat").read_text() if name.isdigit() else ""
        except OSError:
            continue
        if "(merlon-keeper) " in stat and "(merlon-keeper) Z" not in stat and int(stat.rpartition(")")[2].split()[1]) == guard.process.pid:
            return int(name)
    return 0


def keeper_ends(suite: tap.Suite, runtime: str, guard: Guard) -> None:
    """Killed, at once and again."""
    for _ in range(2):
        first = keeper(guard)
        os.kill(first, signal.SIGKILL)
        suite.ok(within(20, lambda old=first: keeper(guard) not in (0, old)), "the keeper is started again")
    suite.ok(bool(guard.wait_for("merlon: keeper ended", 2, 10)), "that it ended is told")
    with container(runtime, box("strict-later")) as one:
        one.run()
        results = settled(one, "strict-later")
        suite.ok(results == expected("strict-later"), "it knows who begins later", f"{results}")


def pins_go(suite: tap.Suite, one: Container, guard: Guard) -> None:
    """Removed by a container that has them under another name: nothing ends, and they are there again."""
    before, wanted = sorted(p.name for p in SET.iterdir()), expected("strict")
    done = one.exec("sh", "-c", f"rm -rf {ELSEWHERE}{SET}/*; ls {ELSEWHERE}{SET}")
    suite.ok(done.stdout == "", "a container removes what is pinned", done.stdout, done.stderr)
    results = play(one, "without-pins")
    suite.ok(results == wanted, "what was pinned goes on", f"{results}")
    suite.ok(within(15, lambda: sorted(p.name for p in SET.iterdir()) == before), "it is pinned again",
             f"{sorted(p.name for p in SET.iterdir())}, {before}")
    suite.ok(bool(guard.wait_for("merlon: pins removed", 1, 10)), "that is told")
    one.exec("sh", "-c", f"rm -rf {ELSEWHERE}{SET.parent}")
    suite.ok(within(15, lambda: SET.exists() and sorted(p.name for p in SET.iterdir()) == before), "so it is with its directories")
    suite.ok(play(one, "without-directories") == wanted and status()["active"], "and goes on")


@contextmanager
def stranger(root: Path, group: str) -> Iterator[Path]:
    """A program in a root, mounts and a group of its own, and the host's processes in sight, of which no runtime knows; where it says
    how its opens end, over and over."""
    top = cgroups.ROOT / ("" if cgroups.mode() == "v2" else "pids") / group
    top.mkdir()
    said = root / "tmp" / f"{group}.said"
    begin = (f"echo $$ >{top}/cgroup.procs && exec unshare --mount --propagation private sh -c 'mount --bind {root} {root} && "
             f"cd {root} && mkdir -p tmp/old && mount -t proc proc proc && pivot_root . tmp/old && exec chroot . /bin/sh /tmp/{group}.sh'")
    (root / "secret" / "d").touch()
    (root / "tmp" / f"{group}.sh").write_text(STRANGER.format(group=group))
    process = subprocess.Popen(["sh", "-c", begin], group=GROUP, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        tap.check(within(20, said.exists), f"it does not begin: {process.poll()}")
        yield said
    finally:
        process.kill()
        process.wait()
        within(10, lambda: not (top / "cgroup.procs").read_text())
        top.rmdir()


def says(said: Path, word: str, seconds: float) -> bool:
    """Whether its next opens end like that."""
    before = said.stat().st_mtime_ns
    return within(seconds, lambda: said.stat().st_mtime_ns != before and said.read_text().strip() == word)


def unknown(suite: tap.Suite, root: Path) -> None:
    """Whose it is nobody can say: it is a container, unless a service manager has named it."""
    with stranger(root, f"merlon-box-{os.getpid()}") as said:
        suite.ok(says(said, "refused", 5), "a container that nobody knows is denied what all are", said.read_text())
        time.sleep(8)
        suite.ok(says(said, "refused", 5), "and stays one, though it sees the host's processes", said.read_text())
    with stranger(root, f"run-r{os.getpid()}.scope") as said:
        suite.ok(says(said, "opened", 20), "what a service manager has named is taken for a service", said.read_text())


def called(version: int) -> None:
    """What is pinned says that it is of that version."""
    fd = pinned.map_at(DENY / "abi")
    pinned.put(fd, bytes(4), struct.pack("I", version))
    os.close(fd)


def make_older() -> None:
    """As another version would have left it: fewer counts, containers with more behind what is known of them, a small ring."""
    fd = pinned.map_at(DENY / "places")
    places = pinned.entries(fd, 8, 8)
    os.close(fd)
    pinned.replace(DENY / "places", pinned.HASH, 8, 16, 16384, {key: value + bytes(8) for key, value in places.items()})
    pinned.replace(DENY / "counts", pinned.HASH, 4, 16, 8, {})
    pinned.replace(DENY / "events", pinned.RING, 0, 0, 65536, {})
    Path("/run/merlon/deny/pins.json").unlink()
    called(0)


def upgraded(suite: tap.Suite, one: Container, rules: Path) -> None:
    """A guard of this version after one of an older: while a container tries on and on."""
    make_older()
    (one.root / "round" / "on-and-on").touch()
    done = merlon.run("deny", "status", check=False)
    suite.ok("older merlon" in done.stderr, "what an older version put in force is known as such", done.stderr)
    with Guard("--burst", "0", rules=rules) as guard:
        suite.ok(status()["active"], "a guard puts it in force anew, in its own way", f"{guard.said}")
        time.sleep(3)
        (one.root / "round" / "on-and-on.end").touch()
        result = one.root / "round" / "on-and-on.json"
        within(20, result.exists)
        results = json.loads(result.read_text())
        suite.ok(results["opened"] == 0 and results["refused"] > 20, "there is no moment without", f"{results}")
        results = play(one, "upgraded")
        suite.ok(results == expected("strict"), "after an upgrade all is in force", f"{results}")
        suite.ok(bool(guard.wait_until(lambda alerts: any(a.get("event", {}).get("by_rules") == ["Secret c"] for a in alerts), 20)),
                 "after an upgrade it is told", f"{guard.said}")


def downgraded(suite: tap.Suite, one: Container, rules: Path) -> None:
    """What a newer version has put in force is left alone."""
    wanted = expected("strict")
    called(99)
    for command in (("on", rules), ("mode", "observe"), ("status",)):
        done = merlon.run("deny", *command, check=False)
        suite.ok(done.returncode not in (0, 1) and "newer merlon" in done.stderr, f"a newer version's: deny {command[0]} refuses, and says why",
                 f"{done.returncode} {done.stderr}")
    with Guard("--burst", "0", rules=rules) as guard:
        suite.ok(any("newer merlon" in line for line in guard.said), "a guard says that it can't tell of it", f"{guard.said}")
        suite.ok(play(one, "downgraded") == wanted, "it goes on")
    deny("off")
    suite.ok(not any(play(one, "given-up").values()), "off: it can be given up")


def denials(guard: Guard, rule: str) -> int:
    """How many were told that this rule brought about."""
    return sum(a.get("event", {}).get("by_rules") == [rule] and a["event"]["verdict"] in ("denied", "stopped") for a in list(guard.alerts))


def gap(suite: tap.Suite, one: Container, rules: Path) -> None:
    """What is denied while nobody is there, the next guard tells."""
    with Guard("--burst", "0", rules=rules) as guard:
        guard.process.kill()
        guard.process.wait(20)
    rounds = 5
    for number in range(rounds):
        play(one, f"gap-{number}")
    with Guard("--burst", "0", rules=rules) as guard:
        guard.wait_until(lambda _: denials(guard, "Secret c") >= rounds, 20)
        suite.ok(denials(guard, "Secret c") >= rounds, "what was denied while no guard was there is told by the next", f"{denials(guard, 'Secret c')}")


def lost(guard: Guard) -> int:
    """How often it was told that pins were lost."""
    return sum(a["rule"] in ("merlon: pins lost", "merlon: denial lost") for a in list(guard.alerts))


def lose(one: Container, what: str) -> None:
    """The container removes it, wherever it has it."""
    one.exec("sh", "-c", f"rm -rf {ELSEWHERE}{DENY}/{what}")


def replace_state() -> None:
    """Another map in the place of the one with the mode."""
    pinned.replace(DENY / "state", pinned.HASH, 4, 24, 1, {})


def unheld(suite: tap.Suite, one: Container, rules: Path) -> None:
    """Nobody holds what is pinned, and a container removes of it: it is noticed, and put in force anew by the next guard."""
    wanted = expected("strict")
    with Guard("--burst", "0", rules=rules) as guard:
        time.sleep(2)
        suite.ok("lost" not in status() and not lost(guard), "nothing is lost where nobody has taken anything", f"{status().get('lost')}")
    deny("mode", "dry-run")
    suite.ok("lost" not in status(), "nor where another mode was asked for", f"{status().get('lost')}")
    deny("mode", "enforce")
    for what, lose_it in {"set/link_*": lambda: lose(one, "set/link_*"), "everything": lambda: lose(one, "*"), "abi": lambda: lose(one, "abi"),
                          "state": replace_state}.items():
        lose_it()
        done = merlon.run("deny", "status", check=False)
        missing = json.loads(merlon.run("deny", "status", "--json", check=False).stdout).get("lost", {})
        suite.ok(done.returncode == 1 and "not in force as it was" in done.stdout and bool(missing.get("missing") or missing.get("replaced")),
                 f"without {what}: the status says it", f"{done.returncode} {done.stdout[:300]} {missing}")
        with Guard("--burst", "0", rules=rules) as guard:
            guard.wait_until(lambda _: lost(guard) > 0, 10)
            suite.ok(lost(guard) == 1, f"without {what}: the next guard tells it, once", f"{guard.said} {[a['rule'] for a in guard.alerts]}")
            results = settled(one, f"strict-{what.translate({47: None, 42: None})}", wanted)
            suite.ok(results == wanted and "lost" not in status(), f"without {what}: and puts it in force anew", f"{results} {guard.said} {status().get('lost')}")
    deny("off")
    with Guard("--burst", "0", rules=rules) as guard:
        time.sleep(2)
        suite.ok(not lost(guard) and not status()["active"], "what was given up is not lost", f"{[a['rule'] for a in guard.alerts]}")


def interrupted(suite: tap.Suite, one: Container, policy: Path, rules: Path) -> None:
    """Killed in the middle of putting rules in force: what was before is, or all of the new."""
    wanted = expected("strict")
    wrong = {}
    for number in range(10):
        command = subprocess.Popen([merlon.BINARY, "deny", "on", "--policy", policy, rules], stderr=subprocess.DEVNULL)
        time.sleep(0.05 * number)
        command.kill()
        command.wait()
        results = play(one, f"interrupted-{number}")
        if results != wanted:
            wrong[number] = results
    suite.ok(not wrong, "whoever puts rules in force may die at any moment", f"{wrong}")
    for died in ("before its place was taken", "before it ended"):
        SET.rename(DENY / "old")
        if died == "before it ended":
            SET.mkdir()
            pinned.pin(SET / "calls_x", pinned.HASH, 4, 4, 1)
        done = merlon.run("deny", "on", "--policy", policy, rules, check=False)
        suite.ok(done.returncode == 0 and not (DENY / "old").exists() and status()["active"], f"whoever died {died} is followed", done.stderr)
    suite.ok(settled(one, "strict-whole", wanted) == wanted and not (DENY / "next").exists(), "and the next does all of it")


def goes_with(suite: tap.Suite, one: Container, guard: Guard) -> None:
    """Held, but not longer than it is meant."""
    deny("off")
    results = play(one, "off")
    suite.ok(not any(results.values()), "off: nothing is denied, whoever holds it", f"{results}")
    time.sleep(4)
    suite.ok(not SET.parent.exists() or not SET.exists(), "off: nothing is pinned again", f"{list(SET.parent.iterdir()) if SET.parent.exists() else ''}")
    suite.ok(guard.process.poll() is None and keeper(guard) != 0, "the guard goes on")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove what keeps denial in force.")
    parser.add_argument("--runtime", default="runc")
    options = parser.parse_args()
    go_alone()
    with tap.Suite("what keeps denial in force") as suite, tempfile.TemporaryDirectory() as directory:
        rules, policy, nothing = (Path(directory) / n for n in ("rules.yaml", "policy.yaml", "nothing.yaml"))
        rules.write_text(RULES)
        policy.write_text(POLICY)
        nothing.write_text("- rule: Nothing\n  desc: d\n  condition: evt.type = openat and fd.name = /nothing\n  output: o\n"
                           "  priority: INFO\n")
        spec = box("strict")
        spec.mounts = guards_own(ELSEWHERE)
        try:
            deny("on", "--policy", policy, rules)
            with container(options.runtime, spec) as strict, Guard("--burst", "0", rules=nothing) as guard:
                strict.run()
                results = settled(strict, "strict")
                wanted = expected("strict")
                suite.ok(results == wanted, "in force", f"{results}")
                keeper_ends(suite, options.runtime, guard)
                pins_go(suite, strict, guard)
                unknown(suite, strict.root)
                goes_with(suite, strict, guard)
                guard.stop()
                deny("on", "--policy", policy, rules)
                settled(strict, "strict-again", wanted)
                gap(suite, strict, rules)
                interrupted(suite, strict, policy, rules)
                upgraded(suite, strict, rules)
                downgraded(suite, strict, rules)
                deny("on", "--policy", policy, rules)
                settled(strict, "strict-anew", wanted)
                unheld(suite, strict, rules)
        finally:
            merlon.run("deny", "off", check=False)


if __name__ == "__main__":
    main()
