#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The closed loop: record a workload, run it again under what was learned, with its rarer actions: nothing is denied.
And the other way round: an intruder in the same container gets nowhere, while the service serves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import merlon
import tap
from container import available, container
from merlon import learn, live
from programs import build as programs
from workloads import WORKLOADS, Workload

# What an intruder tries (tests/rig/programs/intruder.c); none of it is in a web server's profile.
ATTACKS = ["mount", "unshare", "setns", "ptrace", "bpf", "perf_event_open", "keyctl", "io_uring_setup", "af_alg",
           "af_packet", "af_vsock", "userfaultfd", "init_module", "open_by_handle_at", "kexec_load"]


def closed_loop(runtime: str, workload: Workload, nnp: bool) -> None:
    """Learn, confine, live again."""
    profile = learn(runtime, workload, nnp)
    deflected = {"clone3"} if "clone3" in profile.names() else set()
    spec = workload.spec(no_new_privs=nnp, seccomp=profile.seccomp(), capabilities=profile.oci_capabilities())
    with container(runtime, spec) as box, merlon.Recording("--wait", "-c", box.id, name="confined") as recording:
        live(workload, box)
        recording.stop()
        confined = recording.profile()
    refused = confined.names(refused=True) | confined.names("runtime", refused=True)
    tap.check(confined.data["runtime"]["filtered"], "it did not run under a filter")
    tap.check(refused <= deflected, f"denied: {refused - deflected}")
    tap.check(not confined.capabilities("refused") - profile.capabilities("refused"),
              f"capabilities denied: {confined.capabilities('refused')}")
    before, after = profile.capabilities(), confined.capabilities()
    tap.check(after <= before, f"used under confinement but not learned: {after - before}")


def band(runtime: str) -> None:
    """nginx's profile has 55 to 95 system calls, the runtime's included"""
    profile = learn(runtime, WORKLOADS["nginx"], nnp=False)
    names = {name for rule in profile.seccomp()["syscalls"] for name in rule["names"]}
    tap.check(55 <= len(names) <= 95, f"{len(names)}: {sorted(names)}")


def intruder(runtime: str, suite: tap.Suite, quick: bool) -> None:
    """What an attacker inside tries, with and without the profile."""
    workload = WORKLOADS["nginx"]
    profile = learn(runtime, workload, entered=("true",))
    files: dict[str, bytes | Path] = {"/opt/intruder": programs.programs() / "intruder"}
    # All capabilities, so that the filter alone is what stops them.
    everything = [f"CAP_{name}" for name in json.loads(CAPABILITIES)]
    spec = workload.spec(files=files, seccomp=profile.seccomp("--with-entered"), capabilities=everything)
    with container(runtime, spec) as box:
        box.run()
        workload.ready(box)
        for attack in ATTACKS[:4] if quick else ATTACKS:
            done = box.exec("/opt/intruder", attack)
            suite.ok(done.returncode == 0 and attack in done.stdout, f"{runtime}: intruder's {attack} is denied",
                     done.stdout, done.stderr)
        with suite.case(f"{runtime}: nginx still serves"):
            workload.drive(box)
    # The test can fail: without the profile, the same program succeeds at what the kernel here allows root.
    with container(runtime, workload.spec(files=files, capabilities=everything)) as box:
        box.run()
        workload.ready(box)
        done = box.exec("/opt/intruder", "unshare")
        suite.ok(done.returncode == 1, f"{runtime}: without the profile the intruder's unshare works", done.stdout)


CAPABILITIES = json.dumps(["SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_BOOT", "NET_ADMIN", "NET_RAW", "BPF", "PERFMON",
                           "DAC_READ_SEARCH", "CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID", "NET_BIND_SERVICE", "KILL",
                           "FOWNER", "SYS_CHROOT"])


def confine_command() -> None:
    """merlon confine -- COMMAND: what was learned works, anything else does not"""
    with merlon.Recording("--", "/bin/sh", "-c", "cat /etc/hostname >/dev/null; id -u >/dev/null",
                          name="cmd") as recording:
        tap.check(recording.wait() == 0, recording.log.read_text())
        profile = recording.profile()
    done = merlon.run("confine", "-p", profile.path, "--", "/bin/sh", "-c", "cat /etc/hostname; id -u", check=False)
    tap.check(done.returncode == 0 and "0" in done.stdout, f"exit {done.returncode}: {done.stderr}")
    done = merlon.run("confine", "-p", profile.path, "--", "/bin/sh", "-c", "mkdir /tmp/merlon-must-not-be", check=False)
    tap.check(done.returncode != 0, "mkdir was not learned, but worked")
    tap.check(not Path("/tmp/merlon-must-not-be").exists(), "mkdir was not learned, but worked")
    done = merlon.run("confine", "-p", profile.path, "--", "/bin/sh", "-c", "grep -E 'NoNewPrivs|Seccomp:|CapEff' "
                      "/proc/self/status", check=False)
    tap.check("Seccomp:\t2" in done.stdout and "NoNewPrivs:\t1" in done.stdout, done.stdout + done.stderr)
    tap.check("CapEff:\t0000000000000000" in done.stdout, done.stdout)


def confine_bundle(runtime: str) -> None:
    """merlon confine --bundle: the container runs under the profile, the old configuration is kept"""
    workload = WORKLOADS["shell"]
    profile = learn(runtime, workload, nnp=False)
    with container(runtime, workload.spec()) as box:
        box.create()
        box.delete()                    # the bundle with its config.json stays
        before = json.loads((box.bundle / "config.json").read_text())
        merlon.run("confine", "-p", profile.path, "--bundle", box.bundle)
        after = json.loads((box.bundle / "config.json").read_text())
        kept = json.loads((box.bundle / "config.json.before-merlon").read_text())
    tap.check(kept == before, "the configuration as it was is not kept")
    tap.check(after["linux"].pop("seccomp") == profile.seccomp(), "linux.seccomp is not the profile's")
    caps = after["process"].pop("capabilities")
    tap.check(caps["bounding"] == profile.oci_capabilities() and caps["effective"] == caps["bounding"], f"{caps}")
    before["linux"].pop("seccomp", None)
    before["process"].pop("capabilities")
    tap.check(after == before, "something else was changed")


def loops(runtime: str, quick: bool) -> list[tuple[str, bool]]:
    """Workloads, and whether with no_new_privs; in an emulated machine one each."""
    if quick:
        return [("nginx", False)] if runtime == "runc" else [("shell", True)]
    return [("nginx", True)] + [(name, False) for name in WORKLOADS if name != "x32"]


def main() -> None:
    """Closed loops, then the intruder; --quick does some of it."""
    quick = "--quick" in sys.argv
    with tap.Suite("confine: the closed loop") as suite:
        suite.run(confine_command)
        for runtime in ("runc", "crun"):
            works, why = available(runtime)
            if not works:
                suite.skip(f"{runtime}: closed loops", why)
                continue
            for name, nnp in loops(runtime, quick):
                suite.run(closed_loop, runtime, WORKLOADS[name], nnp,
                          name=f"{runtime}: {name}{', no_new_privs' if nnp else ''}: no denial under its own profile")
            if quick and runtime == "crun":
                continue
            suite.run(band, runtime, name=f"{runtime}: nginx's profile has 55 to 95 system calls")
            suite.run(confine_bundle, runtime, name=f"{runtime}: a bundle is confined")
            intruder(runtime, suite, quick)


if __name__ == "__main__":
    main()
