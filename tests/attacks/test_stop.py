#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped policy against escapes where the kernel lets nobody deny: in a dry run attacks work and are told, in force each ends
its process, while the container, others, their runtime and the host go on working.

    test_stop.py [--runtime NAME]

On this machine rules are for processes of one group, which only containers of this test have, and what is pinned is in a file
system of this test's own.  What the machine itself refuses is told as such: it can't be stopped here.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import tap
from container import Container, container
from escapes import ATTACKS, NATURAL
from guarding import Guard
from proof import BOXES, Box
from test_deny import BY_RING, GUARD_ONLY, HERE, NOT_THERE, POLICY, RING, RULES, Prison, decoys, deny, described, groups, guards_own, leak, play, status, told, zeros_of

GROUP = 61234
ALONE = "MERLON_TEST_STOP_ALONE"
# Nothing is done by these that a signal could come after.
NOTHING_DONE = {"signal to the guard"}
# Denied by control groups, on every rung; here is only what is stopped.
BY_GROUPS = {"core_pattern open already"}
PATTERN = Path("/proc/sys/kernel/core_pattern")


def go_alone() -> None:
    """Once more, in a mount namespace with a BPF file system and a /run/merlon of its own: nobody else's rules are touched."""
    if ALONE in os.environ:
        subprocess.run(["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"], check=True)
        os.makedirs("/run/merlon", exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/merlon"], check=True)
        return
    os.environ[ALONE] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


def policy(directory: Path) -> Path:
    """The shipped rules, for our group's processes only."""
    for file in POLICY.glob("*.yaml"):
        text, n = re.subn(r"container\.id != host", f"container.id != host and group.gid = {GROUP}", file.read_text())
        tap.check(n == text.count("response: deny"), f"{file}: a rule is not about containers")
        (directory / file.name).write_text(text)
    return directory


def rules_of(names: set[str]) -> set[str]:
    """That tell of these."""
    return {RING if name == BY_RING else RULES[name] for name in names}


def stoppable(natural: dict[str, int]) -> set[str]:
    """What this machine lets a container do."""
    return {name for name in ATTACKS if not natural[name] and name not in NOTHING_DONE | BY_GROUPS}


def wrong_of(results: dict[str, int], natural: dict[str, int]) -> str:
    """What neither ended its process nor was refused by the machine itself, for a person."""
    stopped = stoppable(natural)
    return described({n: c for n, c in results.items() if n in ATTACKS and n not in GUARD_ONLY
                      and c != (-signal.SIGKILL if n in stopped else natural[n])})


def dry_run(suite: tap.Suite, box: Container, guard: Guard) -> dict[str, int]:
    """Everything works that the machine allows, and is told as what it would be."""
    natural = play(box, "dry")
    for name in sorted(ATTACKS):
        if natural[name] and name not in NOTHING_DONE and name not in NATURAL:
            suite.skip(f"stopped: {name}", f"this machine refuses it: {errno.errorcode.get(natural[name], natural[name])}")
    suite.ok(natural["core_pattern"] == 0 and len(stoppable(natural)) >= 8, "a dry run: attacks work as ever", described(natural))
    expected = rules_of(stoppable(natural))
    guard.wait_until(lambda _: expected <= told(guard, "would-stop"), 20)
    missing = expected - told(guard, "would-stop")
    suite.ok(not missing, "a dry run: each is told", f"{missing}; {status()}")
    suite.ok(bool(guard.wait_for("merlon: control group left", 1)) and status()["astray"] == 0,
             "a dry run: that a control group was left is told", str(status()))
    return natural


def enforce(suite: tap.Suite, box: Container, guard: Guard, natural: dict[str, int]) -> None:
    """Everything ends its process but ordinary work."""
    mark = box.root / "round" / "written.mark"
    before = PATTERN.read_text()
    mark.unlink()
    deny("mode", "enforce")
    results = play(box, "enforce")
    suite.ok(not wrong_of(results, natural), "in force: attacks are stopped", wrong_of(results, natural))
    suite.ok(not mark.exists() and PATTERN.read_text() == before, "in force: what was opened was not written")
    suite.ok(results["ordinary work"] == 0, "in force: ordinary work goes on", described(results))
    expected = rules_of(stoppable(natural))
    guard.wait_until(lambda _: expected <= told(guard, "stopped"), 20)
    missing = expected - told(guard, "stopped")
    suite.ok(not missing, "in force: each is told", f"{missing}; {status()}")
    alerts = [a for a in guard.alerts if a.get("event", {}).get("verdict") == "stopped"]
    suite.ok(all(a["event"]["may_have_happened"] and "may have happened" in a["output"] for a in alerts),
             "in force: that it may have happened is told")
    suite.ok(all(hook["form"] == "stop" for hook in status()["hooks"]), "in force: the status says how", str(status()))


def others(suite: tap.Suite, runtime: str, victim: int) -> None:
    """The runtime makes containers and enters them, and the host does what it likes."""
    mounted = subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True, text=True,
                             group=GROUP)
    suite.ok(mounted.returncode == 0, "in force: the host is not asked", mounted.stderr)
    spec = Box(name="workload", user=f"0:{GROUP}", capabilities=BOXES["privileged"]["capabilities"],
               args=["/bin/sh", "-c", "while :; do cat /etc/hostname >/tmp/x; sleep 0.1; done"])
    with container(runtime, spec) as box:
        box.run()
        entered = box.exec("/bin/sh", "-c", "hostname; mount -t tmpfs none /mnt; echo $?")
        suite.ok(entered.stdout == "workload\n137\n",
                 "in force: containers begin and are entered, and who came in is stopped too",
                 f"{entered.returncode} {entered.stdout} {entered.stderr}")
        suite.ok(box.alive(), "in force: a workload goes on")
    os.kill(victim, 0)


def outlive(suite: tap.Suite, box: Container, guard: Guard, natural: dict[str, int], rules: Path) -> None:
    """Without any process of ours, and through a change of rules."""
    guard.process.send_signal(signal.SIGKILL)
    guard.process.wait(20)
    wrong = wrong_of(play(box, "alone"), natural)
    suite.ok(not wrong, "in force without the guard", wrong)
    deny("on", "--stop", rules)
    wrong = wrong_of(play(box, "again"), natural)
    suite.ok(not wrong, "put in force anew: what ran before is still known", f"{wrong}; {status()}")
    deny("off")
    results = play(box, "off")
    wrong = described({n: c for n, c in results.items() if n not in GUARD_ONLY and c != (natural | NOT_THERE).get(n, 0)})
    suite.ok(not wrong and not status()["active"], "off: nothing is stopped any more", wrong)


def refuse(suite: tap.Suite, rules: Path) -> None:
    """Who wants no stops gets none."""
    done = merlon.run("deny", "on", "--stop", "--no-stop", rules, check=False)
    suite.ok(done.returncode == 3 and not status()["active"], "nothing is stopped where that is refused", done.stderr)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove that escapes are stopped.")
    parser.add_argument("--runtime", default="runc")
    options = parser.parse_args()
    go_alone()
    with tap.Suite("escapes are stopped") as suite, tempfile.TemporaryDirectory() as directory:
        rules = policy(Path(directory))
        programs: dict[str, bytes | Path] = {f"/steps/{n}": (HERE / n).read_bytes() for n in ("calls.py", "escapes.py", "rings.py")}
        victim = subprocess.Popen(["sleep", "600"])
        spec = Prison(name="prison", user=f"0:{GROUP}", args=["/usr/bin/python3", "/steps/escapes.py"],
                      files=programs | {"/round/.keep": b""}, mounts=[*guards_own(""), *groups()], environment={"BEYOND": str(victim.pid), "BEYOND_AT": zeros_of(victim.pid)}, **BOXES["privileged"])
        try:
            refuse(suite, rules)
            said = merlon.run("deny", "on", "--stop", "--dry-run", rules).stderr
            suite.ok("may have happened" in said, "put in force: it says what is not denied but stopped", said)
            with decoys(), container(options.runtime, spec) as box, Guard("--burst", "0", rules=rules) as guard:
                box.spec.environment["GUARD"] = str(guard.process.pid)
                box.run()
                leak(box)
                natural = dry_run(suite, box, guard)
                enforce(suite, box, guard, natural)
                others(suite, options.runtime, victim.pid)
                outlive(suite, box, guard, natural, rules)
        finally:
            merlon.run("deny", "off", check=False)
            victim.kill()
            victim.wait()


if __name__ == "__main__":
    main()
