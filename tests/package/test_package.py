#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian package as an administrator meets it: installed, run as a service would be, removed, purged.

    test_package.py PACKAGE
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))

import archive
import artefact
import tap

PACKAGE = Path(sys.argv[1]).resolve() if len(sys.argv) == 2 else None
RELEASE = "bookworm"
UNIT = "merlon-guard.service"
SECONDS = 60
BOUND = ("proc", "sys", "dev")
OURS = ("usr/bin/merlon", "usr/share/merlon", "usr/share/doc/merlon", f"lib/systemd/system/{UNIT}",
        "usr/lib/sysusers.d/merlon.conf", "usr/lib/tmpfiles.d/merlon.conf", "usr/share/man/man1/merlon-guard.1.gz")
STATE = ("etc/default/merlon-guard", "var/lib/merlon", "run/merlon-guard")


def dependencies() -> list[str]:
    """What it depends on, of alternatives the last but one: systemd without being one."""
    fields = subprocess.run(["dpkg-deb", "-f", PACKAGE, "Depends"], check=True, capture_output=True, text=True).stdout
    names = []
    for group in fields.split(","):
        alternatives = [re.sub(r"\(.*\)", "", name).strip() for name in group.split("|")]
        names.append(alternatives[min(1, len(alternatives) - 1)])
    return names


def base() -> Path:
    """A Debian that has these, and nothing of ours."""
    packages = [*dependencies(), "init-system-helpers"]
    return artefact.build(artefact.rig_dir() / "package-root", artefact.recipe(RELEASE, *packages), lambda aside: _make(aside, packages))


def _make(aside: Path, packages: list[str]) -> None:
    artefact.say("building a Debian for the package (about a minute)")
    subprocess.run(["mmdebstrap", "--mode=root", "--variant=minbase", '--aptopt=APT::Install-Recommends "false"',
                    f"--include={','.join(packages)}", RELEASE, str(aside), *archive.sources()],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Tree:
    """A root that can be written to, with the kernel's file systems in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command in it."""
        return subprocess.run(["chroot", self.path, *command], check=check, text=True, capture_output=True, timeout=300,
                              stdin=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})

    def has(self, name: str) -> bool:
        """Whether that is there, a link to nowhere too."""
        return os.path.lexists(self.path / name)


@contextmanager
def tree() -> Iterator[Tree]:
    """A copy of the base that is thrown away."""
    lower = base()
    with tempfile.TemporaryDirectory(dir=artefact.rig_dir()) as directory:
        root = Path(directory, "root")
        for name in ("root", "upper", "work"):
            Path(directory, name).mkdir()
        options = f"lowerdir={lower},upperdir={directory}/upper,workdir={directory}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, root], check=True)
        try:
            for name in BOUND:
                subprocess.run(["mount", "--rbind", f"/{name}", root / name], check=True)
                subprocess.run(["mount", "--make-rslave", root / name], check=True)
            yield Tree(root)
        finally:
            for name in BOUND:
                subprocess.run(["umount", "-R", "-l", root / name], check=False)
            subprocess.run(["umount", "-l", root], check=True)


class Manager:
    """Listens as a service manager does."""

    def __init__(self, root: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(root / "notify"))
        os.chmod(root / "notify", 0o777)

    def wait_for(self, word: str, seconds: float = SECONDS) -> bool:
        """Whether that is said until then."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if word in self.socket.recv(4096).decode().splitlines():
                    return True
            except TimeoutError:
                break
        return False


def installed(place: Tree) -> None:
    """it installs: files, user, service, and what it says of itself"""
    (place.path / "merlon.deb").write_bytes(PACKAGE.read_bytes() if PACKAGE else b"")
    done = place.run("dpkg", "--install", "/merlon.deb", check=False)
    tap.check(done.returncode == 0, done.stdout + done.stderr)
    missing = [name for name in (*OURS, "etc/default/merlon-guard") if not place.has(name)]
    tap.check(not missing, f"not there: {missing}")
    tap.check(place.has(f"etc/systemd/system/multi-user.target.wants/{UNIT}"), "the service is not enabled")
    tap.check("/var/lib/merlon" in place.run("getent", "passwd", "merlon").stdout, "there is no user")
    tap.check(re.search(r"\d+\.\d+", place.run("merlon", "version").stdout), "it does not run")
    done = place.run("merlon", "rules", "check", "/usr/share/merlon/rules", check=False)
    tap.check(done.returncode == 0, done.stdout + done.stderr)


def verified(place: Tree) -> None:
    """the unit says nothing that systemd does not know"""
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={place.path}", UNIT], text=True, capture_output=True)
    # There is no systemd in that root.
    ours = [line for line in done.stderr.splitlines() if "merlon" in line and "sysinit.target" not in line]
    tap.check(not ours, "\n".join(ours))


def served(place: Tree) -> None:
    """it says when it watches; its watchdog starves while the engine hangs; it stops in order"""
    manager = Manager(place.path)
    command = ["chroot", place.path, "/usr/bin/merlon", "guard"]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NOTIFY_SOCKET": "/notify", "WATCHDOG_USEC": "2000000"}
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as process:
        try:
            tap.check(manager.wait_for("READY=1"), f"it is not ready, exit {process.poll()}")
            tap.check(manager.wait_for("WATCHDOG=1", 5), "the watchdog is not fed")
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            names = {Path(f"/proc/{child}/comm").read_text().strip(): int(child) for child in children}
            os.kill(names["merlon-engine"], signal.SIGSTOP)
            time.sleep(1)
            manager.wait_for("what was said before is passed over", 0.1)
            tap.check(not manager.wait_for("WATCHDOG=1", 3), "the watchdog is fed while the engine hangs")
            os.kill(names["merlon-engine"], signal.SIGCONT)
            tap.check(manager.wait_for("WATCHDOG=1", 5), "the watchdog is not fed again")
            process.send_signal(signal.SIGTERM)
            tap.check(manager.wait_for("STOPPING=1", 5), "it does not say that it stops")
            assert process.stderr
            tap.check(process.wait(SECONDS) in (0, 1), f"exit {process.returncode}: {process.stderr.read()}")
        finally:
            if process.poll() is None:
                process.terminate()
    store = place.path / "var/lib/merlon/alerts.db"
    tap.check(store.stat().st_uid == int(place.run("id", "-u", "merlon").stdout), "the store is not merlon's")


def purged(place: Tree) -> None:
    """removed it leaves its configuration and alerts, purged nothing but its user"""
    place.run("dpkg", "--remove", "merlon")
    left = [name for name in OURS if place.has(name)]
    tap.check(not left, f"removed, and there: {left}")
    tap.check(place.has("etc/default/merlon-guard") and place.has("var/lib/merlon/alerts.db"), "removed, and not there")
    place.run("dpkg", "--purge", "merlon")
    left = [name for name in (*STATE, f"etc/systemd/system/multi-user.target.wants/{UNIT}", f"etc/systemd/system/{UNIT}")
            if place.has(name)]
    tap.check(not left, f"purged, and there: {left}")


def main() -> None:
    """In their order: each begins where the one before ended."""
    if not PACKAGE:
        sys.exit(__doc__)
    with tap.Suite("package") as suite, tree() as place:
        for test in (installed, verified, served, purged):
            suite.run(test, place)


if __name__ == "__main__":
    main()
