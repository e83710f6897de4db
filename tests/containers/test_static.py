#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The static second opinion: a sweep of a workload's files finds what a recording of it found, and not everything."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import merlon
import tap
from container import Container, available, container
from programs import build as programs
from spec import Spec
from workloads import WORKLOADS, Workload

RECALL = 0.95
# What Docker's default profile allows on x86-64 with its usual capabilities: 306 calls, and 3 more with some arguments
# (github.com/moby/profiles, June 2026, counted with the table of libseccomp 2.6.1).
DEFAULT_PROFILE = 309


def swept(*arguments: str | Path) -> dict[str, Any]:
    """What a sweep says."""
    return json.loads(merlon.run("profile", "sweep", "--json", *arguments).stdout)


def calls(sweep: dict[str, Any]) -> set[tuple[str, str]]:
    """The calls in it, with their tables."""
    return {(call["arch"], call["name"]) for call in sweep["calls"]}


def recorded(profile: merlon.Profile) -> set[tuple[str, str]]:
    """What the workload itself was seen to call."""
    return {(fact["arch"], fact["name"]) for fact in profile.data["syscalls"] if fact["layer"] == "app"}


def record(box: Container, workload: Workload, recording: merlon.Recording) -> merlon.Profile:
    """A run of it, with everything that the rig can make it do; its files stay mounted."""
    box.run()
    workload.ready(box)
    workload.drive(box)
    workload.rare(box)
    workload.stop(box)
    recording.stop()
    return recording.profile()


def opinion(workload: Workload) -> None:
    """Record it, sweep its files, and compare."""
    with container("runc", workload.spec()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="static") as recording:
        profile = record(box, workload, recording)
        sweep = swept("--rootfs", box.root, "--profile", profile.path)
    compare(workload.name, recorded(profile), sweep)


def compare(name: str, seen: set[tuple[str, str]], sweep: dict[str, Any]) -> None:
    """Recall and size."""
    reachable = calls(sweep)
    found = len(seen & reachable) / len(seen)
    print(f"# {name}: {len(seen)} recorded, {len(reachable)} reachable, {found:.1%} found; "
          f"missed: {', '.join(sorted(name for _, name in seen - reachable)) or 'none'}; "
          f"{len(sweep['unresolved'])} unresolved", flush=True)
    tap.check(found >= RECALL, f"found {found:.1%}; missed {sorted(seen - reachable)}")
    tap.check(len(reachable) < DEFAULT_PROFILE, f"{len(reachable)} calls are no smaller than the default profile")
    tap.check(not sweep["skipped"], f"not swept: {sweep['skipped']}")
    told = {(call["arch"], call["name"]): call["observed"] for call in sweep["calls"]}
    tap.check({call for call, observed in told.items() if observed} == seen & reachable, "what was observed is told wrong")


def unresolved() -> None:
    """Numbers that come out of a table are not found, and that is said"""
    sweep = swept("--rootfs", programs.programs(), "--exe", "/x32")
    tap.check(("x86_64", "getppid") in calls(sweep), f"{calls(sweep)}")
    tap.check([u["file"] for u in sweep["unresolved"]] == ["/x32"], f"{sweep['unresolved']}")


def go_program() -> None:
    """A program in Go, whose functions have neither symbols nor unwind tables of the usual kind"""
    runc = shutil.which("runc") or ""
    with tempfile.TemporaryDirectory() as directory, \
            merlon.Recording("--", "sh", "-c", f"cd {directory} && {runc} spec && {runc} list", name="static") as recording:
        recording.wait()
        profile = recording.profile()
        sweep = swept("--rootfs", "/", "--profile", profile.path)
    compare("runc", recorded(profile), sweep)
    files = {f["path"] for program in sweep["programs"] for f in program["files"]}
    tap.check(str(Path(runc).resolve()) in files, f"runc was not swept: {sweep['skipped']}")


# With an argument it makes a call that it did not make while it was recorded, and one that no code of it can make.
SCRIPT = rb"""
import os, sys
print("ran")
if len(sys.argv) > 1:
    try:
        print("getsid", os.getsid(0) >= 0)
    except OSError as error:
        print("getsid", error.errno)
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(ctypes.c_long(165), 0, 0, 0, 0, 0)
    print("mount", ctypes.get_errno())
"""


def script(*arguments: str, seccomp: dict[str, Any] | None = None) -> Spec:
    """A container of the script."""
    return Spec(["python3", "-u", "/opt/script", *arguments], name="static", files={"/opt/script": SCRIPT},
                seccomp=seccomp)


def says(seccomp: dict[str, Any]) -> str:
    """What the script prints under a filter, when it does what was not recorded."""
    with container("runc", script("more", seccomp=seccomp)) as box:
        box.run()
        status = box.wait(60)
        tap.check(status == 0, f"it ended with {status}: {box.output()[-500:]}")
        return box.output()


def actions(seccomp: dict[str, Any], name: str) -> set[str]:
    """What a filter does about a call."""
    return {rule["action"] for rule in seccomp["syscalls"] if name in rule["names"]}


def on_log() -> None:
    """What was never seen is logged and works, if asked; what no code can make is denied all the same"""
    with container("runc", script()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="static") as recording:
        box.run()
        box.wait(60)
        recording.stop()
        profile = recording.profile()
        report = recording.directory / "sweep.json"
        # The bundle's own command, not what the profile says.
        report.write_text(merlon.run("profile", "sweep", "--json", "--bundle", box.bundle).stdout)
    tap.check("getsid" not in profile.names(), "getsid was recorded")
    log = profile.seccomp("--static", str(report))
    allow = profile.seccomp("--static", str(report), "--unobserved", "allow")
    deny = profile.seccomp("--static", str(report), "--unobserved", "deny")
    tap.check(actions(log, "getsid") == {"SCMP_ACT_LOG"}, f"log: {actions(log, 'getsid')}")
    tap.check(actions(allow, "getsid") == {"SCMP_ACT_ALLOW"}, f"allow: {actions(allow, 'getsid')}")
    tap.check(actions(deny, "getsid") == set(), f"deny: {actions(deny, 'getsid')}")
    tap.check(deny == profile.seccomp(), "deny is another filter than the one without a sweep")
    tap.check("SCMP_ACT_LOG" not in actions(log, "openat"), "what was recorded is logged")
    tap.check(actions(log, "mount") == set(), f"mount: {actions(log, 'mount')}")
    output = says(log)
    tap.check("getsid True" in output and "mount 38" in output, f"under log: {output}")
    output = says(deny)
    tap.check("getsid 38" in output and "mount 38" in output, f"under deny: {output}")


def running() -> None:
    """A container is swept while it runs, through its own mounts"""
    with container("runc", WORKLOADS["redis"].spec()) as box:
        box.run()
        WORKLOADS["redis"].ready(box)
        sweep = swept("--container", box.id)
        box.kill()
        box.wait(30)
    tap.check({"epoll_wait", "accept4", "openat"} <= {name for _, name in calls(sweep)}, f"{calls(sweep)}")
    tap.check(sweep["programs"][0]["files"][0]["reason"] == "program", f"{sweep['programs'][0]['files'][0]}")


def refusals() -> None:
    """What can't be swept is said, with the exit code that fits"""
    for code, arguments in (
        (2, []), (2, ["--rootfs", "/"]), (2, ["--rootfs", "/", "--bundle", "/"]),
        (4, ["--rootfs", "/nowhere", "-x", "sh"]), (4, ["--rootfs", "/", "-x", "/nowhere"]),
        (5, ["--rootfs", "/etc", "-x", "/passwd"]), (4, ["--container", "nobody-is-called-so"]),
    ):
        done = merlon.run("profile", "sweep", *arguments, check=False)
        tap.check(done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}: {done.stderr}")
        tap.check(done.stderr.count("\n") == 1, f"{arguments}: {done.stderr!r}")


def main() -> None:
    """Every workload whose numbers can be known, and what is made of the outcome."""
    with tap.Suite("static: a sweep finds what a recording found") as suite:
        works, why = available("runc")
        for name in ("nginx", "redis", "postgres", "python", "shell", "static", "int80"):
            title = f"sweep: {name}"
            if works:
                suite.run(opinion, WORKLOADS[name], name=title)
            else:
                suite.skip(title, why)
        for test in (go_program, on_log, running):
            if works:
                suite.run(test)
            else:
                suite.skip(test.__doc__ or "", why)
        suite.run(unresolved)
        suite.run(refusals)


if __name__ == "__main__":
    main()
