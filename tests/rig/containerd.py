# SPDX-License-Identifier: Apache-2.0
"""Containers through containerd: the machine's own daemon if one answers, else one of ours in its usual place."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from container import Container, ContainerError
from spec import Spec

SOCKET = "/run/containerd/containerd.sock"
NAMESPACE = "default"


class ContainerdContainer(Container):
    """A container below a containerd shim, made with `ctr` from the rig's own OCI configuration."""

    runtime = "containerd"

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self._created = False
        self._task: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """See Container; containerd makes no process yet: its tasks are created and started at once."""
        _daemon()
        spec = replace(self.spec, cgroups_path=self.spec.cgroups_path or f"/{NAMESPACE}/{self.id}")     # its own choice
        config = self.bundle / "config.json"
        config.write_text(json.dumps(spec.config(self.root)))
        self._command("ctr", "containers", "create", "--config", config, self.id)
        self._created = True

    def start(self) -> None:
        """See Container."""
        with open(self.stdout, "ab") as stdout, open(self.stderr, "ab") as stderr:
            self._task = subprocess.Popen(["ctr", "tasks", "start", self.id], stdin=subprocess.DEVNULL, stdout=stdout,
                                          stderr=stderr, start_new_session=True)
        deadline = time.monotonic() + 30
        while self._task.poll() is None and not self._pid():
            if time.monotonic() > deadline:
                raise ContainerError(f"{self.id}: no task after 30 s: {self.output()}")
            time.sleep(0.02)

    def exec(self, *args: str, user: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """See Container."""
        options = ["--user", user] if user else []
        command = ["ctr", "tasks", "exec", "--exec-id", f"e{time.monotonic_ns()}", *options, self.id, *args]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """See Container."""
        if self.alive():
            self._command("ctr", "tasks", "kill", "--signal", signal.Signals(number).name, self.id)

    def wait(self, timeout: float = 60) -> int:
        """See Container."""
        if not self._task:
            raise ContainerError(f"{self.id} was not started")
        try:
            return self._task.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.id} still runs after {timeout:g} s") from None

    def delete(self) -> None:
        """See Container."""
        if not self._created:
            return
        if self._task:
            subprocess.run(["ctr", "tasks", "kill", "--signal", "SIGKILL", self.id], capture_output=True)
            try:
                self._task.wait(10)         # it deletes the task when that has ended
            except subprocess.TimeoutExpired:
                self._task.kill()
                self._task.wait()
            subprocess.run(["ctr", "tasks", "delete", "--force", self.id], capture_output=True)
            self._task = None
        self._command("ctr", "containers", "delete", self.id)
        self._created = False

    @property
    def pid(self) -> int:
        """See Container."""
        pid = self._pid()
        if not pid:
            raise ContainerError(f"{self.id} has no process")
        return pid

    def _pid(self) -> int:
        done = subprocess.run(["ctr", "tasks", "list"], capture_output=True, text=True)
        for line in done.stdout.splitlines()[1:]:
            name, pid, status = line.split()[:3]
            if name == self.id and status == "RUNNING":
                return int(pid)
        return 0


@functools.cache
def _daemon() -> None:
    if _answers():
        return
    root = tempfile.mkdtemp(prefix="merlon-containerd-")
    config = os.path.join(root, "config.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'version = 2\nroot = "{root}"\nstate = "{os.path.dirname(SOCKET)}"\n'
                   f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "{SOCKET}"\n')
    with open(os.path.join(root, "log"), "wb") as log:
        daemon = subprocess.Popen(["containerd", "--config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end() -> None:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(root, ignore_errors=True)

    atexit.register(end)
    deadline = time.monotonic() + 20
    while not _answers():
        if daemon.poll() is not None or time.monotonic() > deadline:
            said = Path(root, "log").read_text(errors="replace")
            raise ContainerError(f"containerd does not start: {said[-1000:]}")
        time.sleep(0.1)


def _answers() -> bool:
    if not os.path.exists(SOCKET):
        return False
    return subprocess.run(["ctr", "--connect-timeout", "2s", "version"], capture_output=True).returncode == 0
