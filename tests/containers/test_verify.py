#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is in force on a running container against what was asked for: all is well where all is well, and whatever was
silently left out, replaced, or added afterwards is found."""

from __future__ import annotations

import copy
import ctypes
import json
import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import merlon
import cgroups
import tap
from container import Container, available, container
from spec import Spec
from test_confine import learn
from workloads import WORKLOADS

NEGATIVE = 1

# Allows all but two calls, one of them for some arguments.
FILTER = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [
        {"names": ["mount"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["socket"], "action": "SCMP_ACT_ERRNO",
         "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}]},
    ],
}


def spec(**options: Any) -> Spec:
    """A container that waits."""
    return Spec(args=["sleep", "300"], name="verify", **options)


def verify(box: Container, *options: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Exit code, and the checks by subject."""
    done = merlon.run("confine", "verify", "--json", *options, box.id, check=False)
    if done.returncode not in (0, NEGATIVE):
        raise merlon.Failed(f"merlon confine verify: exit {done.returncode}: {done.stderr}")
    report = json.loads(done.stdout)
    tap.check(len(report) == 1 and report[0]["pid"] == box.pid, f"not one report of pid {box.pid}: {report}")
    checks: dict[str, list[dict[str, Any]]] = {}
    for check in report[0]["checks"]:
        checks.setdefault(check["subject"], []).append(check)
    return done.returncode, checks


def findings(checks: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """What was found, by subject."""
    return {subject: [item for check in some for item in check["items"]] or [some[0]["text"]]
            for subject, some in checks.items() if any(check["result"] in ("finding", "unknown") for check in some)}


@contextmanager
def running(runtime: str, what: Spec) -> Iterator[Container]:
    """A container that runs."""
    with container(runtime, what) as box:
        box.run()
        yield box


@contextmanager
def asked(box: Container, change: Any) -> Iterator[Path]:
    """Another bundle, in which something else was asked for than what the container was started with."""
    config = json.loads((box.bundle / "config.json").read_text())
    change(config)
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "config.json").write_text(json.dumps(config))
        yield Path(directory)


def all_as_asked(runtime: str) -> None:
    """Nothing is found where everything is in force."""
    with running(runtime, spec(seccomp=FILTER, no_new_privs=True, read_only=True, user="nobody",
                               capabilities=["CAP_KILL"])) as box:
        code, checks = verify(box)
        tap.check(code == 0, f"exit {code}: {findings(checks)}")
        for subject in ("seccomp", "capabilities", "no-new-privileges", "user", "namespaces", "root-filesystem",
                        "masked-paths", "mounts", "processes"):
            tap.check(checks[subject][0]["result"] == "ok", f"{subject}: {checks[subject]}")


def other_than_asked(runtime: str) -> None:
    """Each thing that was asked for, and is not in force, is found by name."""
    def no_filter(config: dict[str, Any]) -> None:
        config["linux"]["seccomp"] = FILTER

    def less_caps(config: dict[str, Any]) -> None:
        for names in config["process"]["capabilities"].values():
            names.remove("CAP_NET_RAW")

    def nnp(config: dict[str, Any]) -> None:
        config["process"]["noNewPrivileges"] = True

    def label(config: dict[str, Any]) -> None:
        config["process"]["apparmorProfile"] = "merlon-web"

    def user(config: dict[str, Any]) -> None:
        config["process"]["user"]["uid"] = 65534

    def read_only(config: dict[str, Any]) -> None:
        config["root"]["readonly"] = True

    def masked(config: dict[str, Any]) -> None:
        config["linux"]["maskedPaths"].append("/proc/cpuinfo")

    def user_namespace(config: dict[str, Any]) -> None:
        config["linux"]["namespaces"].append({"type": "user"})

    def mounts(config: dict[str, Any]) -> None:
        next(m for m in config["mounts"] if m["destination"] == "/dev/shm")["options"].append("ro")

    rows = [(no_filter, "seccomp", "no filter is in force"), (less_caps, "capabilities", "CAP_NET_RAW"),
            (nnp, "no-new-privileges", "not set"), (label, "label", "merlon-web"), (user, "user", "uid 0"),
            (read_only, "root-filesystem", "can be written"), (masked, "masked-paths", "/proc/cpuinfo"),
            (user_namespace, "namespaces", "user"), (mounts, "mounts", "/dev/shm")]
    with running(runtime, spec()) as box:
        code, checks = verify(box)
        tap.check(code == 0, f"as it was started: {findings(checks)}")
        for change, subject, word in rows:
            with asked(box, change) as bundle:
                code, checks = verify(box, "--bundle", str(bundle))
                found = findings(checks)
                tap.check(code == NEGATIVE and set(found) == {subject} and word in found[subject][0],
                          f"{change.__name__}: exit {code}, {found}")


def filters(runtime: str) -> None:
    """Filters are compared by what they answer, call by call, argument by argument."""
    other = copy.deepcopy(FILTER)
    other["syscalls"][0]["names"] = ["umount2"]
    other["syscalls"][1]["args"][0]["value"] = 17

    def change(config: dict[str, Any]) -> None:
        config["linux"]["seccomp"] = other

    with running(runtime, spec(seccomp=FILTER)) as box, asked(box, change) as bundle:
        code, checks = verify(box)
        tap.check(code == 0, f"the same filter: {findings(checks)}")
        code, checks = verify(box, "--bundle", str(bundle))
        looser = next(c for c in checks["seccomp"] if c["result"] == "finding")
        stricter = next(c for c in checks["seccomp"] if c["result"] == "note")
        tap.check({"umount2", "x86:umount2", "x32:umount2", "socket (some arguments)"} <= set(looser["items"]),
                  f"looser: {looser}")
        tap.check({"mount", "x86:mount", "socket (some arguments)"} <= set(stricter["items"]), f"stricter: {stricter}")
        tap.check(not any("getpid" in item for check in checks["seccomp"] for item in check["items"]), str(checks))


def afterwards(runtime: str) -> None:
    """Somebody who enters with more rights, and what is mounted later, is found; without them, nothing."""
    with running(runtime, spec(seccomp=FILTER, no_new_privs=True)) as box:
        enter = ["nsenter", "--target", str(box.pid), "--all", "--"]
        intruder = subprocess.Popen([*enter, "sleep", "300"], stdin=subprocess.DEVNULL)
        try:
            move_into(box, intruder.pid)
            code, checks = verify(box)
            found = findings(checks)
            tap.check(code == NEGATIVE and set(found) == {"processes"}, f"exit {code}, {found}")
            text = found["processes"][0]
            tap.check("no seccomp filter" in text and "more capabilities" in text and "no_new_privs" in text, text)
        finally:
            for child in children(intruder.pid):            # nsenter reaps it and ends
                os.kill(child, signal.SIGKILL)
            intruder.wait()
        subprocess.run([*enter, "mount", "-t", "tmpfs", "none", "/mnt"], check=True)
        code, checks = verify(box)
        tap.check(code == NEGATIVE and findings(checks) == {"mounts": ["/mnt"]}, f"exit {code}, {findings(checks)}")


def children(pid: int) -> list[int]:
    """What a process has forked, once there is something."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(stat.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"process {pid} forks nothing")


def move_into(box: Container, pid: int) -> None:
    """Put a process and what it has forked into the container's control groups."""
    for line in Path(f"/proc/{box.pid}/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        root = cgroups.ROOT if number == "0" and cgroups.mode() == "v2" else \
            cgroups.ROOT / controllers.removeprefix("name=")
        procs = root / path.lstrip("/") / "cgroup.procs"
        for one in (pid, *children(pid)) if procs.exists() else ():
            procs.write_text(str(one))


def privileged(runtime: str) -> None:
    """A privileged container is one, whatever was asked for."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    bounding = int(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines()
                        if line.startswith("CapBnd")), 16)
    if bounding != (2 << last) - 1:
        tap.skip("this host's own bounding set lacks capabilities: no container can be privileged here")
    libcap = ctypes.CDLL("libcap.so.2")
    libcap.cap_to_name.restype = ctypes.c_char_p
    names = [libcap.cap_to_name(number).decode().upper() for number in range(last + 1)]
    with running(runtime, spec(capabilities=names)) as box:
        _, checks = verify(box)
        tap.check("privileged" in findings(checks), str(checks))


def host_paths(runtime: str) -> None:
    """The socket of an engine, and the host's root, are found though they were asked for."""
    with tempfile.TemporaryDirectory() as directory:
        socket = Path(directory, "docker.sock")
        socket.touch()
        mounts = [{"destination": "/sock", "type": "bind", "source": str(socket), "options": ["rbind"]},
                  {"destination": "/host", "type": "bind", "source": "/", "options": ["bind"]}]
        with running(runtime, spec(mounts=mounts)) as box:
            code, checks = verify(box)
            tap.check(code == NEGATIVE and set(findings(checks)["host-paths"]) == {"/sock", "/host"},
                      f"exit {code}, {findings(checks)}")


def against_a_profile(runtime: str) -> None:
    """Confined by its profile, nginx passes; an older filter, looser or lacking a call, does not."""
    workload = WORKLOADS["nginx"]
    profile = learn(runtime, workload, True)
    confined = {"seccomp": profile.seccomp(), "capabilities": profile.oci_capabilities(), "no_new_privs": True}
    with container(runtime, workload.spec(**confined)) as box:
        box.run()
        workload.ready(box)
        code, checks = verify(box, "--profile", str(profile.path))
        tap.check(code == 0, f"under its own profile: {findings(checks)}")
    older = copy.deepcopy(confined)
    for rule in older["seccomp"]["syscalls"]:
        if "accept4" in rule["names"]:
            rule["names"][rule["names"].index("accept4")] = "keyctl"
    with running(runtime, spec(**older)) as box:
        code, checks = verify(box, "--profile", str(profile.path))
        items = findings(checks).get("seccomp", [])
        tap.check(code == NEGATIVE and set(items) == {"keyctl", "accept4"}, f"exit {code}, {findings(checks)}")


POD = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      {pod}
      containers:
      - name: other
        image: x
      - name: web
        image: x
        securityContext: {{{context}}}
"""


def manifest(runtime: str) -> None:
    """What a pod's manifest asks for, and its node silently did not do, is found"""
    good = ("capabilities: {drop: [ALL], add: [KILL]}, allowPrivilegeEscalation: false, runAsNonRoot: true, "
            "readOnlyRootFilesystem: true, seccompProfile: {type: Localhost, localhostProfile: web.json}")
    rows = [                    # what the manifest asks, what is found of it in a container that has it all, and in a bare one
        (good, set(), {"capabilities", "no-new-privileges", "user", "root-filesystem", "seccomp"}),
        ("seccompProfile: {type: RuntimeDefault}", set(), {"seccomp"}),
        ("runAsUser: 1000", set(), {"user"}),
        ("appArmorProfile: {type: Localhost, localhostProfile: web}", {"label"}, {"label"}),
        ("privileged: true", set(), set()),
    ]
    with tempfile.TemporaryDirectory() as directory, \
            running(runtime, spec(seccomp=FILTER, no_new_privs=True, read_only=True, user="nobody",
                                  capabilities=["CAP_KILL"])) as confined, running(runtime, spec()) as bare:
        Path(directory, "web.json").write_text(json.dumps(FILTER))
        os.utime(Path(directory, "web.json"), (0, 0))       # older than the container, as it should be
        file = Path(directory, "pod.yaml")
        options = ("--manifest", str(file), "--in-pod", "web", "--seccomp-root", directory)
        for context, found_in_confined, found_in_bare in rows:
            file.write_text(POD.format(pod="hostIPC: false", context=context))
            for box, want in ((confined, found_in_confined), (bare, found_in_bare)):
                code, checks = verify(box, *options)
                found = set(findings(checks))
                tap.check(found == want and code == bool(want), f"{context}: exit {code}, {findings(checks)}")
        # The file was changed after the container started, and the container never heard of it.
        other = copy.deepcopy(FILTER)
        other["syscalls"][0]["names"] = ["umount2"]
        Path(directory, "web.json").write_text(json.dumps(other))
        file.write_text(POD.format(pod="hostIPC: false", context=good))
        code, checks = verify(confined, *options)
        text = next(c["text"] for c in checks["seccomp"] if c["result"] == "finding")
        tap.check("written after the container had started" in text, text)
        Path(directory, "web.json").unlink()
        for words, code, text in [(options, 4, "not on this node"), (("--manifest", str(file)), 5, "2 containers"),
                                  (("--manifest", str(file), "--in-pod", "no"), 4, "no container")]:
            done = merlon.run("confine", "verify", *words, confined.id, check=False)
            tap.check(done.returncode == code and text in done.stderr, f"{words}: {done.returncode} {done.stderr}")


def engines(runtime: str) -> None:
    """Containers of an engine are found by name, with the bundle that the engine wrote."""
    with running(runtime, spec()) as box:
        _, checks = verify(box)
        tap.check(checks["capabilities"][0]["result"] == "ok" and not findings(checks), str(findings(checks)))


def refused() -> None:
    """Nothing to verify: no container, no process, no bundle"""
    for words, code, text in [(["no-such"], 4, "no running container"), ([], 2, "--all or --pid"),
                              (["--pid", "x"], 2, "number of a process"),
                              (["--pid", str(os.getpid())], 4, "--profile, --bundle or --manifest"),
                              (["--pid", "4194304", "--bundle", "/no/such"], 4, "/no/such")]:
        done = merlon.run("confine", "verify", *words, check=False)
        tap.check(done.returncode == code and text in done.stderr, f"{words}: {done.returncode} {done.stderr}")


def main() -> None:
    """Every runtime that is here."""
    bare = (all_as_asked, other_than_asked, filters, afterwards, privileged, host_paths, against_a_profile,
            manifest)
    with tap.Suite("confine verify") as suite:
        for runtime in ("runc", "crun", "podman", "containerd"):
            works, why = available(runtime)
            if not works:
                suite.skip(f"{runtime}: verify", why)
                continue
            for test in bare if runtime in ("runc", "crun") else (engines,):
                suite.run(test, runtime, name=f"{runtime}: {(test.__doc__ or '').rstrip('.')}")
        suite.run(refused)


if __name__ == "__main__":
    main()
