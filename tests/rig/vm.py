# SPDX-License-Identifier: Apache-2.0
"""Throw-away virtual machines that run one command under a chosen Debian kernel.

    python3 tests/rig/vm.py --kernel 6.1 [--lsm LIST] [--append ARGS] [--copy SRC:DST]... -- COMMAND ARGS...

The machine is emulated (no KVM needed) and boots in seconds: kernel, a small initial RAM disk, the rig's root
filesystem read-only with an overlay in RAM on top.  The command's stdout and stderr come back on a virtual serial
device each, apart from the kernel's console.  A machine that does not come up is booted again; one that stands still
(the guest sends a heartbeat) is ended soon, after its kernel was asked where it is.  Inside, /merlon is the repository as far as it was copied (tests/rig
always is), and /rig is MERLON_RIG_DIR: root filesystem and test programs.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import re
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NoReturn, Sequence

import artefact
import kernels
import rootfs
from image import Cpio, Tar, ext4
from programs import build as programs

GUEST = Path(__file__).resolve().parent / "guest"
BOOT_MODULES = ("virtio_pci", "virtio_blk", "virtio_console", "overlay")
CGROUPS = ("v2", "v1", "hybrid")
PROGRAMS = ("qemu-system-x86_64", "mke2fs", "depmod", "mmdebstrap", "musl-gcc")
# Everything that qemu can emulate, but not cmpxchg16b, after which qemu 7.2 has rubbish in the flags (6.12's allocator
# then traps or branches wrong, and oopses), and not 5-level page tables, which only make walks longer.
CPU = "max,-cx16,-la57"
# One host thread for both processors.  With one each, qemu 7.2 may go on running an instruction that the kernel has
# just patched, as it does to attach a BPF trampoline; and two threads gain little.
ACCELERATOR = "tcg,thread=single"
# It takes 4 seconds, under much load 20.
BOOT_LIMIT = 120.0
BOOTS = 3
# Seconds without the heartbeat that the guest sends every 5.
STILL_LIMIT = 120.0
# Seconds in which nothing came from the machine count as so many at most: this system may have stood still itself.
PAUSE = 5.0
LAST_WORDS, LAST_TASKS = 80, 300        # lines of the console that an error shows
_TASK = re.compile(r"\btask:.* pid: *(\d+) .*ppid: *(\d+)")


class VmError(RuntimeError):
    """The machine did not get as far as reporting an exit status: panic, no boot, or out of time."""

    def __init__(self, reason: str, console: str, stdout: bytes = b"") -> None:
        super().__init__("\n".join([f"{reason}; the kernel's last words:", *_last_words(console)]))
        self.console = console
        self.stdout = stdout    # of the command, as far as it came


class VmNotBooted(VmError):
    """The machine did not get as far as the command."""


class VmTimeout(VmError):
    """The command took longer than it was given, or was silent for too long."""


class VmStill(VmError):
    """The machine stands still: not even its heartbeat comes."""


@dataclass
class Result:
    """How a command in a VM ended."""

    status: int             # exit status as a shell says it: 128 + N for a signal
    stdout: bytes
    stderr: bytes
    console: str            # what the kernel said on its serial console
    boot: float             # seconds from the start of qemu to the start of the command
    seconds: float          # seconds from the start of qemu to the end


@dataclass
class Machine:
    """What to boot; `run` boots it anew each time."""

    kernel: str = "6.1"
    lsm: str | None = None              # `lsm=` list; None is the kernel's own default
    append: str = ""                    # more kernel arguments
    memory: int = 1024                  # MiB
    counted: bool = False               # its time is instructions: one is a nanosecond; one processor
    cgroup: str = "v2"                  # v2, v1, or hybrid (v1 and an empty v2 at unified/)
    copy: list[tuple[Path | str, str]] = field(default_factory=list)    # (on the host, in the VM)
    fetch: list[tuple[str, Path | str]] = field(default_factory=list)   # (in the VM, directory on the host)
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, command: Sequence[str], timeout: float = 300, stdout: BinaryIO | None = None,
            stderr: BinaryIO | None = None, silence: float | None = None) -> Result:
        """Boot, run `command` as root, and power off.

        Its output is in the result; `stdout` and `stderr` get it too, as it comes.  Raises VmError when there is no
        exit status to tell; VmTimeout when the whole took longer than `timeout` seconds, or the command was silent for
        `silence` seconds.  A machine that does not come up is booted anew, and that is told.
        """
        for _ in range(BOOTS - 1):
            try:
                return self._run_once(command, timeout, stdout, stderr, silence)
            except VmNotBooted as error:
                artefact.say(f"kernel {self.kernel}: booted once more: {error}")
        return self._run_once(command, timeout, stdout, stderr, silence)

    def _run_once(self, command: Sequence[str], timeout: float, stdout: BinaryIO | None, stderr: BinaryIO | None,
                  silence: float | None) -> Result:
        kernel = kernels.kernel(self.kernel)
        disks = (root_image(), module_image(self.kernel))
        initrd = initial_ram_disk(self.kernel)
        with tempfile.TemporaryDirectory(prefix="merlon-vm-") as scratch:
            work = Path(scratch)
            self._pack(work / "copied.tar", command)
            arguments = self._qemu(kernel / "vmlinuz", initrd, (disks[0], work / "copied.tar", disks[1]), work)
            with _Session(work, arguments, timeout, stdout, stderr, silence) as session:
                result, fetched = session.wait()
            self._unpack(work / "fetched.tar", fetched)
        return result

    def _pack(self, path: Path, command: Sequence[str]) -> None:
        tar = Tar(path)
        environment = {"MERLON_RIG_DIR": "/rig"} | self.environment
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
        tar.file("/rig/command", f"cd /merlon\n{exports}exec {shlex.join(command)}\n".encode())
        tar.file("/rig/fetch", "".join(f"{source.lstrip('/')}\n" for source, _ in self.fetch).encode())
        tar.copy(GUEST / "start", "/rig/start")
        # With their stamps, so that nobody in there thinks they have to be built.
        for built in (rootfs.rootfs(), programs.programs()):
            tar.copy(artefact.stamp_of(built), f"/rig/{artefact.stamp_of(built).name}")
        tar.copy(programs.programs(), "/rig/programs")
        tar.copy(GUEST.parent, "/merlon/tests/rig")
        for source, destination in self.copy:
            tar.copy(Path(source), destination)
        tar.close()

    def _unpack(self, path: Path, data: bytes) -> None:
        if not data:
            return
        path.write_bytes(data)
        with tarfile.open(path) as tar:
            for source, destination in self.fetch:
                prefix = source.strip("/")
                parent = prefix.rpartition("/")[0]
                for member in tar.getmembers():
                    if member.name == prefix or member.name.startswith(prefix + "/"):
                        member.name = member.name[len(parent):].lstrip("/")
                        tar.extract(member, destination)

    def _qemu(self, kernel: Path, initrd: Path, disks: Sequence[Path], work: Path) -> list[str]:
        append = ["console=ttyS0", "quiet", "loglevel=4", "panic=-1", "no_timer_check", f"rig.cgroup={self.cgroup}",
                  # An NMI, which a machine that stands still gets, is a panic, and a panic tells of all tasks.
                  "unknown_nmi_panic", "panic_print=1"]
        if self.lsm:
            append.append(f"lsm={self.lsm}")
        append.append(self.append)
        arguments = [
            "qemu-system-x86_64", "-accel", ACCELERATOR, "-cpu", CPU, "-m", str(self.memory),
            *(("-smp", "1", "-icount", "shift=0,sleep=off") if self.counted else ("-smp", "2")),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", str(kernel), "-initrd", str(initrd), "-append", " ".join(append).strip(),
            "-chardev", f"file,id=console,path={work}/console", "-serial", "chardev:console",
            "-device", "virtio-serial-pci", "-monitor", f"unix:{work}/monitor,server=on,wait=off",
        ]
        for number, name in enumerate(_Session.PORTS, start=1):
            arguments += ["-chardev", f"socket,id={name},path={work}/{name}",
                          "-device", f"virtserialport,chardev={name},nr={number},name={name}"]
        for number, disk in enumerate(disks):
            arguments += ["-drive", f"file={disk},format=raw,if=none,id=disk{number},readonly=on,cache=unsafe",
                          "-device", f"virtio-blk-pci,drive=disk{number}"]
        return arguments


class _Session:
    """One running machine: its process, its three ports, and what has been read from them."""

    PORTS = ("out", "err", "control")

    def __init__(self, work: Path, arguments: list[str], timeout: float, stdout: BinaryIO | None,
                 stderr: BinaryIO | None, silence: float | None = None) -> None:
        self._console = work / "console"
        self._monitor = work / "monitor"
        self._arguments = arguments
        self._sinks = {"out": stdout, "err": stderr, "control": None}
        self._received = {name: bytearray() for name in self.PORTS}
        self._listeners = {}
        self._boot = 0.0
        self._complaint: str | None = None      # what qemu said, when it has ended
        # Seconds since each last said something.
        self._quiet = {name: 0.0 for name in self.PORTS}
        self._timeout, self._silence = timeout, silence
        for name in self.PORTS:
            self._listeners[name] = socket.socket(socket.AF_UNIX)
            self._listeners[name].bind(str(work / name))
            self._listeners[name].listen(1)
            self._listeners[name].settimeout(60)

    def __enter__(self) -> _Session:
        self._started = time.monotonic()
        self._stack = contextlib.ExitStack()
        self._process = subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE, preexec_fn=_die_with_parent)
        self._stack.callback(self._end)
        self._ports = selectors.DefaultSelector()
        self._stack.callback(self._ports.close)
        for name, listener in self._listeners.items():
            try:
                connection = self._stack.enter_context(listener.accept()[0])
            except TimeoutError:
                self._end()
                self._stack.close()
                raise VmNotBooted(f"qemu did not start: {self._complaint}", "") from None
            self._ports.register(connection, selectors.EVENT_READ, name)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        for listener in self._listeners.values():
            listener.close()

    def wait(self) -> tuple[Result, bytes]:
        """Serve the ports until the command has ended; its result, and the tar of what was fetched."""
        report = None
        while report is None:
            self._check_limits()
            alive = self._serve(1.0)
            report = self._report()
            if not alive and report is None:
                self._end()
                kind = VmError if self._boot else VmNotBooted
                raise kind(f"the machine ended without a report {self._complaint}".strip(), self._console_text(),
                           bytes(self._received["out"]))
            if not self._boot and self._received["control"].startswith(b"run\n"):
                self._boot = time.monotonic() - self._started
                self._quiet = {name: 0.0 for name in self.PORTS}
        status, fetched = report
        seconds = time.monotonic() - self._started
        self._end()
        while self._serve(5):       # what is still in the sockets
            pass
        return Result(status, bytes(self._received["out"]), bytes(self._received["err"]), self._console_text(),
                      self._boot, seconds), fetched

    def _check_limits(self) -> None:
        """Raise what fits when something takes too long."""
        quiet = self._quiet
        if not self._boot and quiet["control"] >= BOOT_LIMIT:
            self._give_up(VmNotBooted, f"not booted after {BOOT_LIMIT:g} s")
        if self._boot and quiet["control"] >= STILL_LIMIT:
            self._give_up(VmStill, f"stands still: no heartbeat for {STILL_LIMIT:g} s")
        if self._boot and self._silence and min(quiet["out"], quiet["err"]) >= self._silence:
            self._give_up(VmTimeout, f"the command said nothing for {self._silence:g} s")
        if time.monotonic() - self._started >= self._timeout:
            self._give_up(VmTimeout, f"not done after {self._timeout:g} s")

    def _give_up(self, kind: type[VmError], reason: str) -> NoReturn:
        """End the machine; before that have it say where it is."""
        where = self._interrogate()
        self._end()
        raise kind(f"{reason}\n{where}\n", self._console_text(), bytes(self._received["out"]))

    def _interrogate(self) -> str:
        """Where the processors are, thrice; then an NMI: the kernel panics, and says on the console where it is."""
        said = []
        try:
            with socket.socket(socket.AF_UNIX) as monitor:
                monitor.settimeout(2)
                monitor.connect(str(self._monitor))
                for command in ("info status", *("info registers -a",) * 3, "nmi"):
                    monitor.sendall(f"{command}\n".encode())
                    with contextlib.suppress(TimeoutError):
                        while data := monitor.recv(1 << 16):
                            said.append(data.decode(errors="replace"))
        except OSError as error:
            return f"qemu's monitor: {error}"
        if not said:
            return "qemu itself stands still"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)      # the panic's
        return "\n".join(re.findall(r"VM status.*|CPU#\d+|[RE]IP=.*", "".join(said)))

    def _serve(self, timeout: float) -> bool:
        """Read what the ports have; False when the machine has closed them all."""
        began = time.monotonic()
        ready = self._ports.select(timeout)
        for name in self.PORTS:
            self._quiet[name] += min(time.monotonic() - began, PAUSE)
        for key, _ in ready:
            data = key.fileobj.recv(1 << 20)        # type: ignore[union-attr]
            if not data:
                self._ports.unregister(key.fileobj)
                continue
            self._received[key.data] += data
            self._quiet[key.data] = 0.0
            sink = self._sinks[key.data]
            if sink:
                sink.write(data)
                sink.flush()
        return bool(self._ports.get_map())

    def _report(self) -> tuple[int, bytes] | None:
        _, _, report = self._received["control"].partition(b"\nexit ")     # before it are "run" and heartbeats
        words, ended, fetched = report.partition(b"\n")
        if not ended:
            return None
        status, size = (int(word) for word in words.split())
        return (status, bytes(fetched)) if len(fetched) >= size else None

    def _console_text(self) -> str:
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    def _end(self) -> None:
        if self._complaint is None:
            self._process.kill()
            self._complaint = self._process.communicate()[1].decode(errors="replace").strip()


def _last_words(console: str) -> list[str]:
    """The end of what a kernel said; of the tasks that a panic lists, only those that are not the kernel's own."""
    lines = console.splitlines()
    first = next((number for number, line in enumerate(lines) if _TASK.search(line)), len(lines))
    tasks, shown = [], False
    for line in lines[first:]:
        if "Sched Debug" in line:
            break
        if task := _TASK.search(line):
            shown = "2" not in task.groups()
        if shown and not line.rpartition("] ")[2].startswith((" ? ", "RSP:", "RAX:", "RDX:", "RBP:", "R10:", "R13:")):
            tasks.append(line)
    return lines[:first][-LAST_WORDS:] + tasks[:LAST_TASKS]


def available() -> tuple[bool, str]:
    """Whether VMs can be had here; if not, what is missing."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    return not missing, f"not installed: {', '.join(missing)}" if missing else ""


def root_image() -> Path:
    """The rig's root filesystem as a disk."""
    tree = rootfs.rootfs()
    image = artefact.rig_dir() / "rootfs.img"
    stamp = artefact.recipe(artefact.stamp_of(tree), Path(__file__).with_name("image.py"))
    return artefact.build(image, stamp, lambda aside: ext4(tree, aside))


def module_image(version: str) -> Path:
    """All modules of a kernel as a disk."""
    directory = kernels.kernel(version)
    image = artefact.rig_dir() / "kernels" / f"{version}-modules.img"
    stamp = artefact.recipe(artefact.stamp_of(directory), Path(__file__).with_name("image.py"))
    return artefact.build(image, stamp, lambda aside: ext4(directory / "modules", aside))


def initial_ram_disk(version: str) -> Path:
    """Busybox, the few modules that a kernel needs to find its root, and guest/init; not compressed, as unpacking
    is slow in an emulator."""
    directory = kernels.kernel(version)
    tree = rootfs.rootfs()
    path = artefact.rig_dir() / "kernels" / f"{version}-initrd"
    stamp = artefact.recipe(artefact.stamp_of(directory), artefact.stamp_of(tree), *BOOT_MODULES,
                            GUEST / "init", Path(__file__).with_name("image.py"))

    def make(aside: Path) -> None:
        cpio = Cpio()
        for name in ("bin", "lib", "dev", "proc", "sys"):
            cpio.directory(name)
        cpio.node("dev/console", 5, 1)
        cpio.file("bin/busybox", (tree / "usr/bin/busybox").read_bytes(), 0o755)
        cpio.file("init", (GUEST / "init").read_bytes(), 0o755)
        names = []
        for file in kernels.modules_needed(directory, BOOT_MODULES):
            names.append(file.name.split(".ko")[0] + ".ko")
            cpio.file(f"lib/{names[-1]}", kernels.module_image(file))
        cpio.file("modules", "".join(f"{name}\n" for name in names).encode())
        aside.write_bytes(cpio.finish())

    return artefact.build(path, stamp, make)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


def _pair(text: str) -> tuple[str, str]:
    source, _, destination = text.rpartition(":")
    if not source or not destination:
        raise argparse.ArgumentTypeError(f"{text!r} is not FROM:TO")
    return source, destination


def main() -> int:
    """Run one command in a VM; exits as it does, or 125 when there is no telling, 124 when out of time."""
    parser = argparse.ArgumentParser(description="Run a command as root under a Debian kernel in an emulated machine.")
    parser.add_argument("--kernel", default="6.1", choices=kernels.SUITES)
    parser.add_argument("--lsm", help="LSM list, instead of the kernel's own")
    parser.add_argument("--append", default="", help="more kernel arguments")
    parser.add_argument("--mem", type=int, default=1024, metavar="MB")
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS")
    parser.add_argument("--cgroup", default="v2", choices=CGROUPS)
    parser.add_argument("--copy", type=_pair, action="append", default=[], metavar="SRC:DST",
                        help="file or tree of the host to have in the VM")
    parser.add_argument("--fetch", type=_pair, action="append", default=[], metavar="SRC:DIR",
                        help="file or tree of the VM to put into a directory of the host afterwards")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--console", action="store_true", help="show the kernel's console afterwards, on stderr")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    machine = Machine(options.kernel, options.lsm, options.append, options.mem, cgroup=options.cgroup, copy=options.copy,
                      fetch=options.fetch, environment=dict(pair.split("=", 1) for pair in options.env))
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))     # so that nothing stays behind
    works, why = available()
    if not works:
        print(f"vm: {why}", file=sys.stderr)
        return 125
    try:
        result = machine.run(options.command, options.timeout, sys.stdout.buffer, sys.stderr.buffer)
    except VmError as error:
        print(f"vm: {error}", file=sys.stderr)
        return 124 if isinstance(error, VmTimeout) else 125
    if options.console:
        sys.stderr.write(result.console)
    print(f"vm: {options.kernel}: boot {result.boot:.1f} s, all {result.seconds:.1f} s, exit {result.status}",
          file=sys.stderr)
    return result.status


if __name__ == "__main__":
    sys.exit(main())
