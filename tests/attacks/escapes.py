# SPDX-License-Identifier: Apache-2.0
"""Ways out of a container, tried over and over by its first process.

For each file /round/NAME that appears, every attack is made in a fork of its own, and /round/NAME.json says how each ended: 0,
or the error of what the kernel refused.  NATURAL has what an attack ends with where nobody denies it and it does not go all the
way, because that would harm the machine.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap as maps
import os
import signal
import socket
import struct
import sys
import time

import calls
import rings

ROUNDS = "/round"
GUARDS = os.environ.get("GUARDS", "")   # where the host's directories of the guard are mounted
HOST_PID = int(os.environ.get("BEYOND", "1"))     # the container sees the host's processes: this is one

NATURAL = {"module from a file": errno.ENOEXEC, "module from memory": errno.ENOEXEC, "pivot_root": errno.EBUSY}


def refused(result: int) -> int:
    """What a call says as an error: 0, or raise it."""
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def core_pattern() -> None:
    with open("/proc/sys/kernel/core_pattern", "r+", encoding="ascii") as file:
        old = file.read()
        file.seek(0)
        file.write(old)
    with open(f"{ROUNDS}/written.mark", "w", encoding="ascii"):
        pass


def core_pattern_by_link() -> None:
    """The name that the program writes is another one."""
    if not os.path.islink("/tmp/harmless"):
        os.symlink("/proc/sys/kernel/core_pattern", "/tmp/harmless")
    with open("/tmp/harmless", "r+", encoding="ascii"):
        pass


def core_pattern_by_openat2() -> None:
    os.close(refused(calls.openat2(-100, b"/proc/sys/kernel/core_pattern", struct.pack("QQQ", os.O_RDWR, 0, 0), 24)))


def core_pattern_by_descriptor() -> None:
    """First as a mere path, which is not opening it, and then as what that descriptor is."""
    path = os.open("/proc/sys/kernel/core_pattern", os.O_PATH)
    os.close(os.open(f"/proc/self/fd/{path}", os.O_RDWR))


def core_pattern_by_ring() -> None:
    """No call opens it."""
    refused(rings.open_by_ring(b"/proc/sys/kernel/core_pattern", os.O_RDWR))


def core_pattern_open_already() -> None:
    """Nobody opens it: it was open before anything was in force."""
    os.pwrite(OPENED[0], os.pread(OPENED[0], 4096, 0), 0)


def release_agent() -> None:
    with open("/tmp/release_agent", "w", encoding="ascii") as file:
        file.write("/tmp/command")


def block_device() -> None:
    if os.path.exists("/tmp/innocent"):
        os.unlink("/tmp/innocent")
    os.mknod("/tmp/innocent", 0o60600, os.makedev(7, 0))


def memory_device() -> None:
    """/dev/mem by another name."""
    if os.path.exists("/tmp/innocent2"):
        os.unlink("/tmp/innocent2")
    os.mknod("/tmp/innocent2", 0o20600, os.makedev(1, 1))


def raw_disk() -> None:
    with open("/dev/vda", "rb") as disk:
        disk.read(512)


def raw_disk_by_another_name() -> None:
    """As where somebody has the host's /dev elsewhere."""
    with open("/innocent/disk", "rb") as disk:
        disk.read(512)


def mount() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", b"/mnt", b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), "mount")


def mount_by_newer_calls() -> None:
    context = refused(calls.fsopen(b"tmpfs", 0))
    refused(calls.fsconfig(context, 6, 0, 0, 0))
    refused(calls.move_mount(refused(calls.fsmount(context, 0, 0)), b"", -100, b"/srv", 4))


def new_mount() -> int:
    """One that is in no tree."""
    context = refused(calls.fsopen(b"tmpfs", 0))
    refused(calls.fsconfig(context, 6, 0, 0, 0))
    return refused(calls.fsmount(context, 0, 0))


def mount_nowhere() -> None:
    """Its files are there all the same."""
    os.close(os.open("file", os.O_CREAT | os.O_RDWR, dir_fd=new_mount()))


def mount_copied() -> None:
    os.close(os.open("hostname", os.O_RDONLY, dir_fd=refused(calls.open_tree(-100, b"/etc", 1))))


def mount_picked() -> None:
    """A file system that is mounted, to be changed."""
    refused(calls.fspick(-100, b"/dev/shm", 0))


def mount_changed() -> None:
    """What was mounted to be read only."""
    refused(calls.mount_setattr(-100, b"/sys", 0, struct.pack("QQQQ", 0, 1, 0, 0), 32))


def pivot_root() -> None:
    refused(calls.pivot_root(b"/", b"/"))


def unmount(path: bytes) -> None:
    """The uppermost mount there."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.umount2(path, 0):
        raise OSError(ctypes.get_errno(), "umount2")


def mask_removed() -> None:
    """What the runtime has put over it."""
    unmount(b"/proc/interrupts")


def setns() -> None:
    refused(calls.setns(os.open(f"/proc/{HOST_PID}/ns/uts", os.O_RDONLY), 0))


def own_setns() -> None:
    refused(calls.setns(os.open("/proc/self/ns/uts", os.O_RDONLY), 0))


def user_namespace() -> None:
    refused(calls.unshare(0x10000000))


def root_of_process_1() -> None:
    with open(f"/proc/{HOST_PID}/root/etc/hostname", "rb") as file:
        file.read()


def root_of_process_1_changed() -> None:
    """Without anything being opened; it stays as it is."""
    os.chmod(f"/proc/{HOST_PID}/root/tmp", 0o1777)


def environ_of_process_1() -> None:
    with open(f"/proc/{HOST_PID}/environ", "rb") as file:
        file.read()


def memory_of_process_1() -> None:
    os.close(os.open(f"/proc/{HOST_PID}/mem", os.O_RDWR))


def descriptor_of_process_1() -> None:
    refused(calls.pidfd_getfd(refused(calls.pidfd_open(HOST_PID, 0)), 0, 0))


def span(address: int, size: int) -> ctypes.Array[ctypes.c_char]:
    """One, as calls for memory of others take it."""
    return ctypes.create_string_buffer(struct.pack("QQ", address, size), 16)


def memory_by_call(pid: int, address: int, write: bool) -> None:
    """Its zeros at that place are read, or written as they are."""
    zeros = ctypes.create_string_buffer(8)
    call = calls.process_vm_writev if write else calls.process_vm_readv
    if refused(call(pid, span(ctypes.addressof(zeros), 8), 1, span(address, 8), 1, 0)) != 8 or zeros.raw != bytes(8):
        raise ValueError("other memory")


def memory_of_process_1_read() -> None:
    memory_by_call(HOST_PID, int(os.environ["BEYOND_AT"]), False)


def memory_of_process_1_written() -> None:
    memory_by_call(HOST_PID, int(os.environ["BEYOND_AT"]), True)


def trace_host() -> None:
    """Attaches to a thread of the kernel's own making is never allowed: to our parent's world, process 1."""
    refused(calls.ptrace(0x4206, HOST_PID, 0, 0))
    calls.ptrace(17, HOST_PID, 0, 0)


def by_handle() -> None:
    with open("/dev/shm/file", "w", encoding="ascii"):
        pass
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    refused(calls.name_to_handle_at(-100, b"/dev/shm/file", handle, ctypes.byref(ctypes.c_int()), 0))
    refused(calls.open_by_handle_at(os.open("/dev/shm", os.O_RDONLY), handle, os.O_RDONLY))


def module_from_file() -> None:
    with open("/tmp/module.ko", "wb") as file:
        file.write(bytes(4096))
    refused(calls.finit_module(os.open("/tmp/module.ko", os.O_RDONLY), b"", 0))


def module_from_memory() -> None:
    refused(calls.init_module(bytes(4096), 4096, b""))


def kernel_unloaded() -> None:
    """The kernel that would be begun next: there is none, and none is to be."""
    refused(calls.kexec_load(0, 0, 0, 0))


def bpf() -> None:
    refused(calls.bpf(0, struct.pack("IIII", 2, 4, 4, 1), 16))


def performance_events() -> None:
    refused(calls.perf_event_open(struct.pack("IIQ", 1, 128, 0) + bytes(112), 0, -1, -1, 0))


def userfaultfd() -> None:
    refused(calls.userfaultfd(0))


def runtime_socket() -> None:
    """By another name than it has."""
    server, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    if os.path.exists("/run/docker.sock"):
        os.unlink("/run/docker.sock")
    server.bind("/run/docker.sock")
    server.listen()
    if not os.path.islink("/run/other"):
        os.symlink("/run/docker.sock", "/run/other")
    client.connect("/run/other")


def group_left() -> None:
    """For one of the host's: what is done there nobody asks a container about."""
    with open("/groups/cgroup.procs", "w", encoding="ascii") as file:
        file.write("0")


def unified() -> str:
    """Where the host's hierarchy of version 2 is."""
    return next((g for g in ("/groups", "/unified") if os.path.exists(f"{g}/cgroup.controllers")), "/groups")


def own_group() -> str:
    """Our directory there, whatever our namespace of control groups calls it."""
    for directory, _, files in os.walk(unified()):
        if "cgroup.procs" in files:
            with open(f"{directory}/cgroup.procs", encoding="ascii") as processes:
                if f"{os.getpid()}\n" in processes:
                    return directory
    raise FileNotFoundError(errno.ENOENT, "no control group")


def born_in(group: str) -> int:
    """As fork(), into a control group."""
    directory = os.open(group, os.O_RDONLY | os.O_DIRECTORY)
    arguments = struct.pack("11Q", 0x200000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, directory)
    return refused(calls.clone3(arguments, len(arguments)))


def pass_on(code: int) -> None:
    """What became of a child becomes of us."""
    if code < 0:
        os.kill(os.getpid(), -code)
    if code:
        raise OSError(code, "child")


def end_as(code: int) -> None:
    """The same where nobody catches it."""
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def wait_for(pid: int) -> int:
    """As attempt() returns it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def core_pattern_by_shell() -> None:
    """By another program."""
    pass_on(os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", ": <>/proc/sys/kernel/core_pattern 2>/dev/null || exit 1"]))


def born_outside() -> None:
    """The child is in none of the container's control groups, and neither is what it begins."""
    pid = born_in(unified())
    if not pid:
        end_as(attempt(core_pattern_by_shell) and attempt(core_pattern))
    pass_on(wait_for(pid))


def born_outside_and_back() -> None:
    """As who comes into a container from outside, who is not asked."""
    home = own_group()
    pid = born_in(unified())
    if not pid:
        back = born_in(home)
        end_as(wait_for(back) if back else attempt(core_pattern))
    pass_on(wait_for(pid))


def moved_outside() -> None:
    """By a file that was open before anything was in force."""
    os.pwrite(OPENED[1], b"0", 0)
    pass_on(attempt(core_pattern))


def leaked_directory() -> None:
    """CVE-2024-21626: the working directory is one of the host's, and all else is relative to it."""
    os.chdir(f"/proc/self/fd/{LEAKED[0]}")
    with open("etc/hostname", "rb") as file:
        file.read()


def leaked_directory_changed() -> None:
    """Nothing is opened; it stays as it is."""
    os.chmod("tmp", 0o1777, dir_fd=LEAKED[0])


def leaked_directory_gets_file() -> None:
    """An empty one, which is not opened; of one that stays there nobody has a use, and the test removes it."""
    os.mknod(f"tmp/merlon-made-{os.getpid()}", 0o100600, dir_fd=LEAKED[0])
    os.unlink(f"tmp/merlon-made-{os.getpid()}", dir_fd=LEAKED[0])


def leaked_directory_given() -> None:
    """To whom it belongs already."""
    os.chown("tmp", 0, 0, dir_fd=LEAKED[0])


def guard_file_given() -> None:
    os.chown(f"{GUARDS}/run/merlon/decoy", 0, 0)


def runtime_overwritten() -> None:
    """CVE-2019-5736: the runtime's program is there to be read, and its link in /proc to be opened anew."""
    os.close(os.open(f"/proc/self/fd/{LEAKED[1]}", os.O_WRONLY))


def kill_guard() -> None:
    os.kill(int(os.environ["GUARD"]), 0)


def guard_file_written() -> None:
    with open(f"{GUARDS}/run/merlon/decoy", "w", encoding="ascii"):
        pass


def there_and_back(path: str) -> None:
    """A rename that leaves nothing behind."""
    os.rename(path, f"{path}-moved")
    os.rename(f"{path}-moved", path)


def guard_file_renamed() -> None:
    there_and_back(f"{GUARDS}/run/merlon/decoy")


def guard_file_removed() -> None:
    os.unlink(f"{GUARDS}/run/merlon/decoy.old")


def guard_file_cut() -> None:
    os.truncate(f"{GUARDS}/run/merlon/decoy", 0)


def guard_file_linked() -> None:
    os.link(f"{GUARDS}/run/merlon/decoy", f"{GUARDS}/run/merlon/decoy.link")


def guard_pin_renamed() -> None:
    there_and_back(f"{GUARDS}/sys/fs/bpf/merlon/decoy")


def guard_socket_used() -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{GUARDS}/run/merlon/decoy.socket")


def guard_map_reached() -> None:
    path = ctypes.create_string_buffer(f"{GUARDS}/sys/fs/bpf/merlon/deny/state".encode())
    refused(calls.bpf(7, struct.pack("QII", ctypes.addressof(path), 0, 0), 16))


def signal_beyond() -> None:
    os.kill(HOST_PID, signal.SIGCONT)


def fileless() -> None:
    """A program that has no file; where it runs, its end is that of the attack."""
    os.execv(f"/proc/self/fd/{program_in_memory()}", ["x"])


def program_in_memory() -> int:
    """Its descriptor."""
    program = refused(calls.memfd_create(b"x", 0))
    with open("/bin/true", "rb") as source:
        os.write(program, source.read())
    return program


def fileless_by_descriptor() -> None:
    """execveat(), without any name."""
    arguments = (ctypes.c_char_p * 2)(b"x", None)
    refused(calls.execveat(program_in_memory(), b"", arguments, None, 0x1000))


def fileless_by_interpreter() -> None:
    """As what a script asks for."""
    with open(f"/tmp/script-{os.getpid()}", "w", encoding="ascii") as script:
        script.write(f"#!/proc/self/fd/{program_in_memory()}\n")
    os.chmod(script.name, 0o755)
    os.execv(script.name, ["x"])


def fileless_by_loader() -> None:
    """The loader runs it, so no exec is of it."""
    program = program_in_memory()
    os.set_inheritable(program, True)
    os.execv("/lib64/ld-linux-x86-64.so.2", ["x", f"/proc/self/fd/{program}"])


def fileless_by_copied_loader() -> None:
    """Nobody knows that it is one."""
    loader = f"/tmp/loader-{os.getpid()}"
    with open("/lib64/ld-linux-x86-64.so.2", "rb") as source, open(loader, "wb") as copy:
        copy.write(source.read())
    os.chmod(loader, 0o755)
    program = program_in_memory()
    os.set_inheritable(program, True)
    os.execv(loader, ["x", f"/proc/self/fd/{program}"])


def code_as_data() -> None:
    """What may be read may be executed, if a process says so of itself."""
    program = program_in_memory()
    refused(calls.personality(0x400000))
    maps.mmap(program, 4096, maps.MAP_PRIVATE, maps.PROT_READ).close()


def receive_leaked() -> list[int]:
    """What a runtime that has the errors would leave open: a directory of the host's, and its own program."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{ROUNDS}/leak")
    listener.listen()
    return list(socket.recv_fds(listener.accept()[0], 1, 2)[1])


LEAKED: list[int] = []
OPENED: list[int] = []
ATTACKS = {
    "program in memory": fileless, "program in memory by descriptor": fileless_by_descriptor,
    "program in memory as interpreter": fileless_by_interpreter, "program in memory by the loader": fileless_by_loader,
    "program in memory by a copied loader": fileless_by_copied_loader, "code in memory mapped as data": code_as_data,
    "control group left": group_left, "born in the host's control group": born_outside,
    "born in the host's control group and back": born_outside_and_back, "moved to the host's control group": moved_outside,
    "leaked directory": leaked_directory, "leaked directory changed": leaked_directory_changed,
    "leaked directory gets a file": leaked_directory_gets_file, "leaked directory given away": leaked_directory_given, "guard's file given away": guard_file_given,
    "runtime overwritten": runtime_overwritten, "signal to the guard": kill_guard,
    "signal beyond": signal_beyond,
    "guard's file written": guard_file_written, "guard's file cut": guard_file_cut, "guard's file linked": guard_file_linked,
    "guard's file renamed": guard_file_renamed, "guard's pin renamed": guard_pin_renamed,
    "guard's socket": guard_socket_used, "guard's map": guard_map_reached, "guard's file removed": guard_file_removed,
    "core_pattern": core_pattern, "core_pattern by another name": core_pattern_by_link, "core_pattern by io_uring": core_pattern_by_ring,
    "core_pattern open already": core_pattern_open_already,
    "core_pattern by openat2": core_pattern_by_openat2, "core_pattern by descriptor": core_pattern_by_descriptor,
    "release_agent": release_agent,
    "block device": block_device, "memory device": memory_device, "raw disk": raw_disk, "raw disk by another name": raw_disk_by_another_name, "mount": mount, "mount by newer calls": mount_by_newer_calls,
    "mount in no tree": mount_nowhere, "mount copied": mount_copied, "mount picked": mount_picked, "mount changed": mount_changed, "mask removed": mask_removed,
    "pivot_root": pivot_root, "setns": setns, "setns to its own": own_setns, "user namespace": user_namespace,
    "root of process 1": root_of_process_1, "root of process 1 changed": root_of_process_1_changed, "trace process 1": trace_host,
    "environment of process 1": environ_of_process_1, "memory of process 1": memory_of_process_1,
    "memory of process 1 read by a call": memory_of_process_1_read, "memory of process 1 written by a call": memory_of_process_1_written,
    "descriptor of process 1": descriptor_of_process_1, "open by handle": by_handle,
    "kernel unloaded": kernel_unloaded,
    "module from a file": module_from_file, "module from memory": module_from_memory, "bpf": bpf,
    "performance events": performance_events, "userfaultfd": userfaultfd, "runtime socket": runtime_socket,
}
if tuple(map(int, os.uname().release.split(".")[:2])) < (5, 12):
    del ATTACKS["mount changed"]        # there is no such call


def ordinary() -> None:
    """What a service does all day."""
    with open("/tmp/data", "w", encoding="ascii") as file:
        file.write("x")
    with open("/etc/hostname", encoding="ascii") as file:
        file.read()
    os.rename("/tmp/data", "/tmp/data2")
    os.chmod("/tmp/data2", 0o600)
    os.chown("/tmp/data2", 1, 1)
    os.unlink("/tmp/data2")
    os.mkfifo("/tmp/fifo")
    os.unlink("/tmp/fifo")
    os.mknod("/tmp/file", 0o100600)
    os.unlink("/tmp/file")
    server, client = socket.socket(), socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    client.connect(server.getsockname())
    if os.spawnv(os.P_WAIT, "/bin/true", ["true"]):
        raise OSError(errno.EPERM, "exec")
    if os.spawnv(os.P_WAIT, "/lib64/ld-linux-x86-64.so.2", ["ld", "/bin/true"]):
        raise OSError(errno.EPERM, "loader")
    memory = refused(calls.memfd_create(b"data", 0))
    os.close(os.open(f"/proc/self/fd/{memory}", os.O_RDWR))
    os.ftruncate(memory, 4096)      # as compilers do it that work at run time
    maps.mmap(memory, 4096, maps.MAP_SHARED, maps.PROT_READ | maps.PROT_EXEC).close()
    maps.mmap(memory, 4096, maps.MAP_PRIVATE, maps.PROT_READ).close()
    os.close(refused(calls.open_tree(-100, b"/tmp", 0)))        # no copy of it
    os.close(refused(calls.openat2(-100, b"/etc/hostname", struct.pack("QQQ", os.O_RDONLY, 0, 0), 24)))
    with open("/proc/self/cgroup", encoding="ascii") as groups:
        names = [line.rstrip().split(":", 2) for line in groups]
    name = next((n for _, controllers, n in names if controllers in ("", "pids") and os.path.exists(f"/groups{n}/cgroup.procs")), "")
    with open(f"/groups{name}/cgroup.procs" if name.strip("/") else "/dev/null", "w", encoding="ascii") as file:
        file.write("0")         # its own
    below = f"{own_group()}/below"
    os.mkdir(below)             # as service managers have it
    pid = born_in(below)
    if not pid:
        os._exit(os.spawnv(os.P_WAIT, "/bin/true", ["true"]))
    pass_on(wait_for(pid))
    os.rmdir(below)
    for own in ("/proc/self/root/tmp", "/proc/self/cwd/tmp", f"/proc/{os.getpid()}/root/tmp"):
        os.mkdir(f"{own}/directory")
        os.rmdir(f"{own}/directory")
    unmount(b"/own")
    os.mknod("/tmp/null", 0o20600, os.makedev(1, 3))
    os.unlink("/tmp/null")
    zeros = ctypes.create_string_buffer(8)
    child = os.fork()
    if not child:
        signal.pause()
    try:
        for write in (False, True):     # a debugger of its own
            memory_by_call(child, ctypes.addressof(zeros), write)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def attempt(function: object) -> int:
    """The error that it ends with, 0 if none, in a process of its own; 255: something else went wrong."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        function()      # type: ignore[operator]
        os._exit(0)
    except OSError as error:
        os._exit(error.errno or 255)
    except BaseException as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(255)


def main() -> None:
    """Rounds, until it is killed."""
    done: set[str] = {"leak"}
    LEAKED.extend(receive_leaked())
    OPENED.append(os.open("/proc/sys/kernel/core_pattern", os.O_RDWR))
    OPENED.append(os.open("/groups/cgroup.procs", os.O_WRONLY))
    while True:
        for name in sorted(os.listdir(ROUNDS)):
            if "." in name or name in done:
                continue
            done.add(name)
            results = {attack: attempt(function) for attack, function in ATTACKS.items()}
            results["ordinary work"] = attempt(ordinary)
            with open(f"{ROUNDS}/{name}.tmp", "w", encoding="ascii") as file:
                json.dump(results, file)
            os.rename(f"{ROUNDS}/{name}.tmp", f"{ROUNDS}/{name}.json")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
