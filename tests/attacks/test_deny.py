#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped policy against escapes, by real attacks from a privileged container: in a dry run they work and are told, in force
they fail, while the container, others, their runtime and the host go on working.

    test_deny.py [--runtime NAME] [--quick]

Only in machines of ours: the attacks are meant. --quick is for one more kernel in little time: in force, and off.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import cgroups
import tap
from container import Container, container
from escapes import ATTACKS, NATURAL
from guarding import Guard
from proof import BOXES, Box
from stage import IN_VM

HERE = Path(__file__).resolve().parent
POLICY = HERE.parents[1] / "content" / "deny"

BY_RING = "core_pattern by io_uring"
RING = "io_uring made where it is not looked into"
# The rule that tells of an attack.
RULES = {
    "program in memory": "Program run from memory", "program in memory by descriptor": "Program run from memory",
    "program in memory as interpreter": "Program run from memory", "program in memory by the loader": "Program run from memory by the loader",
    "program in memory by a copied loader": "Code mapped from memory", "code in memory mapped as data": "Code mapped from memory",
    "leaked directory changed": "File beyond the container changed", "leaked directory gets a file": "File beyond the container changed", "leaked directory given away": "File beyond the container changed",
    "guard's file given away": "Guard's file removed or changed", "root of process 1 changed": "File beyond the container changed",
    "core_pattern by openat2": "Kernel helper opened to be written", "core_pattern by descriptor": "Kernel helper opened to be written",
    "memory device": "Block device made", "mount in no tree": "File system mounted", "mount copied": "File system mounted",
    "mount picked": "File system mounted", "mount changed": "File system mounted", "kernel unloaded": "Kernel module loaded",
    "control group left": "File beyond the container opened", "born in the host's control group": "Kernel helper opened to be written",
    "born in the host's control group and back": "Kernel helper opened to be written",
    "moved to the host's control group": "Kernel helper opened to be written", "leaked directory": "File beyond the container opened", "runtime overwritten": "File beyond the container opened",
    "signal to the guard": "Process beyond the container signalled", "signal beyond": "Process beyond the container signalled",
    "guard's file written": "Guard's file opened to be written",
    "guard's file renamed": "Guard's file renamed or linked",
    "guard's pin renamed": "Guard's file renamed or linked",
    "guard's file removed": "Guard's file removed or changed", "guard's socket": "Guard's socket used",
    "guard's file cut": "Guard's file removed or changed", "guard's file linked": "Guard's file renamed or linked",
    "guard's map": "Guard's maps or programs reached",
    "core_pattern": "Kernel helper opened to be written", "core_pattern by another name": "Kernel helper opened to be written", BY_RING: "Kernel helper opened to be written",
    "core_pattern open already": "Kernel helper set",
    "release_agent": "Release agent opened to be written", "block device": "Block device made",
    "raw disk": "Disk or memory of the machine opened", "raw disk by another name": "Disk or memory of the machine opened", "mount": "File system mounted",
    "mask removed": "Mask of the kernel's files removed", "mount by newer calls": "File system mounted", "pivot_root": "Root file system exchanged", "setns": "Namespace entered",
    "setns to its own": "Namespace entered", "user namespace": "User namespace made",
    "root of process 1": "Process beyond the container looked into",
    "environment of process 1": "Process beyond the container looked into", "memory of process 1": "Process beyond the container looked into",
    "memory of process 1 read by a call": "Process beyond the container looked into",
    "memory of process 1 written by a call": "Process beyond the container looked into",
    "descriptor of process 1": "Process beyond the container looked into",
    "trace process 1": "Process beyond the container looked into", "open by handle": "File opened by handle",
    "module from a file": "Kernel module loaded", "module from memory": "Kernel module loaded", "bpf": "BPF used",
    "performance events": "Performance events opened", "userfaultfd": "Faults handled in user space",
    "runtime socket": "Container runtime asked",
}
# What not every kernel asks about; with security modules of BPF, those from the version on do.
OPTIONAL = {"leaked directory given away": ("path_chown", (6, 1)), "guard's file given away": ("path_chown", (6, 1)),
            "user namespace": ("userns_create", (6, 1)), "userfaultfd": ("inode_init_security_anon", (5, 12))}
# What refuses with another error than the one that was given.
ERRORS = {"program in memory by the loader": 127, "program in memory by a copied loader": 127, "root of process 1 changed": errno.EACCES, "root of process 1": errno.EACCES, "environment of process 1": errno.EACCES, "memory of process 1": errno.EACCES, "setns": errno.EACCES}
# Without anything in force there is none.
NOT_THERE = {"guard's map": errno.ENOENT}
# What there is nothing left to do to, once the guard has been killed.
GUARD_ONLY = {"signal to the guard"}


@dataclass
class Prison(Box):
    """A privileged container that sees the host's processes."""

    def config(self, root: Path) -> dict[str, Any]:
        """See Spec."""
        config = super().config(root)
        linux = config["linux"]
        linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "pid"]
        # One above the other, to be taken away in each round.
        linux["maskedPaths"] = ["/proc/interrupts"] * 8
        config["mounts"] += [{"destination": "/own", "type": "tmpfs", "source": "tmpfs"}] * 8
        if not os.path.exists("/dev/vda"):
            return config
        disk = os.stat("/dev/vda")
        linux["devices"] = [{"path": path, "type": "b", "major": os.major(disk.st_rdev), "minor": os.minor(disk.st_rdev)}
                            for path in ("/dev/vda", "/innocent/disk")]
        return config


def guards_own(below: str) -> list[dict[str, Any]]:
    """What a container is given of the guard's directories, below another directory there."""
    return [{"destination": f"{below}{path}", "type": "bind", "source": path, "options": ["rbind", "rw"]}
            for path in ("/sys/fs/bpf", "/run/merlon")]


def groups() -> list[dict[str, Any]]:
    """The host's control groups, where a container is given all of them."""
    hierarchies = {"v2": {"/groups": ""}, "v1": {"/groups": "pids"}, "hybrid": {"/groups": "pids", "/unified": "unified"}}
    return [{"destination": at, "type": "bind", "source": str(cgroups.ROOT / name), "options": ["rbind", "rw"]}
            for at, name in hierarchies[cgroups.mode()].items()]


DECOY, DECOY_PIN = Path("/run/merlon/decoy"), Path("/sys/fs/bpf/merlon/decoy")
DECOY_OLD = DECOY.with_name("decoy.old")    # there to be removed
DECOY_LINK = DECOY.with_name("decoy.link")  # not there, to be made


def renew_decoys() -> None:
    """Where attacks expect them: one that was stopped may have happened."""
    for decoy in (DECOY, DECOY_PIN):
        moved = decoy.with_name(f"{decoy.name}-moved")
        if moved.exists():
            moved.rename(decoy)
    DECOY_LINK.unlink(missing_ok=True)
    DECOY.touch()
    DECOY_OLD.touch()
    DECOY_PIN.mkdir(exist_ok=True)


@contextmanager
def decoys() -> Iterator[None]:
    """What is among the guard's own, and nobody needs."""
    path = Path("/run/merlon/decoy.socket")
    for directory in (DECOY.parent, DECOY_PIN.parent):
        directory.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(100)
        try:
            yield
        finally:
            renew_decoys()
            for made in Path("/tmp").glob("merlon-made-*"):
                made.unlink()
            path.unlink()
            DECOY.unlink()
            DECOY_OLD.unlink()
            DECOY_PIN.rmdir()


def zeros_of(pid: int) -> str:
    """Where the process has eight bytes of zeros that nobody needs: at the end of its stack."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[stack]"):
            return str(int(line.split()[0].partition("-")[2], 16) - 8)
    tap.fail(f"process {pid} has no stack")


def leak(box: Container) -> None:
    """Hand the container what a careless runtime would leave open."""
    with socket.socket(socket.AF_UNIX) as channel, tempfile.NamedTemporaryFile(prefix="merlon-runc-") as program:
        deadline = time.monotonic() + 30
        while True:
            try:
                channel.connect(str(box.root / "round" / "leak"))
                break
            except OSError:
                tap.check(time.monotonic() < deadline and box.alive(), f"it does not listen: {box.output()}")
                time.sleep(0.05)
        socket.send_fds(channel, [b"x"], [os.open("/", os.O_RDONLY), os.open(program.name, os.O_RDONLY)])


def kernel() -> tuple[int, int]:
    """The running one."""
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int(minor)


def play(box: Container, name: str, seconds: float = 60) -> dict[str, int]:
    """One round of attacks."""
    result = box.root / "round" / f"{name}.json"
    renew_decoys()
    (box.root / "round" / name).touch()
    deadline = time.monotonic() + seconds
    while not result.exists():
        tap.check(time.monotonic() < deadline and box.alive(), f"no end of round {name}: {box.output()[-2000:]}")
        time.sleep(0.05)
    return json.loads(result.read_text())


def deny(*arguments: str | Path) -> str:
    """merlon deny."""
    return merlon.run("deny", *arguments).stdout


def status() -> dict[str, Any]:
    """Of what is denied."""
    return json.loads(merlon.run("deny", "status", "--json", check=False).stdout)


def rule_of(name: str) -> str:
    """The rule that tells of it where the kernel asks: of what goes through io_uring since it is done in the name of who submits it."""
    return RING if name == BY_RING and kernel() < (5, 12) else RULES[name]


def described(results: dict[str, int]) -> str:
    """For a person."""
    return ", ".join(f"{name}: {errno.errorcode.get(code, code) if code else 'done'}" for name, code in results.items())


def told(guard: Guard, verdict: str) -> set[str]:
    """Rules of which it was told that they were, or would have been, denied."""
    return {a["rule"] for a in guard.alerts if a.get("event", {}).get("verdict") == verdict}


def wanted() -> list[str]:
    """Attacks that this kernel asks about."""
    asked = {hook["hook"] for hook in status()["hooks"]}
    by_bpf = "bpf" in Path("/sys/kernel/security/lsm").read_text().split(",")
    for hook, since in OPTIONAL.values():
        tap.check(hook in asked or not by_bpf or kernel() < since, f"{hook} is not asked")
    return [name for name in ATTACKS if name not in OPTIONAL or OPTIONAL[name][0] in asked]


def dry_run(suite: tap.Suite, box: Container, guard: Guard) -> None:
    """Everything works, and is told as what it would be."""
    results = play(box, "dry")
    wrong = {n: c for n, c in results.items() if c != NATURAL.get(n, 0)}
    suite.ok(not wrong, "a dry run: attacks work as ever", described(wrong))
    expected = {rule_of(name) for name in wanted()}
    guard.wait_until(lambda _: expected <= told(guard, "would-deny"), 20)
    missing = expected - told(guard, "would-deny")
    suite.ok(not missing, "a dry run: each is told", f"{missing}; {status()}")


def enforce(suite: tap.Suite, box: Container, guard: Guard) -> None:
    """Everything fails but ordinary work."""
    deny("mode", "enforce")
    results = play(box, "enforce")
    wrong = {n: results[n] for n in wanted() if results[n] != ERRORS.get(n, errno.EPERM)}
    suite.ok(not wrong, "in force: attacks fail", described(wrong))
    suite.ok(results["ordinary work"] == 0, "in force: ordinary work goes on", described(results))
    expected = {rule_of(name) for name in wanted()}
    guard.wait_until(lambda _: expected <= told(guard, "denied"), 20)
    missing = expected - told(guard, "denied")
    suite.ok(not missing, "in force: each is told", f"{missing}; {status()}")


def others(suite: tap.Suite, runtime: str) -> None:
    """The runtime makes containers and enters them, and the host does what it likes."""
    pattern = Path("/proc/sys/kernel/core_pattern")
    pattern.write_text(pattern.read_text())
    mounted = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    suite.ok(mounted.returncode == 0, "in force: the host is not asked", mounted.stderr)
    spec = Box(name="workload", args=["/bin/sh", "-c", "while :; do cat /etc/hostname >/tmp/x; sleep 0.1; done"])
    with container(runtime, spec) as box:
        box.run()
        entered = box.exec("/bin/sh", "-c", "hostname; mount -t tmpfs none /mnt; echo $?")
        suite.ok(entered.stdout == "workload\n32\n",
                 "in force: containers begin and are entered, and who came in is denied too",
                 f"{entered.returncode} {entered.stdout} {entered.stderr}")
        suite.ok(box.alive(), "in force: a workload goes on")


def outlive(suite: tap.Suite, box: Container, guard: Guard, quick: bool) -> None:
    """Without any process of ours, and through a change of rules."""
    guard.process.send_signal(signal.SIGKILL)
    guard.process.wait(20)
    results = play(box, "alone")
    wrong = {n: results[n] for n in wanted() if n not in GUARD_ONLY and results[n] != ERRORS.get(n, errno.EPERM)}
    suite.ok(not wrong, "in force without the guard", described(wrong))
    if quick:
        deny("off")
        return
    deny("on", POLICY)
    results = play(box, "again")
    wrong = {n: results[n] for n in wanted() if n not in GUARD_ONLY and results[n] != ERRORS.get(n, errno.EPERM)}
    suite.ok(not wrong, "put in force anew: what ran before is still known", f"{described(wrong)}; {status()}")
    deny("off")
    results = play(box, "off")
    wrong = {n: c for n, c in results.items() if n not in GUARD_ONLY and c != (NATURAL | NOT_THERE).get(n, 0)}
    suite.ok(not wrong and not status()["active"], "off: nothing is denied any more", described(wrong))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove the policy against escapes.")
    parser.add_argument("--runtime", default="runc")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with tap.Suite("the policy against escapes") as suite:
        if not IN_VM:
            suite.skip("the policy against escapes", "attacks that are meant: in machines")
            return
        programs: dict[str, bytes | Path] = {f"/steps/{n}": (HERE / n).read_bytes() for n in ("calls.py", "escapes.py", "rings.py")}
        # Under another name than they have: who denies knows what they are.
        spec = Prison(name="prison", args=["/usr/bin/python3", "/steps/escapes.py"], files=programs | {"/round/.keep": b""},
                      mounts=[*guards_own("/elsewhere"), *groups()], environment={"GUARDS": "/elsewhere", "BEYOND_AT": zeros_of(1)}, **BOXES["privileged"])
        deny("on", "--dry-run", POLICY)
        try:
            with decoys(), container(options.runtime, spec) as box, Guard("--burst", "0", rules=POLICY) as guard:
                box.spec.environment["GUARD"] = str(guard.process.pid)
                box.run()
                leak(box)
                if not options.quick:
                    dry_run(suite, box, guard)
                enforce(suite, box, guard)
                if not options.quick:
                    others(suite, options.runtime)
                outlive(suite, box, guard, options.quick)
        finally:
            merlon.run("deny", "off", check=False)


if __name__ == "__main__":
    main()
