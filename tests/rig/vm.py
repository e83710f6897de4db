# SPDX-License-Identifier: Apache-2.0
"""Throw-away virtual machines that run one command under a chosen Debian kernel.

    python3 tests/rig/vm.py --kernel 6.1 [--lsm LIST] [--append ARGS] [--copy SRC:DST]... -- COMMAND ARGS...

The machine is emulated (no KVM needed) and boots in seconds: kernel, a small initial RAM disk, the rig's root
filesystem read-only with an overlay in RAM on top.  The command's stdout and stderr come back on a virtual serial
device each, apart from the kernel's console.  Inside, /merlon is the repository as far as it was copied (tests/rig
always is), and /rig is MERLON_RIG_DIR: root filesystem and test programs.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
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
from typing import BinaryIO, Sequence

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


class VmError(RuntimeError):
    """The machine did not get as far as reporting an exit status: panic, no boot, or out of time."""

    def __init__(self, reason: str, console: str) -> None:
        tail = "\n".join(console.splitlines()[-60:])
        super().__init__(f"{reason}; the kernel's last words:\n{tail}")
        self.console = console


class VmTimeout(VmError):
    """The command took longer than it was given."""


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
            stderr: BinaryIO | None = None) -> Result:
        """Boot, run `command` as root, and power off.

        Its output is in the result; `stdout` and `stderr` get it too, as it comes.  Raises VmError when there is no
        exit status to tell, VmTimeout when the whole took longer than `timeout` seconds.
        """
        kernel = kernels.kernel(self.kernel)
        disks = (root_image(), module_image(self.kernel))
        initrd = initial_ram_disk(self.kernel)
        with tempfile.TemporaryDirectory(prefix="merlon-vm-") as scratch:
            work = Path(scratch)
            self._pack(work / "copied.tar", command)
            arguments = self._qemu(kernel / "vmlinuz", initrd, (disks[0], work / "copied.tar", disks[1]), work)
            with _Session(work, arguments, timeout, stdout, stderr) as session:
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
        append = ["console=ttyS0", "quiet", "loglevel=4", "panic=-1", "no_timer_check", f"rig.cgroup={self.cgroup}"]
        if self.lsm:
            append.append(f"lsm={self.lsm}")
        append.append(self.append)
        arguments = [
            "qemu-system-x86_64", "-accel", ACCELERATOR, "-cpu", CPU, "-m", str(self.memory),
            *(("-smp", "1", "-icount", "shift=0,sleep=off") if self.counted else ("-smp", "2")),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", str(kernel), "-initrd", str(initrd), "-append", " ".join(append).strip(),
            "-chardev", f"file,id=console,path={work}/console", "-serial", "chardev:console",
            "-device", "virtio-serial-pci",
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
                 stderr: BinaryIO | None) -> None:
        self._console = work / "console"
        self._arguments = arguments
        self._sinks = {"out": stdout, "err": stderr, "control": None}
        self._received = {name: bytearray() for name in self.PORTS}
        self._listeners = {}
        self._boot = 0.0
        self._timeout = timeout
        for name in self.PORTS:
            self._listeners[name] = socket.socket(socket.AF_UNIX)
            self._listeners[name].bind(str(work / name))
            self._listeners[name].listen(1)
            self._listeners[name].settimeout(10)

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
                raise VmError(f"qemu did not start: {self._complaint}", "") from None
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
            left = self._started + self._timeout - time.monotonic()
            if left <= 0:
                raise VmTimeout(f"not done after {self._timeout:g} s", self._console_text())
            if not self._serve(min(left, 1.0)):
                self._end()
                raise VmError(f"the machine ended without a report {self._complaint}".strip(), self._console_text())
            if not self._boot and self._received["control"].startswith(b"run\n"):
                self._boot = time.monotonic() - self._started
            report = self._report()
        status, fetched = report
        seconds = time.monotonic() - self._started
        self._end()
        while self._serve(5):       # what is still in the sockets
            pass
        return Result(status, bytes(self._received["out"]), bytes(self._received["err"]), self._console_text(),
                      self._boot, seconds), fetched

    def _serve(self, timeout: float) -> bool:
        """Read what the ports have; False when the machine has closed them all."""
        for key, _ in self._ports.select(timeout):
            data = key.fileobj.recv(1 << 20)        # type: ignore[union-attr]
            if not data:
                self._ports.unregister(key.fileobj)
                continue
            self._received[key.data] += data
            sink = self._sinks[key.data]
            if sink:
                sink.write(data)
                sink.flush()
        return bool(self._ports.get_map())

    def _report(self) -> tuple[int, bytes] | None:
        lines = self._received["control"].split(b"\n", 2)
        if len(lines) < 3 or not lines[1].startswith(b"exit "):
            return None
        status, size = (int(word) for word in lines[1].split()[1:])
        return (status, bytes(lines[2])) if len(lines[2]) >= size else None

    def _console_text(self) -> str:
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    def _end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._complaint = self._process.communicate()[1].decode(errors="replace").strip()


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
    machine = Machine(options.kernel, options.lsm, options.append, options.mem, options.cgroup, options.copy,
                      options.fetch, dict(pair.split("=", 1) for pair in options.env))
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
