#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who a container is: the same answer from control groups and files, whichever engine runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import merlon  # first: it puts the rig on the path
import rootfs
import tap
from container import RUNTIMES, available, container
from spec import Spec
from workloads import WORKLOADS


@contextmanager
def dockerd() -> Iterator[list[str]]:
    """A daemon of our own, with an image of one program; how to call its client."""
    if not shutil.which("dockerd"):
        tap.skip("docker.io is not installed")
    if Path("/run/docker.sock").exists() or Path("/run/docker.pid").exists():
        tap.skip("another dockerd is here")
    client = shutil.which("docker", path="/usr/bin") or "docker"
    before = set(Path("/run").iterdir())
    with tempfile.TemporaryDirectory(prefix="merlon-docker-") as directory:
        socket = f"unix://{directory}/socket"
        with open(f"{directory}/log", "wb") as log:
            daemon = subprocess.Popen(["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "-H", socket,
                                       "--data-root", f"{directory}/data", "--pidfile", f"{directory}/pid"],
                                      stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        docker = [client, "-H", socket]
        try:
            deadline = time.monotonic() + 60
            while subprocess.run([*docker, "version"], capture_output=True).returncode:
                if daemon.poll() is not None or time.monotonic() > deadline:
                    tap.skip(f"dockerd does not run here: {Path(directory, 'log').read_text()[-300:]}")
                time.sleep(0.2)
            busybox = subprocess.run(["tar", "-C", rootfs.rootfs(), "-c", "bin/busybox"], check=True, capture_output=True)
            subprocess.run([*docker, "import", "-", "rig:one"], input=busybox.stdout, check=True, capture_output=True)
            yield docker
        finally:
            daemon.terminate()
            daemon.wait(60)
    for new in set(Path("/run").iterdir()) - before:
        if new.name in ("docker", "containerd"):
            shutil.rmtree(new, ignore_errors=True)


def docker_seen() -> None:
    """docker: its container is known by name and image, recorded from its birth, and verified"""
    with dockerd() as docker, merlon.Recording("--wait", "-c", "web", name="docker") as recording:
        done = subprocess.run([*docker, "run", "--detach", "--name", "web", "--network", "none", "--security-opt",
                               "no-new-privileges", "rig:one", "/bin/busybox", "sh", "-c",
                               "busybox mkdir /made; while :; do busybox sleep 1; done"], capture_output=True, text=True)
        tap.check(done.returncode == 0, done.stderr)
        try:
            who = listed("web")
            tap.check(who["engine"] == "docker" and who["id"] == done.stdout.strip(), f"{who}")
            tap.check(who["image"] == "rig:one" and who["imageDigest"].startswith("sha256:") and who["pid"], f"{who}")
            found = merlon.run("confine", "verify", "--json", "web", check=False)
            checks = {c["subject"]: c["result"] for c in json.loads(found.stdout)[0]["checks"]}
            tap.check(found.returncode == 0 and checks["seccomp"] == "ok" and checks["no-new-privileges"] == "ok",
                      f"{checks} {found.stderr}")
            time.sleep(1)
        finally:
            subprocess.run([*docker, "rm", "--force", "web"], check=True, capture_output=True)
        recording.stop()
        profile = recording.profile()
    tap.check(profile.data["recording"]["startSeen"] and "mkdir" in profile.names(), f"{sorted(profile.names())}")
    tap.check(not {"pivot_root", "setns", "unshare", "mount", "seccomp"} & profile.names(), f"{sorted(profile.names())}")


def lxc_seen() -> None:
    """lxc: its container is known by name"""
    if not shutil.which("lxc-start"):
        tap.skip("lxc is not installed")
    name = f"merlon-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="merlon-lxc-") as directory:
        for place in ("root/bin", "root/proc", "root/dev", "root/sys"):
            Path(directory, place).mkdir(parents=True)
        shutil.copy(rootfs.rootfs() / "bin/busybox", Path(directory, "root/bin/busybox"))
        config = Path(directory, "config")
        config.write_text(f"lxc.uts.name = {name}\nlxc.rootfs.path = dir:{directory}/root\nlxc.net.0.type = empty\n"
                          "lxc.init.cmd = /bin/busybox sleep 300\nlxc.apparmor.profile = unconfined\n")
        done = subprocess.run(["lxc-start", "-P", directory, "-f", config, "-n", name, "-o", f"{directory}/log"],
                              capture_output=True, text=True)
        if done.returncode:
            tap.skip(f"lxc does not run here: {Path(directory, 'log').read_text()[-300:]}")
        try:
            who = listed(name)
            tap.check(who["engine"] == "lxc" and who["pid"], f"{who}")
            tap.check("busybox" in Path(f"/proc/{who['pid']}/exe").readlink().name, f"{who}")
        finally:
            subprocess.run(["lxc-stop", "-P", directory, "-n", name, "--kill"], check=True, capture_output=True)


def listed(identifier: str) -> dict[str, object]:
    """What `merlon containers` says of a container."""
    everything = json.loads(merlon.run("containers", "--json").stdout)
    found = [c for c in everything if c["id"] == identifier or c["name"] == identifier]
    tap.check(len(found) == 1, f"{identifier}: found {len(found)} times in {[c['id'] for c in everything]}")
    return found[0]


def seen(runtime: str) -> None:
    """A running container is listed once, with its engine, its process and its control group."""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box:
        box.run()
        workload.ready(box)
        who = listed(box.id)
        tap.check(who["engine"] == runtime, f"engine: {who['engine']}")
        tap.check(who["pid"] == box.pid, f"pid {who['pid']}, not {box.pid}")
        tap.check(who["cgroup"] in box.cgroup_paths().values(), f"{who['cgroup']}: {box.cgroup_paths()}")
        tap.check(box.id[:12] in merlon.run("containers").stdout, "the table for people does not list it")
        box.kill()
        box.wait(30)
    left = [c for c in json.loads(merlon.run("containers", "--json").stdout) if box.id in (c["id"], c["name"])]
    tap.check(not left, "it is listed after its end")


def recorded(runtime: str) -> None:
    """Recorded by name from its birth, under every engine; what the runtime needs itself is known."""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="engine") as recording:
        box.run()
        workload.ready(box)
        workload.drive(box)
        workload.stop(box)
        box.delete()
        recording.stop()
        profile = recording.profile()
    tap.check(profile.data["recording"]["startSeen"], "its start was not seen")
    tap.check({"execve", "listen", "accept4"} - {"execve"} <= profile.names(), f"{sorted(profile.names())}")
    tap.check(not {"pivot_root", "setns", "unshare", "mount", "seccomp"} & profile.names(),
              "the runtime's calls are in the workload")
    tap.check(profile.names("runtime"), f"the runtime's tail is not known: {profile.data['notes']}")
    tap.check(profile.data["runtime"]["name"] in ("runc", "crun"), f"runtime: {profile.data['runtime']}")
    tap.check(profile.data["runtime"].get("version"), "the runtime's version is not known")
    expected = {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID", "CAP_NET_BIND_SERVICE"}
    tap.check(profile.capabilities() == expected, f"capabilities: {profile.capabilities()}")
    listens = {(p["address"], p["port"]) for p in profile.data["network"] if p["operation"] == "listen"}
    tap.check(("127.0.0.1", 80) in listens or ("0.0.0.0", 80) in listens, f"listens on {listens}")


def files(runtime: str) -> None:
    """Files: read, written, made, renamed, linked, executed; temporary names become patterns."""
    script = ("set -e; d=$(mktemp -d); echo one >$d/a; echo two >>$d/a; mv $d/a $d/b; ln -s b $d/l; ln $d/b $d/h; "
              "chmod 600 $d/b; chown 0:0 $d/b; mkdir $d/sub; rmdir $d/sub; cat $d/b >/dev/null; truncate -s 1 $d/b; "
              "rm $d/l $d/h $d/b; rmdir $d; cd /etc; cat ./../etc//hostname >/dev/null; mkdir -p /srv/x; cd /srv/x; "
              "for i in 1 2 3 4 5; do echo $i >data.$i; done; ln -s /srv/x /srv/link; echo z >/srv/link/real; "
              "rm /srv/link/real")
    with container(runtime, Spec(["bash", "-c", script])) as box, \
            merlon.Recording("--wait", "-c", box.id, name="files") as recording:
        box.run()
        tap.check(box.wait(60) == 0, box.output())
        box.delete()
        recording.stop()
        profile = recording.profile()
    found = profile.files()
    real = "/srv/x/real"        # reached through a link that the workload itself made
    if profile.data["recording"]["hooks"]["files"] == "tracepoint sys_exit":
        tap.check(any("as the program wrote it" in note for note in profile.data["notes"]), "no note about names")
        tap.check("unlink" in found.get("/srv/link/real", ()), f"/srv/link/real: {found.get('/srv/link/real')}")
        found.setdefault(real, set()).add("unlink")
    expected = {
        "/etc/hostname": {"read"}, "/usr/bin/cat": {"exec"}, "/usr/bin/bash": {"exec"}, "/srv/x": {"mkdir"},
        "/srv/x/data.*": {"write", "create"}, "/srv/link": {"symlink"}, real: {"write", "create", "unlink"},
        "/tmp/tmp.*": {"mkdir", "rmdir"}, "/tmp/tmp.*/a": {"write", "create", "rename-from"},
        "/tmp/tmp.*/b": {"rename-to", "chmod", "chown", "read", "link-target", "unlink"},
        "/tmp/tmp.*/l": {"symlink", "unlink"}, "/tmp/tmp.*/h": {"link", "unlink"},
    }
    for path, operations in expected.items():
        tap.check(operations <= found.get(path, set()), f"{path}: {sorted(found.get(path, set()))}, not {operations}; "
                  f"of {sorted(found)}")
    tap.check(any("map-exec" in ops and path.startswith("/usr/lib") for path, ops in found.items()), "no library")


def main() -> None:
    """Under every engine that runs here."""
    quick = "--quick" in sys.argv       # machines have no engines above the runtimes
    with tap.Suite("identity: who a container is") as suite:
        for runtime in RUNTIMES[:2] if quick else RUNTIMES:
            works, why = available(runtime)
            for test in (seen, recorded, files):
                title = f"{runtime}: {(test.__doc__ or '').strip().rstrip('.')}"
                if works:
                    suite.run(test, runtime, name=title)
                else:
                    suite.skip(title, why)
        for test in () if quick else (docker_seen, lxc_seen):
            suite.run(test)


if __name__ == "__main__":
    main()
