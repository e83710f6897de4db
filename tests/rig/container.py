# SPDX-License-Identifier: Apache-2.0
"""Real containers from the rig's root filesystem, under runc, crun, podman and containerd.

    with container("crun", spec) as box:        # an overlay root, a bundle; nothing runs yet
        box.create(); box.start()               # or box.run()
        ...
    # gone: processes, mounts, cgroups, files

`python3 tests/rig/container.py --sweep` removes what test runs that were killed have left behind.
"""

from __future__ import annotations

import ctypes
import functools
import http.client
import json
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Callable, Sequence

import artefact
import cgroups
import limited
import netns
import rootfs
from spec import Spec

PREFIX = "merlon-rig"
RUNTIMES = ("runc", "crun", "podman", "containerd")
COMMAND_LIMIT = 120.0       # seconds that a command of a runtime may take; it takes one, in an emulated machine


class ContainerError(RuntimeError):
    """A runtime refused, or a container did not do what it should."""


class Container(ABC):
    """One container: its root, its output, its life.  Each runtime is a subclass that knows how to ask for it.

    A context manager; leaving it kills, unmounts and deletes everything, whatever state the container is in.
    """

    runtime: str

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.id = spec.id or f"{spec.name}-{secrets.token_hex(4)}"
        # Made on entry; the name tells sweep() whose it is.
        self.bundle = Path(tempfile.gettempdir(), f"{PREFIX}-{os.getpid()}-{secrets.token_hex(4)}")
        self.root = self.bundle / "rootfs"

    # -- life

    def run(self, under: Sequence[str] = ()) -> None:
        """Create and start; with `under`, the runtime runs in the foreground below that command (strace, say)."""
        if under:
            raise ContainerError(f"{self.runtime} cannot be run under {under[0]}")
        self.create()
        self.start()

    @abstractmethod
    def create(self) -> None:
        """Everything but the application's exec: namespaces, root, cgroups."""

    @abstractmethod
    def start(self) -> None:
        """Let the created container exec its application."""

    @abstractmethod
    def exec(self, *args: str, user: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run one more command inside, as `kubectl exec` does, to its end."""

    @abstractmethod
    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the container's first process, through the runtime."""

    @abstractmethod
    def wait(self, timeout: float = 60) -> int:
        """Wait for the first process to end; its exit status, 128 + N for a signal."""

    @abstractmethod
    def delete(self) -> None:
        """Kill if need be, and have the runtime forget the container; its root stays.  No error if it is gone."""

    @property
    @abstractmethod
    def pid(self) -> int:
        """The first process, as this system numbers it."""

    def stop(self, number: int = signal.SIGTERM, timeout: float = 20) -> int:
        """Ask the first process to end, insist after `timeout` seconds; its exit status."""
        self.kill(number)
        try:
            return self.wait(timeout)
        except TimeoutError:
            self.kill(signal.SIGKILL)
            return self.wait(10)

    def restart(self) -> None:
        """Kill it as a crash would and run it anew: same id, same root with all that was written."""
        self.delete()
        self.run()

    def wait_ready(self, ready: Callable[[], bool], timeout: float = 60) -> None:
        """Wait until `ready()`, called in its network namespace, says so.  What that raises counts as not yet."""
        deadline = time.monotonic() + timeout
        problem: BaseException | None = None
        while time.monotonic() < deadline:
            try:
                if self.within_net(ready):
                    return
            except (OSError, EOFError, RuntimeError, http.client.HTTPException) as error:
                problem = error
            if not self.alive():
                raise ContainerError(f"{self.id} ended before it was ready: {self.output()[-2000:]}")
            time.sleep(0.05)
        raise ContainerError(f"{self.id} not ready after {timeout:g} s ({problem}): {self.output()[-2000:]}")

    # -- looking

    def alive(self) -> bool:
        """Whether the first process is there and no zombie."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError, ContainerError):
            return False
        return status.rpartition(")")[2].split()[0] not in "ZX"

    def output(self) -> str:
        """What the application wrote to stdout and stderr so far."""
        return "".join(file.read_text(errors="replace") for file in (self.stdout, self.stderr) if file.exists())

    @property
    def stdout(self) -> Path:
        """The file that has the application's standard output."""
        return self.bundle / "stdout"

    @property
    def stderr(self) -> Path:
        """The file that has the application's standard error."""
        return self.bundle / "stderr"

    def cgroup_paths(self) -> dict[str, str]:
        """The first process's cgroup by hierarchy: {"memory": "/x", ...}; version 2 is ""."""
        lines = Path(f"/proc/{self.pid}/cgroup").read_text().splitlines()
        return {controllers.removeprefix("name="): path for _, controllers, path in
                (line.split(":", 2) for line in lines)}

    def processes(self) -> list[int]:
        """Everything that runs in its PID namespace, as this system numbers it, oldest first."""
        namespace = os.readlink(f"/proc/{self.pid}/ns/pid")
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{name}/ns/pid") == namespace:
                    found.append(int(name))
            except OSError:
                pass
        return sorted(found)

    def within_net(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a client function in the container's network namespace, outside of all else of it."""
        return netns.call(self.pid, function, *arguments)

    # -- its root and its end

    def __enter__(self) -> Container:
        try:
            self._mount()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove every trace."""
        try:
            self.delete()
        finally:
            _remove_bundle(self.bundle)

    def _mount(self) -> None:
        lower = ":".join(map(str, (*self.spec.layers, rootfs.rootfs())))
        upper, work = self.bundle / "upper", self.bundle / "work"
        for directory in (self.bundle, upper, work, self.root):
            directory.mkdir()
            directory.chmod(0o755)              # the container's users walk through it
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        if self.spec.mount_label:
            options += f",context={self.spec.mount_label}"
        subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", self.root], check=True)
        for path, content in self.spec.files.items():
            target = self.root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copy(content, target)
            else:
                target.write_bytes(content)

    def _command(self, *command: str | Path) -> str:
        """Run a command of the runtime to its end; its stdout."""
        done = _run(command, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise ContainerError(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


class OciContainer(Container):
    """A container made by an OCI runtime itself, with no engine above it."""

    def __init__(self, runtime: str, spec: Spec) -> None:
        super().__init__(spec)
        self.runtime = runtime
        self._pid = 0
        self._status: int | None = None
        self._foreground: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """See Container."""
        self._launch([self.runtime, "create", "--bundle", str(self.bundle), self.id])

    def start(self) -> None:
        """See Container."""
        self._command(self.runtime, "start", self.id)

    def run(self, under: Sequence[str] = ()) -> None:
        """See Container."""
        if not under:
            super().run()
            return
        process = self._launch([*under, self.runtime, "run", "--bundle", str(self.bundle), self.id], wait=False)
        deadline = time.monotonic() + 60
        while self._state().get("status") not in ("running", "stopped"):
            if process.poll() is not None:
                return                      # short-lived: already over, wait() tells
            if time.monotonic() > deadline:
                raise ContainerError(f"{' '.join(under)} {self.runtime} run: not running after a minute")
            time.sleep(0.02)

    def exec(self, *args: str, user: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """See Container."""
        options = ["--user", user] if user else []
        return subprocess.run([self.runtime, "exec", *options, self.id, *args], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """See Container."""
        if self.alive():
            self._command(self.runtime, "kill", self.id, signal.Signals(number).name)

    def wait(self, timeout: float = 60) -> int:
        """See Container."""
        if self._status is None:
            if self._foreground:
                try:
                    status = self._foreground.wait(timeout)
                except subprocess.TimeoutExpired:
                    raise TimeoutError(f"{self.id} still runs after {timeout:g} s") from None
                self._status = status if status >= 0 else 128 - status
            else:
                self._status = _reap(self.pid, timeout)
        return self._status

    def delete(self) -> None:
        """See Container."""
        if self._state():
            self._command(self.runtime, "delete", "--force", self.id)
        if self._foreground:
            try:
                self._foreground.wait(20)
            except subprocess.TimeoutExpired:
                self._foreground.kill()
                self._foreground.wait()
        elif self._pid and self._status is None:
            _reap(self._pid, 10)
        self._pid, self._status, self._foreground = 0, None, None

    @property
    def pid(self) -> int:
        """See Container."""
        if not self._pid:
            self._pid = self._state().get("pid", 0)
            if not self._pid:
                raise ContainerError(f"{self.id} has no process")
        return self._pid

    def _launch(self, command: list[str], wait: bool = True) -> subprocess.Popen[bytes]:
        if self.runtime == "crun":
            cgroups.complete_hybrid()
        _adopt_orphans()        # the first process will be nobody's child: be its parent, to learn how it ended
        config = self.spec.config(self.root)
        (self.bundle / "config.json").write_text(json.dumps(config, indent=1))
        # What is written by the runtime itself goes to the log; stdout and stderr are the application's.
        log = self.bundle / "runtime.log"
        command[command.index(self.runtime) + 1:1 + command.index(self.runtime)] = ["--log", str(log)]
        with open(self.stdout, "ab") as stdout, open(self.stderr, "ab") as stderr:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        if not wait:
            self._foreground = process
        elif _wait(process):
            said = log.read_text(errors="replace") if log.exists() else ""
            raise ContainerError(f"{self.runtime}: {said.strip() or self.output().strip()}")
        else:
            self._pid = self._state().get("pid", 0)
        return process

    def _state(self) -> dict[str, Any]:
        done = _run([self.runtime, "state", self.id])
        state: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 and done.stdout else {}
        return state


def container(runtime: str, spec: Spec) -> Container:
    """A container of this kind, to be entered with `with`."""
    if runtime in ("runc", "crun"):
        return OciContainer(runtime, spec)
    if runtime == "podman":
        from podman import PodmanContainer
        return PodmanContainer(spec)
    if runtime == "containerd":
        from containerd import ContainerdContainer
        return ContainerdContainer(spec)
    raise ValueError(f"no runtime {runtime}; there are {', '.join(RUNTIMES)}")


@functools.cache
def available(runtime: str) -> tuple[bool, str]:
    """Whether this runtime really runs a container here; if not, why, as the runtime puts it.

    Being installed proves little (kernel, cgroups and privileges must play along), so one is run, once a process.
    """
    program = {"containerd": "ctr"}.get(runtime, runtime)
    if not shutil.which(program):
        return False, f"{program} is not installed"
    try:
        with container(runtime, Spec(["true"], name="probe")) as box:
            box.run()
            status = box.wait(30)
            return (True, "") if status == 0 else (False, f"true ended with {status}: {box.output()[-500:]}")
    except (ContainerError, TimeoutError, OSError, subprocess.SubprocessError) as error:
        return False, str(error)


def sweep() -> list[str]:
    """Remove containers whose test run is gone (it was killed); says which."""
    swept = []
    for bundle in Path(tempfile.gettempdir()).glob(f"{PREFIX}-*"):
        match = re.fullmatch(rf"{PREFIX}-(\d+)-.*", bundle.name)
        if not match or os.path.exists(f"/proc/{match[1]}"):
            continue
        for runtime in ("runc", "crun"):
            if not shutil.which(runtime):
                continue
            done = subprocess.run([runtime, "list", "-f", "json"], capture_output=True, text=True)
            for entry in json.loads(done.stdout or "null") or []:
                if entry["bundle"] == str(bundle):
                    subprocess.run([runtime, "delete", "--force", entry["id"]], check=False)
        _remove_bundle(bundle)
        swept.append(str(bundle))
    return swept


def _wait(process: subprocess.Popen[Any]) -> int:
    """Wait for a command of a runtime; one that takes too long is killed, and where it was is in the error.

    wait() with a time would look again and again, with sleeps of up to 50 ms in between: long, for thousands of commands.
    """
    handle = os.pidfd_open(process.pid)
    try:
        if select.select([handle], [], [], COMMAND_LIMIT)[0]:
            return process.wait()
    finally:
        os.close(handle)
    where = "\n".join(limited.places([process.pid, *limited.descendants(process.pid)]))
    process.kill()
    process.wait()
    words = " ".join(map(str, process.args)) if isinstance(process.args, list) else str(process.args)
    raise ContainerError(f"{words}: not done after {COMMAND_LIMIT:g} s\n{where}")


def _run(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
    """subprocess.run() of a command of a runtime, with its output; by files, as what it starts may keep pipes open."""
    with tempfile.TemporaryFile("w+", errors="replace") as out, tempfile.TemporaryFile("w+", errors="replace") as said:
        status = _wait(subprocess.Popen([*command], stdout=out, stderr=said, **options))
        out.seek(0)
        said.seek(0)
        return subprocess.CompletedProcess([*command], status, out.read(), said.read())


def _remove_bundle(bundle: Path) -> None:
    for mount in reversed(artefact.mounts()):
        if mount.startswith(f"{bundle}/"):
            done = subprocess.run(["umount", mount], capture_output=True)
            if done.returncode:
                subprocess.run(["umount", "--lazy", mount], check=True)
    artefact.remove(bundle)


@functools.cache
def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)     # PR_SET_CHILD_SUBREAPER


def _reap(pid: int, timeout: float) -> int:
    try:
        handle = os.pidfd_open(pid)
        try:
            if not select.select([handle], [], [], timeout)[0]:
                raise TimeoutError(f"process {pid} still runs after {timeout:g} s")
        finally:
            os.close(handle)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return status if status >= 0 else 128 - status
    except (ProcessLookupError, ChildProcessError):
        raise ContainerError(f"process {pid} is gone and was never ours: its exit status is lost") from None


def main() -> None:
    """Sweep, or say which runtimes work here."""
    if "--sweep" in sys.argv:
        for bundle in sweep():
            print(f"removed {bundle}")
        return
    for runtime in RUNTIMES:
        works, why = available(runtime)
        print(f"{runtime}\t{'works' if works else why}")


if __name__ == "__main__":
    main()
