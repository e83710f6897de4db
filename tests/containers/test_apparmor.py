#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The closed loop with AppArmor: record a server, run it again under the profile made of that, enforcing, with its rarer
actions: the kernel denies nothing.  Then somebody gets in, and gets nowhere, while the server serves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import kernel_log
import merlon
import tap
from container import Container, available, container
from intruder import ATTEMPT, attack
from merlon import learn, live
from programs import build as programs
from spec import Spec
from workloads import WORKLOADS, Workload

SERVERS = ("nginx", "redis", "postgres")
_DENIED = re.compile(r'apparmor="(DENIED|ALLOWED)".*? profile="([^"]*)"')

# What somebody who has taken over a process tries, in words of Python; "denied" is what the kernel must say to it.
ATTACKS = {
    "runs a program that it brought": "os.execv('/tmp/dropped', ['dropped', 'list'])",
    "runs a program of the image": "os.execv('/usr/bin/env', ['env'])",
    "writes where the server does not": "open('/etc/cron', 'w')",
    "writes the server's configuration": "open('/etc/nginx/rig.conf', 'a')",
    "reads what the server does not": "open('/etc/shadow')",
    "opens a raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "opens a packet socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "sends data out by datagrams": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "talks to the kernel's tables of routes": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
}


def load(profile: merlon.Profile, name: str, *options: str) -> str:
    """Hand the profile to the kernel; its name there."""
    text = merlon.run("profile", "export", "-f", "apparmor", "--name", name, *options, profile.path).stdout
    with tempfile.NamedTemporaryFile("w", suffix=".apparmor") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(["apparmor_parser", "--replace", "--skip-cache", file.name], capture_output=True, text=True)
    tap.check(done.returncode == 0, f"apparmor_parser: {done.stderr}\n{text}")
    return name


def said(log: kernel_log.Log, name: str, verdict: str = "DENIED") -> list[str]:
    """What the kernel said about a profile."""
    return [line for line in log.lines() if (m := _DENIED.search(line)) and m[1] == verdict and m[2] == name]


def is_confined(box: Container, name: str) -> None:
    """The container's first process runs under that profile, enforcing."""
    label = Path(f"/proc/{box.pid}/attr/current").read_text().strip()
    tap.check(label == f"{name} (enforce)", f"it runs as {label}")
    tap.check(not lapses(box), f"{lapses(box)}")


def lapses(box: Container) -> list[str]:
    """What an inspection of the host says about profiles of the container that are not in force."""
    done = merlon.run("inspect", "--host", "--json", "--check", "MRL-155", "--fail-on", "never", box.id)
    return [f["value"] for f in json.loads(done.stdout)["findings"] if f["outcome"] == "fail"]


def closed_loop(runtime: str, workload: Workload) -> None:
    """Learn, confine, live again."""
    name = load(learn(runtime, workload), f"merlon-{workload.name}")
    log = kernel_log.Log()
    with container(runtime, workload.spec(apparmor=name)) as box:
        live(workload, box, at_ready=lambda: is_confined(box, name))
    denials = said(log, name)
    tap.check(not denials, "\n".join(denials))


def intruder(runtime: str, suite: tap.Suite) -> None:
    """Somebody in nginx's container, in an interpreter that its profile allows for the sake of this test."""
    workload = WORKLOADS["nginx"]
    profile = learn(runtime, workload, entered=("python3", "-S", "-c", ATTEMPT.format(code="pass")))
    name = load(profile, "merlon-victim", "--with-entered")
    log = kernel_log.Log()
    files: dict[str, bytes | Path] = {"/tmp/dropped": programs.programs() / "intruder"}
    with container(runtime, workload.spec(files=files, apparmor=name)) as box:
        box.run()
        workload.ready(box)
        done = attack(box, "pass")
        suite.ok(done.returncode == 0, f"{runtime}: an intruder gets as far as an interpreter", done.stdout, done.stderr)
        for what, code in ATTACKS.items():
            done = attack(box, code)
            suite.ok(done.returncode == 7 and "denied" in done.stdout, f"{runtime}: an intruder {what}: denied",
                     f"exit {done.returncode}", done.stdout, done.stderr)
        with suite.case(f"{runtime}: nginx serves all the while"):
            workload.drive(box)
        suite.ok(len(said(log, name)) >= len(ATTACKS) / 2, f"{runtime}: the kernel tells of the attempts", *log.lines())
    # The test can fail: without the profile all of this is done.
    with container(runtime, workload.spec(files=files)) as box:
        box.run()
        workload.ready(box)
        for what, code in ATTACKS.items():
            done = attack(box, code)
            suite.ok(done.returncode in (0, 1), f"{runtime}: without the profile an intruder {what}",
                     f"exit {done.returncode}", done.stdout, done.stderr)


def every_layer(runtime: str) -> None:
    """nginx lives under all layers of one recording at once"""
    workload = WORKLOADS["nginx"]
    profile = learn(runtime, workload, nnp=True)
    name = load(profile, "merlon-every")
    log = kernel_log.Log()
    spec = workload.spec(apparmor=name, seccomp=profile.seccomp(), capabilities=profile.oci_capabilities(), no_new_privs=True)
    with container(runtime, spec) as box, merlon.Recording("--wait", "-c", box.id, name="every") as recording:
        live(workload, box, at_ready=lambda: is_confined(box, name))
        recording.stop()
        refused = recording.profile().names(refused=True) - {"clone3"}
    tap.check(not refused, f"refused by seccomp: {refused}")
    denials = said(log, name)
    tap.check(not denials, "\n".join(denials))


# Files with odd names, written and read back: in a profile such a name is escaped in one way, in AppArmor's text in another.
_NAMES = """\
import os
odd = [1, 9, 10, 13, 27, 32, *b"!\\"#$%&'()*+,:;<=>?@[]^`{|}~", 92, 127, 128, 255]
for number, byte in enumerate(odd):
    name = b"/var/tmp/x" + bytes([byte]) + b"y"
    with open(name, "wb") as file:
        file.write(b"text")
    with open(name, "rb") as file:
        assert file.read() == b"text", name
    os.unlink(name)
for name in ("/var/tmp/for ever", "/var/tmp/\u00fc\u2028", "/var/tmp/\\\\", "/var/tmp/a\\"b\\"c"):
    open(name, "w").close()
print("names: ok")
"""


def odd_names(runtime: str) -> None:
    """names of files with every odd character are allowed as they were seen, and no others"""
    workload = Workload("names", ["python3", "-S", "-c", _NAMES], says="names: ok")
    name = load(learn(runtime, workload), "merlon-names", "--exact-paths")
    log = kernel_log.Log()
    with container(runtime, workload.spec(apparmor=name)) as box:
        box.run()
        workload.drive(box)
    denials = said(log, name)
    tap.check(not denials, "\n".join(denials))
    with container(runtime, workload.spec(args=["python3", "-S", "-c", _NAMES.replace("/x", "/z")], apparmor=name)) as box:
        box.run()
        tap.check(box.wait() != 0 and "PermissionError" in box.output(), f"other names are allowed: {box.output()}")


def complain(runtime: str) -> None:
    """complain mode: it is done, and told"""
    name = load(learn(runtime, WORKLOADS["static"]), "merlon-complains", "--complain")
    log = kernel_log.Log()
    with container(runtime, Spec(["cat", "/etc/hostname"], apparmor=name)) as box:
        box.run()
        tap.check(box.wait() == 0, f"it was not done: {box.output()}")
    tap.check(said(log, name, "ALLOWED"), "the kernel told nothing")
    tap.check(not said(log, name), "something was denied")
    with container(runtime, Spec(["sleep", "300"], apparmor=name)) as box:
        box.run()
        tap.check([value for value in lapses(box) if "complain mode" in value], f"not found: {lapses(box)}")


def main() -> None:
    """Closed loops, then the intruder."""
    with tap.Suite("apparmor: the closed loop") as suite:
        if not Path("/sys/kernel/security/apparmor/profiles").exists():
            suite.skip("apparmor", "this kernel has no AppArmor, or it is off")
            return
        kernel_log.unlimited()
        runtimes = ("runc",) if "--quick" in sys.argv else ("runc", "crun")
        for runtime in runtimes:
            works, why = available(runtime)
            if not works:
                suite.skip(f"{runtime}: closed loops", why)
                continue
            for server in SERVERS:
                suite.run(closed_loop, runtime, WORKLOADS[server],
                          name=f"{runtime}: {server}: no denial under its own profile")
        suite.run(every_layer, "runc")
        suite.run(odd_names, "runc")
        suite.run(complain, "runc")
        intruder("runc", suite)


if __name__ == "__main__":
    main()
