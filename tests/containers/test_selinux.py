#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The closed loop with SELinux: record servers, make modules of that, load them with a small policy, enforce: the kernel
denies nothing.  Then somebody gets in, and gets nowhere, while the server serves.

For a machine of its own: from the first policy on, it stays."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import kernel_log
import merlon
import selinux_policy
import tap
import test_complain
from container import Container, container
from intruder import ATTEMPT, attack
from merlon import learn, live
from workloads import WORKLOADS, Workload

SERVERS = ("nginx", "redis", "postgres")
PAGES = "/var/www/html"                 # nginx's, in a volume that keeps a label of the host
_AVC = re.compile(r"avc:  denied .* scontext=(\S+)")

ATTACKS = {
    "writes into a volume that the server reads": f"open('{PAGES}/index.html', 'a')",
    "makes a file in it": f"open('{PAGES}/new', 'w')",
    "opens a raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "opens a packet socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "sends data out by datagrams": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "talks to the kernel's tables of routes": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "connects to a port that the server does not": "socket.create_connection(('127.0.0.1', 6379))",
    "listens on a port that the server does not": "socket.create_server(('127.0.0.1', 600))",
    "uses a capability that the server does not": "os.chroot('/tmp')",
}


@contextmanager
def pages(label: str) -> Iterator[dict[str, Any]]:
    """nginx's pages on a file system of their own, as what a container takes: {"mounts": ...}."""
    directory = Path("/run/merlon-test-pages")
    directory.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"context={label}", "pages", directory], check=True)
    try:
        for path, content in WORKLOADS["nginx"].files.items():
            if path.startswith(f"{PAGES}/") and isinstance(content, bytes):
                (directory / Path(path).name).write_bytes(content)
        yield {"mounts": [{"destination": PAGES, "type": "none", "source": str(directory), "options": ["bind"]}]}
    finally:
        subprocess.run(["umount", directory], check=True)


@contextmanager
def volumes(workload: Workload, label: str) -> Iterator[dict[str, Any]]:
    """What a workload has mounted besides."""
    if workload.name != "nginx":
        yield {}
        return
    with pages(label) as mounts:
        yield mounts


def learn_module(workload: Workload, name: str, entered: tuple[str, ...] = ()) -> str:
    """Record it; the module.  What label the volume has is for the recorder to find out."""
    with volumes(workload, selinux_policy.context("host_data_t")) as mounts:
        profile = learn("runc", workload, entered=entered, **mounts)
    labels = {f.get("label") for f in profile.data["files"] if f["layer"] == "app" and f["path"].startswith(PAGES)}
    tap.check(labels == ({"host_data_t"} if mounts else set()), f"labels of files in the volume: {labels}")
    also = ["--with-entered"] if entered else []
    return merlon.run("profile", "export", "-f", "selinux", "--name", name, *also, profile.path).stdout


def process_label(name: str) -> str:
    """What a module's type is called."""
    return f"system_u:system_r:{name.replace('-', '_')}.process:s0"


@contextmanager
def confined(workload: Workload, name: str) -> Iterator[Container]:
    """A container with the label that a module defines."""
    with volumes(workload, selinux_policy.context("host_data_t")) as mounts, \
            container("runc", workload.spec(selinux=process_label(name), **mounts,
                                            mount_label=selinux_policy.context("container_file_t"))) as box:
        yield box


def is_confined(box: Container, name: str) -> None:
    """The container's first process has that label."""
    label = Path(f"/proc/{box.pid}/attr/current").read_text().strip("\0\n")
    tap.check(label == process_label(name), f"it runs as {label}")


def denials(log: kernel_log.Log, name: str) -> list[str]:
    """What the kernel denied a module's type."""
    return [line for line in log.lines() if (m := _AVC.search(line)) and m[1] == process_label(name)]


def closed_loop(workload: Workload) -> None:
    """Live under the module."""
    name = f"merlon-{workload.name}"
    log = kernel_log.Log()
    with confined(workload, name) as box:
        live(workload, box, at_ready=lambda: is_confined(box, name))
    denied = denials(log, name)
    tap.check(not denied, "\n".join(denied))


def intruder(suite: tap.Suite) -> None:
    """Somebody in nginx's container."""
    workload = WORKLOADS["nginx"]
    log = kernel_log.Log()
    with confined(workload, "merlon-victim") as box:
        box.run()
        workload.ready(box)
        done = attack(box, "pass")
        suite.ok(done.returncode == 0, "an intruder gets as far as an interpreter", done.stdout, done.stderr)
        for what, code in ATTACKS.items():
            done = attack(box, code)
            suite.ok(done.returncode == 7 and "denied" in done.stdout, f"an intruder {what}: denied",
                     f"exit {done.returncode}", done.stdout, done.stderr)
        with suite.case("nginx serves all the while"):
            workload.drive(box)
        suite.ok(len(denials(log, "merlon-victim")) >= len(ATTACKS), "the kernel tells of the attempts", *log.lines())
    with volumes(workload, selinux_policy.context("host_data_t")) as mounts, \
            container("runc", workload.spec(**mounts)) as box:
        box.run()
        workload.ready(box)
        for what, code in ATTACKS.items():
            done = attack(box, code)
            suite.ok(done.returncode in (0, 1), f"without the module an intruder {what}",
                     f"exit {done.returncode}", done.stdout, done.stderr)


def complains(profile: merlon.Profile) -> None:
    """permissive: it is done, told, and folded back"""
    with test_complain.Watch() as watch, test_complain.serving("runc", test_complain.spec(
            selinux=process_label("merlon-complains"), mount_label=selinux_policy.context("container_file_t"))) as box:
        tap.check(box.within_net(test_complain.get, "/chown") == b"done", "chown is not done in a permissive domain")
        told = [d for d in watch.end() if d["layer"] == "selinux" and d.get("target") == "chown"]
    tap.check(len(told) == 1 and told[0]["operation"] == "capability" and not told[0]["enforced"], f"{told}")
    tap.check(told[0]["parents"] and told[0]["label"] == process_label("merlon-complains"), f"{told}")
    code, verdicts = test_complain.fold(profile, watch.file, "--accept", "CAP_CHOWN")
    tap.check(verdicts["chown"] == "folded", f"{code} {verdicts}")
    tap.check("chown" in merlon.run("profile", "export", "-f", "selinux", profile.path).stdout, "chown is not in the module")


def main() -> None:
    """Learn, then load what was learned."""
    with tap.Suite("selinux: the closed loop") as suite:
        enforcing = selinux_policy.SELINUX / "enforce"
        if not enforcing.exists() or not shutil.which("secilc"):
            suite.skip("selinux", "this kernel has no SELinux, or it is off, or secilc is not installed")
            return
        if Path("/proc/self/attr/current").read_text().strip("\0\n") != "kernel":
            suite.skip("selinux", "there is a policy already")
            return
        kernel_log.unlimited()
        selinux_policy.load([])
        modules = {}
        for server in SERVERS:
            with suite.case(f"{server}: learned"):
                modules[server] = learn_module(WORKLOADS[server], f"merlon-{server}")
        with suite.case("modules compile, and the kernel takes them"):
            modules["victim"] = learn_module(WORKLOADS["nginx"], "merlon-victim",
                                             entered=("python3", "-S", "-c", ATTEMPT.format(code="pass")))
            permissive = test_complain.learn("runc")
            modules["complains"] = merlon.run("profile", "export", "-f", "selinux", "--name", "merlon-complains",
                                              "--complain", permissive.path).stdout
            selinux_policy.load(list(modules.values()))
            tap.check(enforcing.read_text() == "1", "not enforcing")
        for server in SERVERS:
            suite.run(closed_loop, WORKLOADS[server], name=f"{server}: no denial under its own module")
        suite.run(complains, permissive)
        intruder(suite)


if __name__ == "__main__":
    main()
