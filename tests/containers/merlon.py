# SPDX-License-Identifier: Apache-2.0
"""The program under test, as tests drive it: recordings, profiles, commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "rig"))

from container import Container, container  # noqa: E402
from strace import Call  # noqa: E402
from workloads import Workload  # noqa: E402

BINARY = Path(os.environ.get("MERLON_BINARY") or Path(__file__).resolve().parents[2] / "build" / "merlon")

# Our names of system call tables, as strace's parser spells them.
_ARCH = {"x86_64": "x86_64", "x86": "i386", "x32": "x32"}
_X32_BIT = 0x40000000


class Failed(AssertionError):
    """merlon did not do what it was asked."""


def run(*arguments: str | Path, check: bool = True, timeout: float = 120,
        **options: Any) -> subprocess.CompletedProcess[str]:
    """Run merlon to its end."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout, **options)
    if check and done.returncode:
        raise Failed(f"merlon {' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr.strip()}")
    return done


@contextmanager
def running(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """subprocess.Popen() that ends: killed at once when what is done beside it fails, else waited for, a minute.

    As a context manager itself, Popen would wait for ever for a program that the failed test has not asked to end.
    """
    process = subprocess.Popen(command, **options)
    failed = True
    try:
        yield process
        failed = False
    finally:
        if failed:
            process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"{' '.join(map(str, command))}: did not end in a minute") from None


def recordings() -> list[dict[str, Any]]:
    """All recordings on this host, and whether a process is behind each."""
    return json.loads(run("record", "--list", "--json").stdout)


class Profile:
    """A profile file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = json.loads(path.read_text())

    def calls(self, layer: str = "app", refused: bool = False) -> Counter[Call]:
        """What was counted in a layer, in the terms of the strace parser."""
        counted: Counter[Call] = Counter()
        for fact in self.data["syscalls"]:
            if fact["layer"] != layer or fact.get("refused", False) != refused:
                continue
            arch = _ARCH[fact["arch"]]
            number = fact["number"] | (_X32_BIT if arch == "x32" else 0)
            counted[Call(arch, number, fact.get("name", ""))] += sum(e["count"] for e in fact["evidence"])
        return counted

    def names(self, layer: str = "app", refused: bool = False) -> set[str]:
        """Names of calls in a layer."""
        return {call.name for call in self.calls(layer, refused)}

    def capabilities(self, outcome: str = "used", layer: str = "app") -> set[str]:
        """Names of capabilities."""
        return {c["name"] for c in self.data["capabilities"] if c["outcome"] == outcome and c["layer"] == layer}

    def files(self, layer: str = "app") -> dict[str, set[str]]:
        """What was done to which path."""
        found: dict[str, set[str]] = {}
        for f in self.data["files"]:
            if f["layer"] == layer:
                found.setdefault(f["path"], set()).update(f["operations"])
        return found

    def seccomp(self, *options: str) -> dict[str, Any]:
        """Its seccomp filter, in the OCI dialect."""
        return json.loads(run("profile", "export", "-f", "seccomp", *options, self.path).stdout)

    def oci_capabilities(self) -> list[str]:
        """Its capabilities, as an OCI bounding set."""
        return json.loads(run("profile", "export", "-f", "capabilities", self.path).stdout)["oci"]["bounding"]


class Recording:
    """A running `merlon record`; a context manager that ends it."""

    def __init__(self, *arguments: str, name: str) -> None:
        self.name = name
        self.directory = Path(tempfile.mkdtemp(prefix="merlon-test-"))
        self.log = self.directory / "log"
        self._arguments = ["--name", name, "--output", str(self.directory), *arguments]
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Recording:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.stop()
        if any(r["name"] == self.name for r in recordings()):       # the test killed it, and failed
            run("record", "--end", self.name, "-o", self.directory, check=False)

    def start(self) -> None:
        """Start it, and wait until it records."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([BINARY, "record", *self._arguments], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._records():
            if self.process.poll() is not None:
                if self.process.returncode == 0:
                    return                          # a short command: over already
                raise Failed(f"merlon record: exit {self.process.returncode}: {self.log.read_text()}")
            if time.monotonic() > deadline:
                raise Failed(f"merlon record does not begin: {self.log.read_text()}")
            time.sleep(0.02)

    def _records(self) -> bool:
        if not Path("/run/merlon/record", self.name, "state.json").exists():
            return False
        return any(r["name"] == self.name and r["live"] for r in recordings())

    def stop(self, number: int = signal.SIGINT, timeout: float = 60) -> int:
        """Ctrl-C, and wait."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = 60) -> int:
        """Wait for it to end by itself."""
        assert self.process
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            run("record", "--end", self.name, "-o", self.directory, check=False)
            raise Failed(f"merlon record did not end: {self.log.read_text()}") from None

    def profile(self, stem: str | None = None) -> Profile:
        """The profile that it wrote."""
        path = self.directory / f"{stem or self.name}.merlon.json"
        if not path.exists():
            raise Failed(f"no profile was written: {self.log.read_text()}")
        return Profile(path)


def live(workload: Workload, box: Container, at_ready: Callable[[], None] = lambda: None) -> None:
    """Everything a workload does, from start to stop, crash included."""
    box.run()
    workload.ready(box)
    at_ready()
    workload.drive(box)
    workload.rare(box)
    workload.crash(box)
    workload.stop(box)
    box.delete()


def learn(runtime: str, workload: Workload, nnp: bool = False, entered: tuple[str, ...] = (),
          **overrides: Any) -> Profile:
    """Record a whole life of the workload, and before that, if asked, a life with a command that comes in."""
    with container(runtime, workload.spec(no_new_privs=nnp, **overrides)) as box, \
            Recording("--wait", "-c", box.id, name="learn") as recording:
        if entered:
            box.run()
            workload.ready(box)
            done = box.exec(*entered)
            if done.returncode:
                raise Failed(f"{entered[0]} in the container: {done.returncode}: {done.stderr}")
            workload.stop(box)
            box.delete()
        live(workload, box)
        recording.stop()
        return recording.profile()
