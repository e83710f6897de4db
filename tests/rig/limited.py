#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that may take so long and no longer.

    limited.py SECONDS COMMAND ARGS...              one; exits as it does, or with 124 when its time was over
    limited.py --each SECONDS MARK NAME SHELL...    several, by the shell, one after the other, each with that time, on
                                                    a machine that is for them alone; prints "MARK NAME" before and
                                                    "MARK status STATUS SECONDS" after each

A program whose time is over is first told of: a line EXPIRED, then where each of its threads is in the kernel.  Then it
is asked to end (SIGTERM: tests clean up and say where they were), and all that came of it is killed.  What a program
leaves without a parent comes to this process: so containers and daemons that it made are known from those of others.
What a program that ended by itself leaves is left.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, Sequence

EXPIRED = "# not done after"
STATUS = 124                # of what took too long, as timeout(1) has it
GRACE = 20.0                # seconds to end in when asked to
LINES = 300                 # of the kernel's log
ALIKE = 4                   # processes that are named of those that are at the same place
_KTHREAD = 0x00200000       # PF_KTHREAD
_PDEATHSIG, _SUBREAPER = 1, 36


class Program:
    """One program of ours, in a session of its own, and what came of it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, start_new_session=True)
        self.status: int | None = None      # as a shell says it

    def wait(self, seconds: float, wake: int) -> bool:
        """Whether it ended in that time; its orphans are reaped on the way.  `wake` is readable when a child ended."""
        end = time.monotonic() + seconds
        while True:
            self._reap()
            left = end - time.monotonic()
            if self.status is not None or left <= 0:
                return self.status is not None
            if select.select([wake], [], [], left)[0]:
                os.read(wake, 4096)

    def end(self, wake: int) -> None:
        """Ask it to end, and kill it and all that came of it."""
        if self.status is None:
            self._process.terminate()
            self.wait(GRACE, wake)
        for _ in range(50):
            if not (left := [pid for pid in descendants(os.getpid()) if state(pid) != "Z"]):
                break
            for pid in left:
                thaw(pid)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.1)
            self._reap()
        else:
            print(f"# not to be killed: {left}", flush=True)
        self._reap()

    def _reap(self) -> None:
        try:
            while (done := os.waitpid(-1, os.WNOHANG))[0]:
                if done[0] == self._process.pid:
                    status = os.waitstatus_to_exitcode(done[1])
                    self.status = self._process.returncode = status if status >= 0 else 128 - status
        except ChildProcessError:
            pass


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """What /proc/PID/stat has after the name: state, parent, ...; nothing when it is gone."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()


def state(pid: int) -> str:
    """One letter, as ps has it; Z too for who is gone."""
    return (_stat(pid) or ["Z"])[0]


def processes() -> Iterator[int]:
    """All of this system but the kernel's own threads."""
    for path in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(path.name))
        if fields and not int(fields[6]) & _KTHREAD:
            yield int(path.name)


def descendants(root: int) -> list[int]:
    """Children of a process, theirs, and so on."""
    parents = {pid: int(fields[1]) for pid in processes() if (fields := _stat(pid))}
    found = {root}
    while new := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= new
    return sorted(found - {root})


def thaw(pid: int) -> None:
    """Let a process of ours that a version 1 freezer holds go: it could not be killed."""
    for line in _read(Path(f"/proc/{pid}/cgroup")).splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers == "freezer" and f":freezer:{group}\n" not in _read(Path("/proc/self/cgroup")) + "\n":
            try:
                (Path("/sys/fs/cgroup/freezer") / group.lstrip("/") / "freezer.state").write_text("THAWED")
            except OSError:
                pass


def places(pids: Sequence[int]) -> Iterator[str]:
    """Where each thread of these processes is in the kernel, a line for all that are at the same place.

    What needs the process's memory (its arguments) comes last, by a program of its own: it may have to wait for ever.
    """
    yield "# name state wchan syscall: the kernel's stack; parent/process/thread"
    found: dict[str, list[str]] = {}
    shown = []
    for pid in pids:
        for task in sorted(Path(f"/proc/{pid}/task").glob("[0-9]*")):
            fields = _read(task / "stat").rpartition(")")[2].split() or ["?", "?"]
            frames = [line.split()[-1].partition("+")[0] for line in _read(task / "stack").splitlines() if line]
            place = (f"{_read(task / 'comm')} {fields[0]} {_read(task / 'wchan') or '-'} "
                     f"{_read(task / 'syscall').partition(' ')[0] or '-'}: {' < '.join(frames[:14])}")
            found.setdefault(place, []).append(f"{fields[1]}/{pid}/{task.name}")
            if len(found[place]) <= ALIKE and pid not in shown:
                shown.append(pid)
    for place, where in found.items():
        more = f" and {len(where) - ALIKE} more" if len(where) > ALIKE else ""
        yield f"# {place}; {' '.join(where[:ALIKE])}{more}"
    script = 'for pid in "$@"; do echo "# $pid: $(tr "\\0\\n" "  " <"/proc/$pid/cmdline" | cut -c -200)"; done'
    try:
        done = subprocess.run(["sh", "-c", script, "sh", *map(str, shown)], timeout=20, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        yield from done.stdout.decode(errors="replace").splitlines()
    except subprocess.TimeoutExpired:
        yield "# no arguments are to be had"


def tell(pids: Sequence[int]) -> None:
    """Print places()."""
    for line in places(pids):
        print(line, flush=True)


def tell_kernel() -> None:
    """Have the kernel say which tasks are blocked, and show the end of its log."""
    try:
        Path("/proc/sysrq-trigger").write_text("w")
        done = subprocess.run(["dmesg"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False)
        for line in done.stdout.decode(errors="replace").splitlines()[-LINES:]:
            print(f"# {line}", flush=True)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"# the kernel's log: {error}", flush=True)


def run(command: Sequence[str], seconds: float, wake: int, whole: bool = False) -> int:
    """Run it for so long; its status as a shell says it.  `whole`: the machine is its alone, tell of all there is."""
    program = Program(command)
    try:
        if program.wait(seconds, wake):
            return program.status or 0
        print(f"{EXPIRED} {seconds:g} s, and ended; this is where it was:", flush=True)
        tell(sorted(processes()) if whole else descendants(os.getpid()))
        if whole:
            tell_kernel()
    except BaseException:
        program.end(wake)
        raise
    program.end(wake)
    return STATUS


def _stop(number: int, _: object) -> None:
    sys.exit(128 + number)


def main() -> int:
    """See the module."""
    words = sys.argv[1:]
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    wake, told = os.pipe()
    for end in (wake, told):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGTERM, _stop)
    os.environ["PYTHONUNBUFFERED"] = "1"    # so that what a killed program said is not lost
    if words[0] != "--each":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        return run(words[1:], float(words[0]), wake)
    seconds, mark, steps = float(words[1]), words[2], words[3:]
    for name, command in zip(steps[::2], steps[1::2]):
        print(f"{mark} {name}", flush=True)
        began = time.monotonic()
        status = run(["sh", "-c", command], seconds, wake, True)
        print(f"\n{mark} status {status} {time.monotonic() - began:.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
