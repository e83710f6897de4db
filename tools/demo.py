#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Merlon on a container that it makes: `make run` records one and says what it learned; `make demo` goes on to confine
it and to attack it, without and with its profile."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "tests" / "containers"), str(TOP / "tests" / "rig")]

ATTACKS = ("unshare", "clone_newuser", "ptrace", "keyctl", "io_uring_setup", "af_alg", "af_packet", "af_vsock", "chroot")


def say(text: str = "") -> None:
    """A line of the tour."""
    print(text, flush=True)


def show(command: list[str | Path], keep: int = 1000) -> None:
    """Run a command as a person would type it, with its output."""
    say(f"$ {' '.join(os.path.relpath(c) if isinstance(c, Path) else c for c in command)}")
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    lines = output.splitlines()
    for line in lines[:keep]:
        say(line)
    if len(lines) > keep:
        say(f"... ({len(lines) - keep} more lines)")
    say()


def record(out: Path) -> Path:
    """Record nginx in a container of ours, from its first moment, while it is used and reloaded."""
    import merlon
    from container import container
    from workloads import WORKLOADS

    nginx = WORKLOADS["nginx"]
    with container("runc", nginx.spec()) as box:
        say(f"A container: nginx under runc, called {box.id}. Merlon waits for it, then it starts, serves, reloads "
            "and stops.\n")
        command = [merlon.BINARY, "record", "--wait", "--container", box.id, "--name", "nginx", "--output", out]
        say(f"$ merlon {' '.join(map(str, command[1:-1]))} {os.path.relpath(out)}")
        with merlon.Recording("--wait", "-c", box.id, name="nginx") as recording:
            box.run()
            nginx.ready(box)
            nginx.drive(box)
            nginx.rare(box)
            nginx.stop(box)
            box.delete()
            recording.stop()
            out.mkdir(parents=True, exist_ok=True)
            for path in recording.directory.glob("nginx.*"):
                (out / path.name).write_bytes(path.read_bytes())
            say(recording.log.read_text().split("\n", 1)[1].replace(str(recording.directory), os.path.relpath(out)))
    return out / "nginx.merlon.json"


def attack(seccomp: dict | None, capabilities: list[str] | None) -> dict[str, str]:
    """What an intruder in the container achieves; nginx must serve afterwards."""
    from container import container
    from programs import build as programs
    from workloads import WORKLOADS

    nginx, results = WORKLOADS["nginx"], {}
    spec = nginx.spec(files={"/opt/intruder": programs.programs() / "intruder"}, seccomp=seccomp, capabilities=capabilities)
    with container("runc", spec) as box:
        box.run()
        nginx.ready(box)
        for action in ATTACKS:
            done = box.exec("/opt/intruder", action)
            results[action] = "WORKS" if done.returncode == 1 else "denied" if done.returncode == 0 else "fails"
        nginx.drive(box)
    return results


def tour(profile: Path, binary: Path) -> None:
    """From the profile to a container that an intruder can do little in."""
    import merlon

    say("What it learned, and why a thing is allowed:\n")
    show([binary, "profile", "show", profile], keep=24)
    show([binary, "profile", "explain", profile, "socket", "CAP_NET_BIND_SERVICE", "unshare"])
    learned = merlon.Profile(profile)
    filter_ = learned.seccomp("--with-entered")
    allowed = {name for rule in filter_["syscalls"] for name in rule["names"]}
    say(f"The filter made from it allows {len(allowed)} system calls; engines' default profiles allow over 300.\n")
    say("An intruder gets a program into the container and runs it, first without, then with the profile:\n")
    before = attack(None, None)
    after = attack(filter_, learned.oci_capabilities())
    for action in ATTACKS:
        say(f"  {action:16} without: {before[action]:8} with: {after[action]}")
    say("\nnginx served all the while." + ("" if "WORKS" not in after.values() else " BUT SOMETHING WORKED."))


def main() -> int:
    """`run` or `tour`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("what", choices=("run", "tour"))
    options = parser.parse_args()
    build = options.build.resolve()
    os.environ |= {"MERLON_BINARY": str(build / "merlon"), "MERLON_RIG_DIR": str(build / "rig")}
    import rootfs
    from programs import build as programs

    say("A root file system for test containers, from Debian packages (made once, about a minute).")
    rootfs.rootfs()
    programs.programs()
    profile = record(build / "demo")
    if options.what == "tour":
        tour(profile, build / "merlon")
    else:
        say(json.dumps({"profile": os.path.relpath(profile)})[1:-1].replace('"', ""))
        say(f"Next: {os.path.relpath(build / 'merlon')} profile show {os.path.relpath(profile)}, or make demo.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
