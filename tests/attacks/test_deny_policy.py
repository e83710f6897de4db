#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Policies put in force by `merlon deny on --policy`: which rule is denied in which container, with which error, in force or as a
dry run; of containers that run, that are born later, and that nobody knows yet.

    test_deny_policy.py [--runtime NAME]

On this machine rules are for processes of one group, which only containers of this test have, and what is pinned is in a file
system of this test's own.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import tap
from container import Container, container
from guarding import Guard
from proof import Box
from test_deny import HERE, deny, play, status
from test_stop import go_alone

# What another of these tests puts in force meanwhile is not for our containers.
GROUP = 10000 + os.getpid() % 40000

RULES = f"""
- rule: Secret a
  desc: d
  condition: evt.type = openat and container.id != host and group.gid = {GROUP} and fd.name = /secret/a
  output: a secret was opened
  priority: WARNING
- rule: Secret b
  desc: d
  condition: evt.type = openat and container.id != host and group.gid = {GROUP} and fd.name = /secret/b
  output: a secret was opened
  priority: WARNING
  response: {{deny: EACCES}}
- rule: Secret c
  desc: d
  condition: evt.type = openat and container.id != host and group.gid = {GROUP} and fd.name = /secret/c
  output: a secret was opened
  priority: WARNING
  tags: [everywhere]
- rule: Any secret
  desc: d
  condition: evt.type = openat and container.id != host and group.gid = {GROUP} and fd.name startswith /secret/
  output: a secret was opened, whichever
  priority: NOTICE
"""

POLICY = """
policy: secrets
entries:
  - name: spared
    select: {rule: "Secret [ac]", container: "spared*"}
    mode: observe
  - name: strict
    select: {rule: Secret a, container: "strict*"}
    mode: enforce
    respond: {deny: ENOENT}
  - name: others
    select: {rule: Secret a}
    mode: dry-run
    respond: deny
  - name: everywhere
    select: {tag: everywhere}
    mode: enforce
    respond: deny
"""


NOTHING = {"a": 0, "b": 0, "c": 0}


def denied(error: int) -> int:
    """What a denial looks like where it is none but a signal."""
    return -signal.SIGKILL if any(hook["form"] == "stop" for hook in status()["hooks"]) else error


def box(name: str) -> Box:
    """A container that opens what it is told to."""
    files: dict[str, bytes | Path] = {"/steps/opens.py": (HERE / "opens.py").read_bytes(), "/round/.keep": b""}
    files |= {f"/secret/{letter}": b"x" for letter in "abc"}
    return Box(name=name, user=f"0:{GROUP}", args=["/usr/bin/python3", "/steps/opens.py"], files=files)


def expected(name: str) -> dict[str, int]:
    """By the policy; b is a proposal of its rule, and so a dry run."""
    if name.startswith("spared"):
        return {"a": 0, "b": 0, "c": 0}
    return {"a": denied(errno.ENOENT) if name.startswith("strict") else 0, "b": 0, "c": denied(errno.EPERM)}


def settled(one: Container, name: str, wanted: dict[str, int] | None = None, seconds: float = 10) -> dict[str, int]:
    """The results, once they are what is expected, or after a while: the kernel lets a set of programs go when it has time."""
    deadline = time.monotonic() + seconds
    for number in range(1000):
        results = play(one, f"{name}-{number}")
        if results == (wanted or expected(name)) or time.monotonic() > deadline:
            return results
        time.sleep(0.1)
    return {}


def verdicts(guard: Guard, name: str) -> set[tuple[str, str]]:
    """Rules of which a verdict was told in that container."""
    return {(a["rule"], a["event"]["verdict"]) for a in list(guard.alerts)
            if a.get("container", {}).get("name", "").startswith(f"{name}-") and "verdict" in a.get("event", {})}


def running(suite: tap.Suite, boxes: dict[str, Container]) -> None:
    """Those that ran before."""
    for name, one in boxes.items():
        results = play(one, "first")
        suite.ok(results == expected(name), f"{name}: as the policy says of it, from the beginning", f"{results}")


def told(suite: tap.Suite, guard: Guard, stops: bool) -> None:
    """A guard that began before the rules were put in force, and knows none of them by itself."""
    yes, perhaps = ("stopped", "would-stop") if stops else ("denied", "would-deny")
    wanted = {"strict": {("Secret a", yes), ("Secret c", yes), ("Secret b", perhaps)},
              "other": {("Secret a", perhaps), ("Secret c", yes), ("Secret b", perhaps)}, "spared": {("Secret b", perhaps)}}
    guard.wait_until(lambda _: all(w <= verdicts(guard, n) for n, w in wanted.items()), 20)
    for name, expect in wanted.items():
        have = verdicts(guard, name)
        suite.ok(have == expect, f"{name}: what was denied, or would have been, is told by its rule, and nothing else", f"{have}")
    wrong = [a for a in list(guard.alerts) if a.get("event", {}).get("verdict") and a["event"].get("by_rules") != [a["rule"]]]
    suite.ok(not wrong, "alerts say which rules brought it about", f"{wrong[:1]}")


def born(suite: tap.Suite, runtime: str, name: str) -> None:
    """Later, with a guard that tells the programs who they are."""
    with container(runtime, box(name)) as one:
        one.run()
        first = play(one, "at-once")
        results = settled(one, name)
        suite.ok(results == expected(name), f"{name}: born later, as the policy says of it", f"{results}, {first} at first")
        if name.startswith("spared"):
            suite.ok(not any(first.values()), f"{name}: spared from its beginning", f"{first}")


def counted(suite: tap.Suite) -> None:
    """By rule."""
    rules: dict[str, dict[str, int]] = {}
    for rule in status()["rules"]:      # once for each decision point
        counts = rules.setdefault(rule["rule"], {"denied": 0, "would_deny": 0})
        for what in counts:
            counts[what] += rule[what]
    suite.ok(set(rules) == {"Secret a", "Secret b", "Secret c"}, "the status names the rules in force", f"{rules}")
    suite.ok(rules["Secret a"]["denied"] >= 1 and rules["Secret a"]["would_deny"] >= 1 and not rules["Secret b"]["denied"]
             and rules["Secret b"]["would_deny"] >= 1 and rules["Secret c"]["denied"] >= 2,
             "the status counts what each denied, and would have", f"{rules}")


def too_much(suite: tap.Suite, one: Container, directory: Path) -> None:
    """Rules with which no container could run are refused, and what is in force stays; unless somebody means it."""
    for name, condition in (("program", "evt.type in (execve, execveat) and container.id != host"),
                            ("library", "evt.type in (open, openat, openat2) and container.id != host and fd.name startswith /usr")):
        rules = directory / f"{name}.yaml"
        rules.write_text(f"- rule: Every {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  response: deny\n")
        done = merlon.run("deny", "on", rules, check=False)
        suite.ok(done.returncode != 0 and f"Every {name}" in done.stderr, f"a rule that denies every {name} is refused, with a sentence", done.stderr)
    results = play(one, "after-refusals")
    suite.ok(results == expected("strict"), "what was in force before still is", f"{results}")
    done = merlon.run("deny", "on", "--dry-run", directory / "program.yaml", check=False)
    suite.ok(done.returncode == 0, "a dry run of it is taken", done.stderr)


def probation(suite: tap.Suite, one: Container, rules: Path, policy: Path) -> None:
    """What is not confirmed in time goes, and what was before is back, whoever has hung up."""
    spare = policy.with_name("spare.yaml")
    spare.write_text("policy: none\nentries:\n  - name: all\n    select: {rule: '*'}\n    mode: dry-run\n    respond: deny\n")
    deny("on", "--policy", spare, "--confirm-within", "5s", rules)
    results = settled(one, "probation", NOTHING, 4)
    suite.ok(not any(results.values()), "on probation: other rules are in force", f"{results}")
    again = merlon.run("deny", "on", "--confirm-within", "9s", rules, check=False)
    suite.ok(again.returncode != 0 and "wait to be confirmed" in again.stderr, "one probation at a time", again.stderr)
    results = settled(one, "strict-back", seconds=20)
    suite.ok(results == expected("strict") and "back_in_seconds" not in status(), "not confirmed: what was before is back",
             f"{results}")
    none = merlon.run("deny", "confirm", check=False)
    suite.ok(none.returncode == 4, "nothing waits to be confirmed", none.stderr)
    deny("on", "--policy", spare, "--confirm-within", "2s", rules)
    suite.ok(0 <= status()["back_in_seconds"] <= 2, "the status says how long it has")
    deny("confirm")
    time.sleep(3)
    results = settled(one, "confirmed", NOTHING)
    suite.ok(not any(results.values()), "confirmed: it stays", f"{results}")
    deny("off")
    deny("on", "--confirm-within", "1s", rules)
    time.sleep(3)
    suite.ok(not status()["active"], "not confirmed, and nothing was before: nothing is denied")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove policies of denial.")
    parser.add_argument("--runtime", default="runc")
    options = parser.parse_args()
    go_alone()
    with tap.Suite("policies of denial") as suite, tempfile.TemporaryDirectory() as directory:
        rules, policy, nothing = (Path(directory) / n for n in ("rules.yaml", "policy.yaml", "nothing.yaml"))
        rules.write_text(RULES)
        policy.write_text(POLICY)
        nothing.write_text("- rule: Nothing\n  desc: d\n  condition: evt.type = openat and fd.name = /nothing\n  output: o\n"
                           "  priority: INFO\n")
        try:
            with container(options.runtime, box("strict")) as strict, container(options.runtime, box("spared")) as spared, \
                    container(options.runtime, box("other")) as other, Guard("--burst", "0", rules=nothing) as guard:
                boxes = {"strict": strict, "spared": spared, "other": other}
                for one in boxes.values():
                    one.run()
                deny("on", "--policy", policy, rules)
                running(suite, boxes)
                told(suite, guard, denied(0) < 0)
                for name in ("strict-2", "spared-2", "other-2"):
                    born(suite, options.runtime, name)
                counted(suite)
                guard.stop()
                too_much(suite, strict, Path(directory))
                deny("on", "--policy", policy, rules)
                probation(suite, strict, rules, policy)
        finally:
            merlon.run("deny", "off", check=False)


if __name__ == "__main__":
    main()
