# SPDX-License-Identifier: Apache-2.0
"""What strace saw, taken apart: which program made which system calls, and which of them are a container's own.

    with container("runc", spec) as box:
        box.run(under=strace.command(trace))
        init = box.pid
        ...
    calls = strace.merged(strace.parse(trace).application(init))

A process's life is a chain of *images*: what it runs between one successful exec and the next.  A fork begins a new
process with an image of its own that still runs the parent's program.  Threads belong to their process.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple

import syscalls

# Numbers with the names; children's ids as strace knows them, since inside a PID namespace they say otherwise.
OPTIONS = ("-f", "-n", "-s", "256", "--decode-pids=pidns")

_LINE = re.compile(r"(?:(\d+) +)?(?:(\d+\.\d+) )?(?:\[ *(-?\d+)\] )?(.*)", re.S)
_MODE = re.compile(r"\[ Process PID=\d+ runs in (\S+)(?: bit)? mode\. \]")
_GONE = re.compile(r"\+\+\+ (?:exited with (\d+)|killed by (\w+)).*\+\+\+")
_SUPERSEDED = re.compile(r"\+\+\+ superseded by execve in pid (\d+) \+\+\+")
_RESUMED = re.compile(r"<\.\.\. (\S+) resumed>(.*)", re.S)
_CALL = re.compile(r"([a-z_][a-z0-9_]*)\((.*)", re.S)
_UNFINISHED = re.compile(r"(.*?),? *<(?:unfinished|pid changed to \d+) \.\.\.>$", re.S)
_DONE = re.compile(r"(.*)\) *= (\?|-?\d+|0x[0-9a-f]+)(?: (E[A-Z0-9]+))?(.*)$", re.S)
_TRANSLATED = re.compile(r"/\* (\d+) in strace's PID NS \*/")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ARCH = {"32": "i386", "64": "x86_64", "x32": "x32"}
_FORKS = {"fork", "vfork", "clone", "clone3"}
_EXECS = {"execve", "execveat"}


class Call(NamedTuple):
    """A system call as the kernel tells it apart; the number of an x32 call has bit 30 set."""

    arch: str       # "x86_64", "i386", "x32"
    number: int
    name: str


@dataclass(eq=False)
class Image:
    """One program's turn in a process."""

    pid: int                            # of its process
    program: str                        # as it was given to exec; of a fork, its parent's
    arguments: str                      # what else exec was given, as strace puts it
    parent: Image | None                # the image that it was forked from, or that called exec
    forked: bool                        # it began with a fork, and runs its parent's program
    calls: Counter[Call] = field(default_factory=Counter)
    failed: Counter[tuple[Call, str]] = field(default_factory=Counter)      # with the errno's name
    filtered: Counter[Call] = field(default_factory=Counter)    # those that threads with a seccomp filter made
    doubtful: Counter[Call] = field(default_factory=Counter)    # among `calls`: perhaps never made, see `doubtful()`

    def descends_from(self, other: Image) -> bool:
        """Whether it is `other`, or came from it by fork and exec."""
        image: Image | None = self
        while image is not None and image is not other:
            image = image.parent
        return image is other


@dataclass(eq=False)
class Process:
    """A thread group: its images, oldest first."""

    pid: int
    images: list[Image] = field(default_factory=list)
    ended: str = ""                     # "0", or the name of a signal; empty if the trace ends first


@dataclass
class Record:
    """A finished call, for tests that look at arguments."""

    tid: int
    call: Call
    arguments: str                      # strace's text between the parentheses
    result: str                         # "0", "-1", "0x7f…", "?"
    error: str                          # "ENOENT", or empty
    image: Image | None = None


@dataclass
class Trace:
    """All that one strace output says."""

    processes: list[Process]
    records: list[Record]
    oddities: list[str]                 # lines that were not understood: none, if all is well

    @property
    def images(self) -> list[Image]:
        """Every image of every process."""
        return [image for process in self.processes for image in process.images]

    def application(self, init: int | None = None) -> list[Image]:
        """The images that are the container's application, the runtime's own left out.

        They are what the container's first process `init` (its id on this system) ran from its first exec on, with
        all that came from it.  Without `init`, the first exec of something else than the runtime is taken for it.
        """
        first = self._first(init)
        return [image for image in self.images if image.descends_from(first)]

    def runtime(self, init: int | None = None) -> list[Image]:
        """The other images: the runtime's."""
        first = self._first(init)
        return [image for image in self.images if not image.descends_from(first)]

    def tail(self, init: int | None = None) -> Counter[Call]:
        """What the runtime did in the container's first process between loading the filter and the exec, exec
        included: calls that a profile must allow although the application never makes them.  Threads of the runtime
        that have no filter do not count."""
        parent = self._first(init).parent
        return Counter() if parent is None else parent.filtered

    def _first(self, init: int | None) -> Image:
        executed = [image for image in self.images if not image.forked and image.program]
        if init is not None:
            for image in executed:
                if image.pid == init:
                    return image
            raise LookupError(f"process {init} is not in the trace, or never called exec")
        for image in executed:
            if image.program != executed[0].program:
                return image
        raise LookupError("the trace has no exec of anything but its first program")


def command(output: Path) -> list[str]:
    """The strace command to put in front of another, such that `parse(output)` understands what it writes."""
    return ["strace", *OPTIONS, "-o", str(output)]


def parse(path: Path) -> Trace:
    """Read what `command(path)` wrote; also the files path.PID of `strace -ff` (best with -ttt, to have the order)."""
    if path.exists():
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return _Reader(_lines(file)).trace()
    merged: list[tuple[float, int, str]] = []
    for file_name in path.parent.glob(f"{path.name}.*"):
        pid = file_name.name.rpartition(".")[2]
        if not pid.isdigit():
            continue
        with open(file_name, encoding="utf-8", errors="surrogateescape") as file:
            for line in _lines(file):
                stamp = line.split(" ", 1)[0]
                time = float(stamp) if re.fullmatch(r"\d+\.\d+", stamp) else 0.0
                merged.append((time, len(merged), f"{pid} {line}"))
    if not merged:
        raise FileNotFoundError(f"no {path} and no {path}.PID")
    return _Reader(line for _, _, line in sorted(merged)).trace()


def merged(images: Iterable[Image]) -> Counter[Call]:
    """The calls of several images together."""
    total: Counter[Call] = Counter()
    for image in images:
        total.update(image.calls)
    return total


def doubtful(images: Iterable[Image]) -> Counter[Call]:
    """Those of the calls that the kernel may never have begun: the last of a thread that SIGKILL found in strace's stop
    before the call looks the same as that of one which was killed within it (syscall_trace_enter() gives up a call if
    a fatal signal is pending after the tracer's stop, before seccomp and the tracepoint)."""
    total: Counter[Call] = Counter()
    for image in images:
        total.update(image.doubtful)
    return total


def _lines(file: Iterable[str]) -> Iterator[str]:
    return (line.rstrip("\n") for line in file if line.strip())


@dataclass(eq=False)
class _Task:
    """A thread, while it has this id."""

    tid: int
    born: int                           # index of its first line, or of the fork's return if that came first
    parent: _Task | None = None
    fork: int = -1                      # index of the line where its parent entered the fork
    thread: bool = False
    arch: str = "x86_64"
    pending: _Pending | None = None
    process: Process | None = None
    has_filter: bool = False
    ended: str = ""


@dataclass
class _Pending:
    """A call that was entered and has not returned."""

    index: int
    call: Call
    arguments: str


class _Reader:
    """Two passes: the first joins lines to calls and finds out who begot whom, the second tells the story in order,
    which it can only do knowing that: a child's first lines come before its parent's fork returns."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._tasks: dict[int, _Task] = {}
        self._all: list[_Task] = []
        self._entered: list[tuple[int, _Task, Call]] = []
        self._returned: list[tuple[int, _Task, _Pending, Record]] = []
        self._ended: list[tuple[int, _Task]] = []
        self._childless: list[tuple[_Task, int]] = []      # forks whose child could not be told
        self._oddities: list[str] = []
        for index, line in enumerate(lines):
            self._read(index, line)

    # -- first pass

    def _read(self, index: int, line: str) -> None:
        match = _LINE.match(line)
        if not match or not match[1]:
            self._oddities.append(line)
            return
        task = self._task(int(match[1]), index)
        number, text = match[3], match[4]
        if mode := _MODE.match(text):
            task.arch = _ARCH.get(mode[1], task.arch)
        elif gone := _GONE.match(text):
            task.ended = gone[1] or gone[2]
            self._ended.append((index, task))
            del self._tasks[task.tid]
        elif superseded := _SUPERSEDED.match(text):
            other = self._tasks.get(int(superseded[1]))
            if other and other is not task:
                task.pending, other.pending = other.pending, None
                self._tasks.pop(other.tid)
        elif text.startswith(("---", "???")):
            pass                        # a signal; a thread that was killed before its call could be read
        elif resumed := _RESUMED.match(text):
            if task.pending:
                self._finish(index, task, task.pending.arguments + resumed[2])
            elif not resumed[1].startswith("???"):
                self._oddities.append(line)
        elif call := _CALL.match(text):
            self._enter(index, task, call[1], number, call[2])
        else:
            self._oddities.append(line)

    def _enter(self, index: int, task: _Task, name: str, number: str | None, rest: str) -> None:
        call = _identify(name, None if number is None else int(number), task.arch)
        task.pending = _Pending(index, call, "")
        self._entered.append((index, task, call))
        if unfinished := _UNFINISHED.match(rest):
            task.pending.arguments = unfinished[1]
        else:
            self._finish(index, task, rest)

    def _finish(self, index: int, task: _Task, text: str) -> None:
        pending, task.pending = task.pending, None
        assert pending
        done = _DONE.match(text)
        if not done:                    # "= ?" of a call that its thread did not survive has no parenthesis at times
            if not text.rstrip().endswith("= ?"):
                self._oddities.append(f"{task.tid} {pending.call.name}({text}")
            return
        record = Record(task.tid, pending.call, done[1], done[2], done[3] or "")
        self._returned.append((index, task, pending, record))
        if pending.call.name in _FORKS and record.result.isdigit() and record.result != "0":
            translated = _TRANSLATED.match(done[4].strip())
            self._beget(index, task, pending, int(translated[1]) if translated else int(record.result), done[1])

    def _beget(self, index: int, parent: _Task, pending: _Pending, tid: int, arguments: str) -> None:
        child = next((task for task in reversed(self._all) if task.tid == tid), None)
        if child is None or child.born < pending.index or child.parent:
            if tid in self._tasks:      # somebody else's: an id of another PID namespace, see _adopt
                self._childless.append((parent, pending.index))
                return
            child = self._task(tid, index)
        child.parent, child.fork = parent, pending.index
        child.thread = "CLONE_THREAD" in pending.arguments + arguments

    def _task(self, tid: int, index: int) -> _Task:
        if tid not in self._tasks:
            self._tasks[tid] = _Task(tid, index)
            self._all.append(self._tasks[tid])
        return self._tasks[tid]

    def _adopt(self) -> None:
        """Find the parents of those whose fork returned an id of another PID namespace, which strace cannot translate
        when the child is gone too soon.  Such an id was given to nobody here, or to a task that never says a line; the
        child is the first one without a parent to appear after the fork was entered."""
        orphans = [task for task in self._all[1:] if not task.parent]       # in order of appearance
        if not orphans:
            return
        spoke = {id(task) for _, task, _ in self._entered}
        lost = self._childless + [(task.parent, task.fork) for task in self._all
                                  if task.parent and id(task) not in spoke]
        for parent, fork in sorted(lost, key=lambda pair: pair[1]):
            orphan = next((task for task in orphans if task.born > fork), None)
            if orphan:
                orphan.parent, orphan.fork = parent, fork
                orphans.remove(orphan)

    # -- second pass

    def trace(self) -> Trace:
        """The story of all processes."""
        self._adopt()
        processes: list[Process] = []
        at_fork: dict[int, tuple[Image, bool]] = {}
        records: list[Record] = []
        within: dict[int, tuple[Image, Call]] = {}      # by thread: the call that has not returned
        # At the same line, a call is entered before it returns.
        events: list[tuple[int, int, _Task, object]] = [(index, 0, task, call) for index, task, call in self._entered]
        events += [(index, 1, task, (pending, record)) for index, task, pending, record in self._returned]
        events += [(index, 2, task, None) for index, task in self._ended]
        for index, kind, task, what in sorted(events, key=lambda event: event[:2]):
            process = self._process(task, processes, at_fork)
            image = process.images[-1]
            if kind == 0:
                assert isinstance(what, Call)
                image.calls[what] += 1
                within[id(task)] = image, what
                if task.has_filter:
                    image.filtered[what] += 1
                if what.name in _FORKS:
                    at_fork[index] = image, task.has_filter
            elif kind == 1:
                assert isinstance(what, tuple)
                record = what[1]
                record.image = image
                if record.result != "?":
                    within.pop(id(task), None)
                records.append(record)
                self._happened(task, process, image, record)
            else:
                if task.ended == "SIGKILL" and id(task) in within:
                    last_image, last = within[id(task)]
                    last_image.doubtful[last] += 1
                if not task.thread:
                    process.ended = task.ended
        return Trace(processes, records, self._oddities)

    def _process(self, task: _Task, processes: list[Process], at_fork: dict[int, tuple[Image, bool]]) -> Process:
        if task.process:
            return task.process
        parent, task.has_filter = at_fork.get(task.fork, (None, False))
        if task.thread and task.parent:
            task.process = self._process(task.parent, processes, at_fork)
            return task.process
        process = task.process = Process(task.tid)
        process.images.append(Image(task.tid, parent.program if parent else "", parent.arguments if parent else "",
                                    parent, True))
        processes.append(process)
        return process

    def _happened(self, task: _Task, process: Process, image: Image, record: Record) -> None:
        name, arguments = record.call.name, record.arguments
        if record.error:
            image.failed[(record.call, record.error)] += 1
        elif name in _EXECS and record.result == "0":
            quoted = _QUOTED.search(arguments)
            program = quoted[1] if quoted else ""
            if program in ("", "/proc/self/exe"):       # a runtime starting itself again
                program = image.program
            process.images.append(Image(process.pid, program, arguments, image, False))
        elif name == "seccomp" and arguments.startswith("SECCOMP_SET_MODE_FILTER") or \
                name == "prctl" and arguments.startswith("PR_SET_SECCOMP"):
            task.has_filter = True
            if "TSYNC" in arguments:
                for other in self._all:
                    if other.process is process:
                        other.has_filter = True


def _identify(name: str, number: int | None, arch: str) -> Call:
    """Which call it is.  strace announces a change of mode, but a child inherits the mode strace was last in, without
    a word; so the pair of name and number decides if it fits only one architecture."""
    if number is None:
        found = syscalls.number(arch, name)
        return Call(arch, -1 if found is None else found, name)
    if number & syscalls.X32_BIT and number > 0:
        return Call("x32", number, name)
    fits = [known for known in syscalls.ARCHITECTURES if syscalls.name(known, number) == name]
    if len(fits) == 1:
        arch = fits[0]
    return Call("x86_64" if arch == "x32" else arch, number, name)


def main() -> None:
    """Tell who called what in a trace."""
    trace = parse(Path(sys.argv[1]))
    for process in trace.processes:
        for image in process.images:
            how = "forked" if image.forked else "exec"
            print(f"{process.pid} {how} {image.program or '-'}: {sum(image.calls.values())} calls of "
                  f"{len(image.calls)} kinds")
    for line in trace.oddities:
        print(f"not understood: {line}")


if __name__ == "__main__":
    main()
