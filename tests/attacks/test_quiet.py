#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ordinary containers raise nothing above notice: servers in use, an installation, a build, scheduled jobs.

Host only: what is installed comes from Debian's archive, and is kept with what else the rig makes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon  # noqa: F401  (first: it puts the rig on the path)
import artefact
import rootfs
import tap
from archive import Archive
from container import Container, container
from spec import Spec
from stage import SHIPPED
from watch import described, urgent, watching
from workloads import WORKLOADS

PACKAGES = ("make", "gcc", "libc6-dev", "cron", "logrotate", "sudo")

INSTALL = "set -e; apt-get install -y --no-install-recommends /packages/*.deb; apt-get clean; dpkg -l >/dev/null"

# Tests of configure, a library, a program that is run from where it was built, and tidying up.
BUILD = """
set -e
mkdir -p /src/build && cd /src
cat >configure <<'END'
echo 'int main(void) { return 0; }' >conftest.c
gcc -o conftest conftest.c
./conftest
rm -f conftest conftest.c
END
cat >hello.c <<'END'
#include <stdio.h>
int main(void) { puts("hello"); return 0; }
END
cat >Makefile <<'END'
all: build/hello check
build/hello: hello.c ; gcc -O2 -o $@ $<
check: build/hello ; build/hello
install: all ; install -m 755 build/hello /usr/local/bin
clean: ; rm -rf build
END
sh configure
make
make install
make clean
hello
"""

# @reboot: cron need not be waited for until the next minute.
CRON: dict[str, bytes | Path] = {
    "/etc/cron.d/jobs": b"@reboot root run-parts /etc/cron.hourly\n@reboot root logrotate --force /etc/logrotate.conf\n"
                        b"@reboot www-data find /var/www -type f | wc -l\n@reboot root touch /srv/done\n",
    "/etc/cron.hourly/tidy": b"#!/bin/sh\nfind /tmp -type f -mtime +7 -delete\ndu -s /var/log >/dev/null\n",
}
RUN_CRON = """
chmod 755 /etc/cron.hourly/tidy
cron
for i in $(seq 100); do [ -e /srv/done ] && exit 0; sleep 0.1; done
exit 1
"""

# A master that binds, forks workers, replaces one that died, and ends them all: as application servers do.
WORKERS = b"""
import os, signal, socket, sys, tempfile

server = socket.create_server(("127.0.0.1", 8000))

def work():
    heartbeat = tempfile.TemporaryFile()
    while True:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            os.fchmod(heartbeat.fileno(), 0)
            connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nhello")

def worker():
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(65534)
        work()
    return pid

workers = {worker() for _ in range(3)}
for number in range(20):
    with socket.create_connection(("127.0.0.1", 8000)) as client:
        client.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        assert client.recv(4096)
    if number == 10:
        os.kill(dead := workers.pop(), signal.SIGKILL)
        os.waitpid(dead, 0)
        workers.add(worker())
for pid in workers:
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
"""


def packages() -> Path:
    """The directory with PACKAGES and what they need, made once."""
    def make(aside: Path) -> None:
        artefact.say(f"downloading {', '.join(PACKAGES)} and what they need")
        state = aside.with_name(f"{aside.name}.apt")
        (aside / "partial").mkdir(parents=True)
        archive = Archive(state)
        archive.update()
        archive.download_missing(rootfs.rootfs(), PACKAGES, aside)
        artefact.remove(state)

    stamp = artefact.recipe(*PACKAGES, artefact.stamp_of(rootfs.rootfs()))
    return artefact.build(artefact.rig_dir() / "packages", stamp, make)


def image() -> Path:
    """A layer in which they are installed, made once."""
    def make(aside: Path) -> None:
        with container("runc", debian(INSTALL)) as box:
            box.run()
            ended(box)
            box.delete()
            subprocess.run(["cp", "-a", box.bundle / "upper", aside], check=True)

    stamp = artefact.recipe(INSTALL, artefact.stamp_of(packages()))
    return artefact.build(artefact.rig_dir() / "installed", stamp, make)


def quiet(spec: Spec, life: Callable[[Container], None]) -> None:
    """A container's whole life below a guard that is there before it."""
    with watching(sources=SHIPPED) as watch, container("runc", spec) as box:
        box.run()
        life(box)
        identifier, output = box.id, box.output()
    raised = watch.alerts.all_of(identifier)
    print("# at most notices:", ", ".join(sorted({alert["rule"] for alert in raised})) or "nothing at all")
    tap.check(not urgent(raised), f"{described(urgent(raised))}\n{output[-1000:]}")


def served(name: str) -> None:
    """A server in ordinary and rare use, to its end."""
    workload = WORKLOADS[name]

    def life(box: Container) -> None:
        workload.ready(box)
        workload.drive(box)
        workload.rare(box)
        workload.stop(box)

    quiet(workload.spec(), life)


def ended(box: Container) -> None:
    """A container that does its work and ends."""
    status = box.wait(300)
    tap.check(status == 0, f"exit status {status}: {box.output()[-2000:]}")


def debian(script: str, *layers: Path, files: dict[str, bytes | Path] | None = None) -> Spec:
    """A container in which packages can be installed, or are."""
    mount = {"destination": "/packages", "type": "bind", "source": str(packages()), "options": ["bind", "ro"]}
    return Spec(["/bin/bash", "-c", script], name="quiet", mounts=[mount], layers=layers, files=files or {},
                environment={"DEBIAN_FRONTEND": "noninteractive"})


def installation() -> None:
    """apt installs a compiler, cron and sudo"""
    quiet(debian(INSTALL), ended)


def build() -> None:
    """configure, make, make install"""
    quiet(debian(BUILD, image()), ended)


def scheduled() -> None:
    """cron runs jobs, logrotate among them"""
    quiet(debian(RUN_CRON, image(), files=CRON), ended)


def workers() -> None:
    """a Python server with workers"""
    quiet(Spec(["python3", "/srv/app.py"], name="workers", files={"/srv/app.py": WORKERS}), ended)


def main() -> None:
    """Servers, then the rest."""
    with tap.Suite("ordinary containers are quiet") as suite:
        for name in ("nginx", "redis", "postgres", "python", "shell"):
            suite.run(served, name, name=f"{name}, in use")
        suite.run(workers)
        suite.run(installation)
        suite.run(build)
        suite.run(scheduled)


if __name__ == "__main__":
    main()
