#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon inspect --host: weak containers are found weak in each way, whoever runs them, and one that is confined is not."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import merlon  # first: it puts the rig on the path
import cgroups
import tap
from container import RUNTIMES, Container, available, container
from spec import CAPABILITIES, Spec
from workloads import WORKLOADS

SEVERE = ("critical", "high", "medium")
REFUSES = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
           "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"}]}
WAIT = ["sleep", "300"]
IMAGE = "org.opencontainers.image.ref.name"

# What a manifest with the same weakness gets, whatever runtime is asked: 20 ways and more.
WEAK = {
    "MRL-106": "no_new_privs",
    "MRL-107": "root", "MRL-108": "told to be root",
    "MRL-112": "writable root",
    "MRL-113": "no filter",
    "MRL-118": "nothing confines it",
    "MRL-131": "SYS_ADMIN", "MRL-132": "SYS_MODULE", "MRL-133": "SYS_PTRACE", "MRL-134": "beyond the default",
    "MRL-135": "nothing dropped", "MRL-138": "NET_RAW",
    "MRL-201": "host path", "MRL-202": "writable", "MRL-203": "/etc",
    "MRL-321": "a password in the environment", "MRL-322": "an access key", "MRL-323": "a password among the arguments",
    "MRL-401": "an image without a version", "MRL-404": "an image of nobody's registry",
    "MRL-502": "no limit of CPU", "MRL-504": "no limit of memory",
}
assert len(WEAK) >= 20


def weak() -> Spec:
    """Weak in all these ways."""
    return Spec(args=["sh", "-c", "sleep 300", "--password=correct-horse-battery"], name="weak",
                capabilities=(*CAPABILITIES, "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_MODULE"),
                environment={"DB_PASSWORD": "correct-horse-battery", "AWS_ACCESS_KEY_ID": "AKIA" + "QX3TFW5PLZ7NVJ2K"},
                annotations={IMAGE: "shop/web:latest"},
                mounts=[{"destination": "/host-etc", "type": "bind", "source": "/etc", "options": ["rbind", "rw"]}])


def tight(mounts: list[dict[str, Any]] | None = None) -> Spec:
    """As confined as a bundle can say."""
    return Spec(args=WAIT, name="tight", user="20000:20000", capabilities=(), no_new_privs=True, seccomp=REFUSES,
                read_only=True, mounts=mounts or [])


def inspected(box: Container | Named, *options: str) -> dict[str, list[dict[str, Any]]]:
    """What fails, by check; of this container only."""
    done = merlon.run("inspect", "--host", "--json", *options, box.id, check=False)
    tap.check(done.returncode in (0, 1), f"exit {done.returncode}: {done.stderr}")
    report = json.loads(done.stdout)
    tap.check(report["summary"]["objects"] == 1 and not report["problems"], f"not one container: {report['summary']}")
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in report["findings"]:
        if finding["outcome"] in ("fail", "warn"):
            found.setdefault(finding["check"], []).append(finding)
    tap.check("correct-horse" not in done.stdout, "the password is in the report")
    return found


def severe(found: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Those that are medium or worse and no matter of limits, which the rig does not set."""
    return {check for check, some in found.items() if some[0]["severity"] in SEVERE} - {"MRL-502", "MRL-504"}


def is_found(runtime: str) -> None:
    """each weakness is found, with its place"""
    with container(runtime, weak()) as box:
        box.run()
        found = inspected(box)
        missing = {check: what for check, what in WEAK.items() if check not in found}
        tap.check(not missing, f"not found: {missing}; found: {sorted(found)}")
        tap.check(all(f["line"] > 0 and f["path"] for some in found.values() for f in some), f"no place: {found}")


def is_clean(runtime: str) -> None:
    """one that is confined has no finding that matters; what is worse than declared is found all the same"""
    with container(runtime, tight()) as box:
        box.run()
        found = inspected(box)
        tap.check(not severe(found), f"{[found[check] for check in severe(found)]}")
        intrude(box)


def own_users(runtime: str) -> None:
    """in a user namespace of its own a confined one is as clean, and who entered from outside is found"""
    with container(runtime, replace(tight(), first_user=100000)) as box:
        box.run()
        tap.check(Path(f"/proc/{box.pid}/uid_map").read_text().split() == ["0", "100000", "65536"], "it has no users of its own")
        tap.check(not severe(inspected(box)), f"{severe(inspected(box))}")
        intrude(box)


def is_clean_as_recorded(runtime: str) -> None:
    """one that runs under the profile that was recorded of it has no finding that matters"""
    spec = Spec(args=WAIT, name="recorded", user="20000:20000", capabilities=(), no_new_privs=True, read_only=True)
    with container(runtime, spec) as box, merlon.Recording("--wait", "-c", box.id, name="inspected") as recording:
        box.run()
        time.sleep(1)
        tap.check("MRL-113" in inspected(box), "it has no filter yet")
        recording.stop()
        profile = recording.profile()
    confined = replace(spec, seccomp=profile.seccomp(), capabilities=profile.oci_capabilities())
    with container(runtime, confined) as box:
        box.run()
        found = inspected(box)
        tap.check(not severe(found), f"{[found[check] for check in severe(found)]}")


def intrude(box: Container) -> None:
    """A process of the host's kind in its control group: what `exec --privileged` amounts to."""
    intruder = subprocess.Popen(["sleep", "60"])
    try:
        for line in Path(f"/proc/{box.pid}/cgroup").read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            top = cgroups.ROOT if number == "0" and cgroups.mode() == "v2" else \
                cgroups.ROOT / controllers.removeprefix("name=")
            procs = top / path.lstrip("/") / "cgroup.procs"
            if procs.exists():
                procs.write_text(str(intruder.pid))
        found = inspected(box)
        wanted = {"MRL-102", "MRL-103", "MRL-104", "MRL-106", "MRL-108", "MRL-113", "MRL-125", "MRL-131", "MRL-155"}
        tap.check(wanted <= set(found), f"{wanted - set(found)} not found")
        tap.check(str(intruder.pid) in found["MRL-113"][0]["value"], f"{found['MRL-113']}")
    finally:
        intruder.kill()
        intruder.wait()


def mounted_later() -> None:
    """a directory of the host that is mounted into a running container is found, with its source"""
    with container("runc", tight()) as box:
        box.run()
        before = inspected(box)
        done = subprocess.run([sys.executable, "-c", GRAFT, str(box.pid)], capture_output=True, text=True)
        tap.check(done.returncode == 0, done.stderr)
        after = inspected(box)
        new = set(after) - set(before)
        tap.check({"MRL-201", "MRL-202", "MRL-203"} <= new, f"new: {new}")
        tap.check("/etc" in after["MRL-203"][0]["value"], f"{after['MRL-203']}")


# open_tree(AT_FDCWD, "/etc", OPEN_TREE_CLONE), setns() into the mount namespace, move_mount() there.
GRAFT = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
tree = libc.syscall(428, -100, b"/etc", 1)
namespace = os.open(f"/proc/{sys.argv[1]}/ns/mnt", os.O_RDONLY)
assert tree >= 0 and libc.setns(namespace, 0x20000) == 0, os.strerror(ctypes.get_errno())
assert libc.syscall(429, tree, b"", -100, b"/mnt", 4) == 0, os.strerror(ctypes.get_errno())
"""


def bundle() -> None:
    """the bundle itself, as a file or a directory, gives what the running container gives"""
    with container("crun", weak()) as box:
        box.run()
        live = set(inspected(box))
        for operand in (box.bundle, box.bundle / "config.json"):
            done = merlon.run("inspect", "--json", operand, check=False)
            report = json.loads(done.stdout)
            found = {f["check"] for f in report["findings"] if f["outcome"] in ("fail", "warn")}
            tap.check(report["summary"]["files"] == 1 and found == live, f"{operand}: {found ^ live}")


@contextmanager
def dockerd(base: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon of our own, whose socket anybody may write to."""
    if not shutil.which("dockerd"):
        tap.skip("there is no dockerd")
    base.chmod(0o755)  # users of containers get to their root through it
    with subprocess.Popen(
            ["dockerd", "--data-root", base / "data", "--exec-root", base / "exec", "--pidfile", base / "pid", "-H",
             f"unix://{base}/docker.sock", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
             "--storage-driver=vfs", "--log-level=debug"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 20
            while not (base / "docker.sock").exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            if process.poll() is not None:
                tap.skip("dockerd does not run here: no control groups, or no mounts")
            (base / "docker.sock").chmod(0o666)
            yield process
        finally:
            process.terminate()
            process.wait(30)
            for left in (base / "exec" / "netns").glob("*"):
                subprocess.run(["umount", left], check=False, capture_output=True)


def daemon() -> None:
    """a dockerd that runs here is found by its process, with what it was told, and what its containers are weak in"""
    with tempfile.TemporaryDirectory() as held, dockerd(base := Path(held)) as process:
        done = merlon.run("inspect", "--host", "--json", "--fail-on", "never", check=False)
        found = {f["check"]: f for f in json.loads(done.stdout)["findings"] if f["kind"] == "DockerDaemon"}
        tap.check({"MRL-1010", "MRL-1011", "MRL-1549"} <= set(found), f"found: {sorted(found)}")
        tap.check(found["MRL-1010"]["file"] == f"/proc/{process.pid}/cmdline", f"{found['MRL-1010']}")
        tap.check(f"{base}/docker.sock" in found["MRL-1549"]["value"], f"{found['MRL-1549']}")
        if shutil.which("docker"):
            docker_containers(base)


def small_image() -> bytes:
    """A tar with a program that waits, and what it is linked to."""
    said = subprocess.run(["ldd", "/bin/sleep"], check=True, capture_output=True, text=True).stdout
    with io.BytesIO() as out:
        with tarfile.open(fileobj=out, mode="w", dereference=True) as tar:
            paths = ["/bin/sleep", *re.findall(r"(/\S+) \(0x", said)]
            for directory in sorted({str(parent) for path in paths for parent in Path(path).parents}):
                entry = tarfile.TarInfo(directory.lstrip("/") or ".")
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
            for path in paths:
                tar.add(path)
        return out.getvalue()


class Named:
    """A container that is called by its name."""

    def __init__(self, name: str) -> None:
        self.id = name


DOCKER_WEAK = ("--network=host", "--pid=host", "--ipc=host", "--uts=host", "--cap-add=SYS_ADMIN", "--cap-add=SYS_PTRACE",
               "--cap-add=SYS_MODULE", "--security-opt=seccomp=unconfined", "-eDB_PASSWORD=correct-horse-battery",
               "-eAWS_ACCESS_KEY_ID=AKIA" + "QX3TFW5PLZ7NVJ2K", "-v/etc:/host-etc", "--restart=always",
               "--cgroup-parent=/docker")
DOCKER_TIGHT = ("--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "-u20000:20000", "-m64m",
                "--cpus=0.5", "--pids-limit=50", "--restart=on-failure:5", "--ulimit=nofile=100", "--health-cmd=/bin/sleep 0")
# More than a bundle says: the image, namespaces, the socket. Where there is AppArmor Docker names a profile unasked (MRL-118).
DOCKER_FOUND = (set(WEAK) - {"MRL-118", "MRL-323"}) | {"MRL-102", "MRL-103", "MRL-104", "MRL-125", "MRL-204", "MRL-402", "MRL-523"}
DOCKER_SAYS = {"MRL-508", "MRL-1021", "MRL-1022", "MRL-1023"}  # in its own files


def docker_containers(base: Path) -> None:
    """A weak one and a tight one, by Docker's own options."""
    def docker(*arguments: str, stdin: bytes = b"") -> None:
        done = subprocess.run(["docker", "-H", f"unix://{base}/docker.sock", *arguments], input=stdin, capture_output=True)
        tap.check(done.returncode == 0, f"docker {arguments[0]}: {done.stderr.decode()}")

    docker("import", "-", "shop/web:latest", stdin=small_image())
    try:
        docker("run", "-d", "--name", "docker-weak", *DOCKER_WEAK, f"-v{base}/docker.sock:/var/run/docker.sock", "shop/web:latest",
               "/bin/sleep", "300")
        docker("run", "-d", "--name", "docker-tight", *DOCKER_TIGHT, "-vdata:/data", "shop/web:latest", "/bin/sleep", "300")
        found = inspected(Named("docker-weak"), "--all")
        wanted = DOCKER_FOUND | DOCKER_SAYS
        tap.check(wanted <= set(found), f"not found: {wanted - set(found)}")
        tap.check(all(found[check][0]["file"].startswith(f"{base}/data/containers/") for check in DOCKER_SAYS), f"{found}")
        tap.check(all(f["line"] > 0 and f["path"] for some in found.values() for f in some), f"no place: {found}")
        found = inspected(Named("docker-tight"), "--all")
        tap.check(severe(found) == {"MRL-401"} and not DOCKER_SAYS & set(found), f"{severe(found)} {DOCKER_SAYS & set(found)}")
    finally:
        docker("rm", "-f", "docker-weak", "docker-tight")


USER, USER_ID = "merlon-rig-user", 54321
ROOTLESS_WEAK = ("--pid=host", "--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined", "-eDB_PASSWORD=correct-horse-battery",
                 "-v/etc:/host-etc")
ROOTLESS_TIGHT = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "-u20000:20000")
ROOTLESS_FOUND = {"MRL-102", "MRL-106", "MRL-107", "MRL-108", "MRL-112", "MRL-113", "MRL-131", "MRL-201", "MRL-203", "MRL-321"}


@contextmanager
def somebody() -> Iterator[Path]:
    """An ordinary user with numbers of users to give away, and a home with a root file system."""
    if not shutil.which("podman") or not shutil.which("newuidmap"):
        tap.skip("there is no podman, or no newuidmap")
    with tempfile.TemporaryDirectory() as held:
        home, run = Path(held), Path(f"/run/user/{USER_ID}")
        subprocess.run(["useradd", "--no-create-home", "--uid", str(USER_ID), "--home-dir", home, USER], check=True)
        try:
            run.mkdir(parents=True, mode=0o700)
            with tarfile.open(fileobj=io.BytesIO(small_image())) as tar:
                tar.extractall(home / "root")
            for name in ("proc", "sys", "dev", "etc", "run", "tmp", "host-etc"):
                (home / "root" / name).mkdir(exist_ok=True)
            subprocess.run(["chown", "-R", USER, home, run], check=True)
            yield home
        finally:
            shutil.rmtree(run, ignore_errors=True)
            subprocess.run(["userdel", USER], check=True, capture_output=True)


def rootless() -> None:
    """containers that an ordinary user runs without root are found, control group or not, and what he only claims is not"""
    with somebody() as home:
        def podman(*arguments: str) -> None:
            done = subprocess.run(["setpriv", f"--reuid={USER_ID}", f"--regid={USER_ID}", "--clear-groups", "podman", *arguments],
                                  env={"HOME": str(home), "XDG_RUNTIME_DIR": f"/run/user/{USER_ID}", "PATH": os.environ["PATH"]},
                                  cwd=home, capture_output=True, text=True)
            if "create" in arguments[:1] and done.returncode:
                tap.skip(f"podman does not work for users here: {done.stderr[-300:]}")
            tap.check(done.returncode == 0, f"podman {arguments[0]}: {done.stderr}")

        try:
            for name, options in (("rootless-weak", ROOTLESS_WEAK), ("rootless-tight", ROOTLESS_TIGHT)):
                podman("create", "--name", name, "--network=none", *options, "--rootfs", str(home / "root"), "/bin/sleep", "300")
                podman("start", name)
            found = inspected(Named("rootless-weak"))
            tap.check(ROOTLESS_FOUND <= set(found), f"not found: {ROOTLESS_FOUND - set(found)}")
            tap.check(all(f["line"] > 0 and f["path"] for some in found.values() for f in some), f"no place: {found}")
            tight = inspected(Named("rootless-tight"), "--all")
            tap.check(not severe(tight) and "MRL-105" not in tight, f"{sorted(tight)}")
            claimed(home)
        finally:
            podman("rm", "-f", "-t0", "--ignore", "rootless-weak", "rootless-tight")
            podman("system", "migrate")  # ends the process that keeps his user namespace


def claimed(home: Path) -> None:
    """What a user writes where his runtime would: a process of root, files of root, a name with an escape."""
    state = Path(f"/run/user/{USER_ID}/crun")
    (home / "bundle").mkdir()
    (home / "bundle" / "config.json").symlink_to("/etc/shadow")
    own = next(p["pid"] for p in json.loads(merlon.run("containers", "--json").stdout) if p["name"] == "rootless-tight")
    for name, pid in (("init", 1), ("own-\x1b[31m", own), ("shadow", own)):
        (state / name).mkdir()
        (state / name / "status").write_text(json.dumps({"pid": pid, "bundle": str(home / "bundle")}))
        subprocess.run(["chown", "-R", "-h", USER, state / name], check=True)
    said = merlon.run("containers").stdout
    tap.check("init " not in said and "\x1b" not in said and "shadow" in said, said)
    done = merlon.run("inspect", "--host", "--json", "shadow", check=False)
    tap.check("root:" not in done.stdout and "somebody else" in done.stdout, done.stdout[:2000])


def recorded() -> None:
    """what a container has and its recording never used is found; under what was recorded it is clean"""
    workload = WORKLOADS["python"]
    profile = merlon.learn("runc", workload, read_only=True)
    wide = workload.spec(no_new_privs=True, seccomp=REFUSES, capabilities=(*CAPABILITIES, "CAP_SYS_PTRACE"))
    tight = workload.spec(no_new_privs=True, seccomp=profile.seccomp(), capabilities=profile.oci_capabilities(), read_only=True)
    rows = {"MRL-151", "MRL-152", "MRL-153", "MRL-154"}
    for spec, wanted in ((wide, rows), (tight, set())):
        with container("runc", spec) as box:
            named = profile.path.with_name("named.merlon.json")
            data = json.loads(profile.path.read_text())
            data["name"] = data["subject"]["name"] = box.id
            named.write_text(json.dumps(data))
            box.run()
            workload.ready(box)
            found = inspected(box, "--profile", str(named))
            tap.check(rows & set(found) == wanted, f"{sorted(found)}, {[found.get(row) for row in rows]}")


def nobody() -> None:
    """a name that nobody has is said to be one"""
    done = merlon.run("inspect", "--host", "no-such-container", check=False)
    tap.check(done.returncode not in (0, 1) and "no-such-container" in done.stderr, f"{done.returncode}: {done.stderr}")


def main() -> None:
    """Every runtime that is here."""
    with tap.Suite("inspect --host") as suite:
        for runtime in RUNTIMES:
            works, why = available(runtime)
            if not works:
                suite.skip(f"{runtime}: inspect", why)
                continue
            for test in (is_found, is_clean, is_clean_as_recorded):
                suite.run(test, runtime, name=f"{runtime}: {test.__doc__}")
            if runtime in ("runc", "crun"):
                suite.run(own_users, runtime, name=f"{runtime}: {own_users.__doc__}")
        for test in (mounted_later, bundle, daemon, rootless, recorded, nobody):
            suite.run(test)


if __name__ == "__main__":
    main()
