#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a recording: attach to what runs, snapshots, death and resurrection, several at once, a thousand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import merlon  # first: it puts the rig on the path
import cgroups
import strace
import tap
from container import available, container
from spec import Spec
from test_oracle import differences
from workloads import WORKLOADS


def attach(runtime: str) -> None:
    """A container that runs already is recorded, and the profile says that its start was not seen"""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box:
        box.run()
        workload.ready(box)
        with merlon.Recording("-c", box.id, name="attach") as recording:
            workload.drive(box)
            recording.stop()
            profile = recording.profile()
        workload.stop(box)
    names = profile.names()
    tap.check(not profile.data["recording"]["startSeen"], "startSeen is true")
    tap.check(any("start" in note for note in profile.data["notes"]), "no note about the start")
    tap.check({"accept4", "epoll_wait", "writev"} <= names, f"what serving needs is missing: {sorted(names)}")
    tap.check("execve" not in names and "listen" not in names, "it claims to have seen the start")
    tap.check(profile.data["credentials"]["uid"] == 0 and "CAP_CHOWN" in profile.data["credentials"]["bounding"],
              f"credentials: {profile.data['credentials']}")


def ends_with_its_container(runtime: str) -> None:
    """A recording of a named container ends when that ends"""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box:
        box.run()
        workload.ready(box)
        with merlon.Recording("-c", box.id, name="ends") as recording:
            workload.stop(box)
            box.delete()
            tap.check(recording.wait(30) == 0, recording.log.read_text())


def entered(runtime: str) -> None:
    """What came in by exec is kept apart from the workload"""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="entered") as recording:
        box.run()
        workload.ready(box)
        tap.check(box.exec("sh", "-c", "chroot / ls -la /srv; mkfifo /tmp/by-exec").returncode == 0, "exec fails")
        workload.drive(box)
        workload.stop(box)
        box.delete()
        recording.stop()
        profile = recording.profile()
    own, other = profile.names(), profile.names("entered")
    tap.check({"chroot", "statx"} <= other, f"entered: {sorted(other)}")
    tap.check(not {"chroot", "mknodat", "statx"} & own, "the exec's calls are in the workload")
    tap.check("mknod" in profile.files("entered").get("/tmp/by-exec", set()), f"{profile.files('entered')}")
    tap.check("/tmp/by-exec" not in profile.files(), "the exec's files are in the workload")
    allowed = {n for rule in profile.seccomp()["syscalls"] for n in rule["names"]}
    tap.check("chroot" not in allowed, "the export allows what only the exec did")
    allowed = {n for rule in profile.seccomp("--with-entered")["syscalls"] for n in rule["names"]}
    tap.check("chroot" in allowed, "--with-entered does not allow what the exec did")


def denied(runtime: str) -> None:
    """What a filter in force refuses is recorded as refused: with an errno, and when it kills"""
    deny = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [{"names": ["getpgrp"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
                         {"names": ["sethostname"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    script = "import os, ctypes; os.getpgrp(); ctypes.CDLL(None).sethostname(b'x', 1)"
    with container(runtime, Spec(["python3", "-c", script], seccomp=deny)) as box, \
            merlon.Recording("--wait", "-c", box.id, name="denied") as recording:
        box.run()
        box.wait(60)
        box.delete()
        recording.stop()
        profile = recording.profile()
    refused = profile.names(refused=True)
    tap.check("getpgrp" in refused, f"refused: {refused}")
    # The kernel tells which call a killing filter stopped since 5.15.
    tap.check("sethostname" in refused or (kernel() < (5, 15) and "" in refused), f"refused: {refused}")
    tap.check(not {"getpgrp", "sethostname"} & profile.names(), "a refused call counts as made")
    allowed = {n for rule in profile.seccomp()["syscalls"] for n in rule["names"]}
    tap.check("getpgrp" not in allowed, "the export allows what was refused")
    allowed = {n for rule in profile.seccomp("--with-denied")["syscalls"] for n in rule["names"]}
    tap.check("getpgrp" in allowed, "--with-denied does not allow what was refused")


def kernel() -> tuple[int, int]:
    """The running kernel's version."""
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int(minor)


def killed(runtime: str) -> None:
    """A recording survives SIGKILL of its recorder, goes on meanwhile, and resumes: nothing is missing"""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box:
        recording = merlon.Recording("--wait", "-c", box.id, name="killed")
        output = recording.directory / "strace"
        with recording:
            box.run(under=strace.command(output))
            workload.ready(box)
            init = box.pid
            assert recording.process
            recording.process.kill()
            recording.process.wait()
            listed = {r["name"]: r["live"] for r in merlon.recordings()}
            tap.check(listed.get("killed") is False, f"--list does not show it: {listed}")
            workload.drive(box)                 # nobody is there but the kernel
            recording.start()
            tap.check("going on" in recording.log.read_text(), f"it was not resumed: {recording.log.read_text()}")
            workload.rare(box)
            workload.stop(box)
            box.delete()
            recording.stop()
        profile, trace = recording.profile(), strace.parse(output)
    wrong = differences(profile.calls(), trace.application(init))
    tap.check(not wrong, wrong)
    tap.check(profile.data["recording"]["startSeen"], "the start is forgotten")


def left_behind(runtime: str) -> None:
    """A recording whose process was killed can be written and removed with --end"""
    workload = WORKLOADS["shell"]
    with container(runtime, workload.spec()) as box:
        recording = merlon.Recording("--wait", "-c", box.id, name="behind")
        recording.start()
        box.run()
        workload.drive(box)
        assert recording.process
        recording.process.kill()
        recording.process.wait()
        box.delete()
        out = recording.directory / "end"
        done = json.loads(merlon.run("record", "--end", "behind", "-o", out, "--json").stdout)
    tap.check(done["workloads"] and done["workloads"][0]["syscalls"] > 20, f"{done}")
    tap.check(not merlon.recordings(), f"still listed: {merlon.recordings()}")
    tap.check(not pinned(), f"still pinned: {pinned()}")


def pinned() -> list[str]:
    """Recordings in the kernel."""
    return [str(p) for root in ("/sys/fs/bpf/merlon", "/run/merlon/bpf") for p in Path(root).glob("record_*")]


def snapshots(runtime: str) -> None:
    """Snapshots, by signal and by another process, write the profile while the recording goes on"""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="snap") as recording:
        box.run()
        workload.ready(box)
        out = recording.directory / "other"
        merlon.run("record", "--snapshot", "snap", "-o", out)
        early = merlon.Profile(out / "snap.merlon.json")
        workload.drive(box)
        assert recording.process
        recording.process.send_signal(signal.SIGUSR1)
        path = recording.directory / "snap.merlon.json"
        deadline = time.monotonic() + 30
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        middle = merlon.Profile(path)
        workload.rare(box)
        workload.stop(box)
        box.delete()
        tap.check(recording.process.poll() is None, "the snapshot ended the recording")
        recording.stop()
        late = recording.profile()
    sizes = [sum(p.calls().values()) for p in (early, middle, late)]
    tap.check(0 < sizes[0] < sizes[1] < sizes[2], f"calls in the three: {sizes}")


def everything() -> None:
    """--all: containers of two runtimes at once, each with a profile of its own"""
    boxes = []
    with merlon.Recording("--all", name="all") as recording:
        for runtime in ("runc", "crun"):
            if available(runtime)[0]:
                box = container(runtime, WORKLOADS["shell" if runtime == "runc" else "static"].spec())
                box.__enter__()
                boxes.append(box)
                box.run()
        for box in boxes:
            box.wait(60)
            box.delete()
        time.sleep(1.5)
        recording.stop()
        profiles = {path.name.removesuffix(".merlon.json"): merlon.Profile(path)
                    for path in recording.directory.glob("*.merlon.json")}
    for box in boxes:
        box.__exit__(None, None, None)
    ids = [box.id for box in boxes]
    tap.check(set(ids) <= set(profiles), f"profiles of {sorted(profiles)}, not of all of {ids}")
    for box in boxes:
        exes = profiles[box.id].data["executables"]
        own = "/usr/bin/sort" if box.runtime == "runc" else "/opt/static"
        tap.check(own in exes, f"{box.id}: {exes}")
        tap.check(box.runtime == "runc" or "/usr/bin/sort" not in exes, "profiles are mixed up")


def control_group() -> None:
    """--cgroup: any control group, here one of ours with a process in it"""
    group = cgroups.ROOT / ("" if cgroups.mode() == "v2" else "pids") / f"merlon-test-{os.getpid()}"
    group.mkdir()
    process = subprocess.Popen(["/bin/sh", "-c", "read go; cat /etc/hostname >/dev/null; read go"],
                               stdin=subprocess.PIPE)
    try:
        (group / "cgroup.procs").write_text(str(process.pid))
        with merlon.Recording("--cgroup", str(group), name="group") as recording:
            assert process.stdin
            process.stdin.write(b"go\n")
            process.stdin.flush()
            time.sleep(1)
            recording.stop()
            profile = recording.profile()
    finally:
        process.communicate(b"go\n")
        group.rmdir()
    tap.check({"openat", "execve", "wait4"} <= profile.names(), f"{sorted(profile.names())}")
    tap.check("/usr/bin/cat" in profile.data["executables"], f"{profile.data['executables']}")


def thousand() -> None:
    """A thousand containers at once: every one gets its profile, or its loss is counted"""
    count = int(os.environ.get("MERLON_CONTAINERS", "1000"))
    boxes = []
    with merlon.Recording("--all", "--capacity", str(count + 8), name="thousand") as recording:
        try:
            for _ in range(count):
                box = container("crun", Spec(["/bin/sleep", "1000"], name="many"))
                box.__enter__()
                boxes.append(box)
                box.run()
            time.sleep(2)
            status = recording.stop(timeout=300)
        finally:
            for box in boxes:
                box.__exit__(None, None, None)
        log = recording.log.read_text()
    tap.check(status == 0, log[-2000:])
    found = {path.name.removesuffix(".merlon.json") for path in recording.directory.glob("*.merlon.json")}
    missing = [box.id for box in boxes if box.id not in found]
    tap.check(not missing, f"{len(missing)} of {count} have no profile")
    whole = [merlon.Profile(recording.directory / f"{box.id}.merlon.json") for box in boxes]
    silent = [p.path.name for p in whole if not {"execve", "clock_nanosleep"} & p.names()
              and not p.data["recording"]["losses"]]
    tap.check(not silent, f"{len(silent)} profiles lack calls without a counted loss: {silent[:3]}")


def main() -> None:
    """All of it, under the runtimes that are here."""
    quick = "--quick" in sys.argv
    with tap.Suite("record: the life of a recording") as suite:
        for runtime in ("runc", "crun"):
            works, why = available(runtime)
            for test in (attach, ends_with_its_container, entered, denied, killed, left_behind, snapshots):
                title = f"{runtime}: {(test.__doc__ or '').strip()}"
                if not works:
                    suite.skip(title, why)
                elif not quick or runtime == "runc":
                    suite.run(test, runtime, name=title)
        suite.run(everything)
        suite.run(control_group)
        if not quick:
            suite.run(thousand)


if __name__ == "__main__":
    main()
