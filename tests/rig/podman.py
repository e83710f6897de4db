# SPDX-License-Identifier: Apache-2.0
"""Containers through podman, with its storage and cgroups where it usually has them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from typing import Any

import cgroups
from container import Container, ContainerError
from spec import CAPABILITIES, Spec


class PodmanContainer(Container):
    """A container that podman creates on the rig's overlay (`--rootfs`), with podman's own OCI configuration."""

    runtime = "podman"

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self._created = False

    def create(self) -> None:
        """See Container."""
        cgroups.complete_hybrid()
        spec = self.spec
        kept = CAPABILITIES if spec.capabilities is None else spec.capabilities
        options = [
            f"--name={self.id}", f"--hostname={spec.name}", f"--user={spec.user}", f"--workdir={spec.cwd}",
            "--network=none", "--log-driver=k8s-file", "--cap-drop=all",
            # podman's own defaults are higher than what a guest without CAP_SYS_RESOURCE may ask for
            "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024",
            f"--security-opt=seccomp={self._seccomp()}", f"--read-only={str(spec.read_only).lower()}",
            *(f"--cap-add={name}" for name in kept),
            *(f"--env={name}={value}" for name, value in ({"LC_ALL": "C.UTF-8"} | spec.environment).items()),
            *(f"--annotation={name}={value}" for name, value in spec.annotations.items()),
            *(f"--mount={_mount(mount)}" for mount in spec.mounts),
        ]
        if spec.no_new_privs:
            options.append("--security-opt=no-new-privileges")
        if spec.apparmor:
            options.append(f"--security-opt=apparmor={spec.apparmor}")
        if spec.cgroups_path:
            options.append(f"--cgroup-parent={spec.cgroups_path}")
        self._podman("create", *options, "--rootfs", str(self.root), *spec.args)
        self._created = True
        self._podman("init", self.id)

    def start(self) -> None:
        """See Container."""
        self._podman("start", self.id)

    def exec(self, *args: str, user: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """See Container."""
        options = [f"--user={user}"] if user else []
        return subprocess.run([*_podman(), "exec", *options, self.id, *args], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """See Container."""
        if self.alive():
            self._podman("kill", f"--signal={signal.Signals(number).name}", self.id)

    def wait(self, timeout: float = 60) -> int:
        """See Container."""
        try:
            done = subprocess.run([*_podman(), "wait", self.id], capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.id} still runs after {timeout:g} s") from None
        if done.returncode:
            raise ContainerError(f"podman wait: {done.stderr.strip()}")
        return int(done.stdout)

    def delete(self) -> None:
        """See Container."""
        if self._created:
            self._podman("rm", "--force", "--time=0", "--ignore", self.id)
            self._created = False

    def output(self) -> str:
        """See Container; podman keeps it."""
        done = subprocess.run([*_podman(), "logs", self.id], capture_output=True, text=True)
        return done.stdout + done.stderr

    @property
    def pid(self) -> int:
        """See Container."""
        pid = int(self._podman("inspect", "--format={{.State.Pid}}", self.id))
        if not pid:
            raise ContainerError(f"{self.id} has no process")
        return pid

    def _seccomp(self) -> str:
        if self.spec.seccomp is None:
            return "unconfined"
        path = self.bundle / "seccomp.json"
        path.write_text(json.dumps(self.spec.seccomp))
        return str(path)

    def _podman(self, *arguments: str) -> str:
        return self._command(*_podman(), *arguments)


def _podman() -> list[str]:
    systemd = os.path.isdir("/run/systemd/system")
    command = ["podman"] if systemd else ["podman", "--cgroup-manager=cgroupfs", "--events-backend=file"]
    return command if shutil.which("crun") else [*command, "--runtime=runc"]


def _mount(mount: dict[str, Any]) -> str:
    if mount.get("type", "bind") != "bind":
        raise ContainerError(f"podman cannot be asked for a mount of type {mount['type']} here")
    options = "".join(f",{option}" for option in mount.get("options", []) if option in ("ro", "rw"))
    return f"type=bind,source={mount['source']},destination={mount['destination']}{options}"
