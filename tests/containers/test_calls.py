#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live events of single calls: each is made once, and is told with what it was asked for and whom it is about."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import merlon  # first: it puts the rig on the path
import tap
from test_events import Events

SCRIPT = r'''
import ctypes, fcntl, mmap, os, signal, socket, struct, time
NAME = "/tmp/merlon-calls-file"
libc = ctypes.CDLL(None, use_errno=True)
def call(nr, *a):
    return libc.syscall(ctypes.c_long(nr), *[ctypes.c_long(x) if isinstance(x, int) else x for x in a])
child = os.fork()
if child == 0:
    os.execv("/bin/sleep", ["sleep", "9"])
time.sleep(0.2)
os.kill(child, 0)
call(234, child, child, 0)                       # tgkill
fd = os.pidfd_open(child)
signal.pidfd_send_signal(fd, 0)
buf = ctypes.create_string_buffer(8)
call(310, child, ctypes.byref(buf), 0, ctypes.byref(buf), 0, 0)   # process_vm_readv
call(101, 16, child, 0, 0)                        # ptrace attach
call(101, 17, child, 0, 0)
os.kill(child, 9); os.waitpid(child, 0)
m = mmap.mmap(-1, 4096, prot=mmap.PROT_READ|mmap.PROT_WRITE)
a = ctypes.addressof(ctypes.c_char.from_buffer(m))
libc.mprotect(ctypes.c_void_p(a), ctypes.c_size_t(4096), 5)
header = struct.pack("Ii", 0x20080522, 0)
data = struct.pack("6I", 0x400, 0xffffffff, 0, 0, 0x1ff, 0)
call(126, header, data)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"x", ("127.0.0.1", 9))
s.sendmsg([b"x"], [], 0, ("127.0.0.2", 9))
s.connect(("127.0.0.3", 9)); s.send(b"y")
server = socket.create_server(("127.0.0.1", 0)); client = socket.create_connection(server.getsockname())
client.send(b"first" + bytes(300)); os.write(client.fileno(), b"second"); os.writev(client.fileno(), [b"thi", b"", b"rd"])
client.sendmsg([b"fo", b"urth"]); client.send(b"fi" + bytes(9000)); client.send(b"sixth")
peer, _ = server.accept(); os.write(peer.fileno(), b"answer")
quiet = os.open("/dev/null", 1); os.write(quiet, b"file"); os.close(quiet)
keep = os.dup(0); os.close(0); fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 0); os.dup2(keep, 0)
open(NAME, "w").close(); os.utime(NAME, (1, 1)); call(132, NAME.encode(), 0); call(235, NAME.encode(), 0); call(261, -100, NAME.encode(), 0)
timed = os.open(NAME, 0); os.utime(timed, (1, 1)); os.close(timed); os.unlink(NAME)
call(250, 0, -3, 0)                               # keyctl
old = open("/proc/sys/net/ipv4/ip_default_ttl").read(); open("/proc/sys/net/ipv4/ip_default_ttl", "w").write(old)
fs = call(430, b"tmpfs", 0); call(431, fs, 1, b"size", b"1M", 0); call(431, fs, 6, 0, 0, 0); call(432, fs, 0, 1)
params = ctypes.create_string_buffer(120); call(425, 4, params)
gate = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40, prot=7)   # below 4 GiB
base = ctypes.addressof(ctypes.c_char.from_buffer(gate))
gate[0:16] = bytes.fromhex("53 b8 66000000 89fb 89f1 cd80 5b c3 9090".replace(" ", ""))
gate[64:76] = struct.pack("3I", 2, 1, 0)
gate[80:92] = struct.pack("3I", 9, base + 96, 16)
gate[96:112] = struct.pack("=HH", 2, 0x0900) + bytes([127, 0, 0, 4]) + bytes(8)
enter = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint, ctypes.c_uint)(base)
tcp = enter(1, base + 64)                                                  # socketcall: socket
gate[80:84] = struct.pack("I", tcp); enter(3, base + 80)                   # and connect
libc.unshare(0x04000000); call(170, b"merlon-test", 11); call(171, b"domain", 6)
'''

# Event, arguments, what its descriptor is, and whether it is about the child.
ROWS: tuple[tuple[str, dict[str, Any], dict[str, Any], bool], ...] = (
    ("kill", {"sig": 0}, {}, True),
    ("kill", {"sig": 9}, {}, True),
    ("tgkill", {"sig": 0}, {}, True),
    ("pidfd_open", {"flags": 0}, {"type": "pidfd"}, True),
    ("pidfd_send_signal", {"sig": 0}, {"type": "pidfd"}, True),
    ("process_vm_readv", {}, {}, True),
    ("ptrace", {"request": "PTRACE_ATTACH"}, {}, True),
    ("mprotect", {"length": 4096, "prot": "PROT_READ|PROT_EXEC"}, {}, False),
    ("mmap", {"prot": "PROT_READ|PROT_WRITE|PROT_EXEC"}, {}, False),
    ("capset", {"cap_inheritable": 0, "cap_permitted": 2199023255551, "cap_effective": "CAP_NET_BIND_SERVICE"}, {},
     False),
    ("sendto", {"size": 1}, {"type": "ipv4", "l4proto": "udp", "server": "127.0.0.1", "server_port": 9}, False),
    ("sendmsg", {"data": "x"}, {"type": "ipv4", "server": "127.0.0.2", "server_port": 9}, False),
    ("write", {"data": "second", "size": 6}, {"type": "ipv4", "server": "127.0.0.1", "l4proto": "tcp"}, False),
    ("writev", {"data": "third"}, {"type": "ipv4", "server": "127.0.0.1"}, False),
    ("sendmsg", {"data": "fourth"}, {"type": "ipv4", "server": "127.0.0.1"}, False),
    ("write", {"data": "answer", "size": 6}, {"type": "ipv4", "server_is_local": True}, False),
    ("fcntl", {"cmd": "F_DUPFD"}, {"type": "ipv4", "server": "127.0.0.3"}, False),
    ("utimensat", {"path": "/tmp/merlon-calls-file", "flags": 0}, {}, False),
    ("utimensat", {}, {"type": "file", "name": "/tmp/merlon-calls-file"}, False),
    ("keyctl", {"operation": "KEYCTL_GET_KEYRING_ID"}, {}, False),
    ("sysctl", {"name": "net/ipv4/ip_default_ttl", "old": "64", "new": "64", "write": 1}, {}, False),
    ("fsopen", {"name": "tmpfs"}, {}, False),
    ("fsconfig", {"cmd": "FSCONFIG_SET_STRING", "key": "size", "value_charbuf": "1M"}, {}, False),
    ("fsmount", {"attr_flags": "RDONLY"}, {}, False),
    ("io_uring_setup", {"entries": 4}, {"type": "io_uring"}, False),
    ("socket", {"domain": "AF_INET", "type": 1}, {"type": "ipv4", "l4proto": "tcp"}, False),
    ("connect", {"addr": "127.0.0.4:9"}, {"type": "ipv4", "server": "127.0.0.4"}, False),
    ("sethostname", {"name": "merlon-test"}, {}, False),
    ("setdomainname", {"name": "domain"}, {}, False),
)

RULES = '''
- rule: Reads a sleeper
  desc: whom it is about has fields
  condition: evt.type = process_vm_readv and evt.target.name = sleep and evt.target.cmdline = "sleep 9" and evt.target.container.id = host
  output: "%evt.target.pid"
  priority: WARNING
'''


def calls() -> None:
    """each call is told with its arguments, its descriptor and its target"""
    with tempfile.TemporaryDirectory() as directory:
        output, rules = Path(directory, "events.jsonl"), Path(directory, "rules.yaml")
        done = merlon.run("events", "record", "--json", "-o", output, "--", "/usr/bin/python3", "-c", SCRIPT)
        tap.check(bool(re.search(r" 0 lost$", done.stderr.strip())), done.stderr)
        rules.write_text(RULES)
        binary = Path(directory, "events.mev")
        merlon.run("events", "convert", "--to", "binary", output, "-o", binary)
        for path in (output, binary):
            done = merlon.run("rules", "test", "--events", path, "--expect", "Reads a sleeper=1", rules, check=False)
            tap.check(done.returncode == 0, f"{done.stdout}{done.stderr}")
        events = Events(output)
    for kind, arguments, descriptor, about_child in ROWS:
        found = [e for e in events.find(kind, "python3", **arguments)
                 if descriptor.items() <= e.get("fd", {}).items()]
        some = [(e.get("args"), e.get("fd")) for e in events.all if e["event"] == kind]
        tap.check(bool(found), f"{kind}: none with {arguments} {descriptor} in {some}")
        tap.check(all(("target" in e) == about_child for e in found), f"{kind}: whom it is about: {[e.get('target') for e in found]}")
    timed = events.find("utimensat", "python3", path="/tmp/merlon-calls-file")
    tap.check(len(timed) == 4, f"utimensat, utime, utimes and futimesat: {timed}")
    tap.check(all("PROT_EXEC" in e["args"]["prot"] for e in events.all if e["event"] in ("mmap", "mprotect")),
              "memory that is not executable is told")
    sent = [(e["args"].get("data"), e["result"]) for e in events.find("sendto", "python3")]
    tap.check({n for _, n in sent} == {1, 305, 9002}, f"only the beginning of a connection is told: {sent}")
    tap.check(("".join(f"{c:02x}" for c in b"first") + "00" * 251, 305) in [(d["hex"], n) for d, n in sent if isinstance(d, dict)],
              f"the first 256 bytes: {sent}")
    tap.check(len([e for e in events.all if e["event"] == "write"]) == 2, "what is written to files is told")


PATHS = """
set -e
cd "$1"
: >link/a; mv link/a link/b; ln link/b link/c; chmod 600 link/c; truncate -s 1 link/c; mknod link/fifo p
mkdir link/dir; rmdir link/dir/../dir; rm link/b
"""

# Events, their parameters, and what these lead to below the directory of the test.
RESOLVED = (
    (("rename", "renameat", "renameat2"), "mv", {"oldpath": "a", "newpath": "b"}),
    (("link", "linkat"), "ln", {"oldpath": "b", "newpath": "c"}),
    (("chmod", "fchmodat", "fchmodat2"), "chmod", {"filename": "c"}),
    (("mknod", "mknodat"), "mknod", {"path": "fifo"}),
    (("mkdir", "mkdirat"), "mkdir", {"path": "dir"}),
    (("rmdir", "unlinkat"), "rmdir", {"path": "dir", "name": "dir"}),
    (("unlink", "unlinkat"), "rm", {"path": "b", "name": "b"}),
)

URING = r'''
import ctypes, mmap, os, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
params = ctypes.create_string_buffer(120)
ring = libc.syscall(ctypes.c_long(425), ctypes.c_long(4), params)
tail, array = struct.unpack_from("I", params, 44)[0], struct.unpack_from("I", params, 64)[0]
queue = mmap.mmap(ring, 4096, flags=mmap.MAP_SHARED)
entries = mmap.mmap(ring, 4096, flags=mmap.MAP_SHARED, offset=0x10000000)
def submit(opcode, fd, offset, address, length, flags):
    entries[0:64] = struct.pack("=BBHiQQII", opcode, 0, 0, fd, offset, address, length, flags) + bytes(32)
    struct.pack_into("I", queue, array, 0)
    struct.pack_into("I", queue, tail, struct.unpack_from("I", queue, tail)[0] + 1)
    libc.syscall(ctypes.c_long(426), ctypes.c_long(ring), ctypes.c_long(1), ctypes.c_long(1), ctypes.c_long(1), None, ctypes.c_long(0))
path = ctypes.create_string_buffer(b"/usr/share/../share/common-licenses/GPL-2")
submit(18, -100, 0, ctypes.addressof(path), 0, os.O_RDONLY)
s = socket.socket()
to = ctypes.create_string_buffer(struct.pack("=HH", 2, 0x0900) + bytes([127, 0, 0, 5]) + bytes(8), 16)
submit(16, s.fileno(), 16, ctypes.addressof(to), 0, 0)
'''


def has_kprobes() -> bool:
    """Whether the kernel can be asked while a call is under way."""
    said = json.loads(merlon.run("doctor", "--json", check=False).stdout)
    return any(f["name"] == "kprobe" and f["state"] == "ok" for f in said)


def paths() -> None:
    """names that are changed are told as the kernel resolved them, or, without kprobes, by name"""
    exact = has_kprobes()
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "events.jsonl")
        Path(directory, "real").mkdir()
        Path(directory, "link").symlink_to("real")
        merlon.run("events", "record", "--json", "-o", output, "--", "/bin/sh", "-c", PATHS, "sh", directory)
        events = Events(output)
    for kinds, process, wanted in RESOLVED:
        found = [e for e in events.all if e["event"] in kinds and e["process"] and e["process"]["name"] == process
                 and e["result"] == 0]
        shown = [(e["event"], e["args"]) for e in found]
        tap.check(len(found) == 1, f"{kinds}: {shown}")
        told = {k: v for k, v in found[0]["args"].items() if k in wanted and isinstance(v, dict)}
        tap.check(bool(told), f"{kinds}: {shown}")
        for name, value in told.items():
            below = f"{directory}/{'real' if exact else 'link'}/{wanted[name]}"
            tap.check(value["resolved"] == below and value.get("exact", False) == exact, f"{kinds}: {value}, not {below}")


def uring() -> None:
    """what is opened and connected through io_uring is told where the kernel can be asked, and the ring everywhere"""
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "events.jsonl")
        done = merlon.run("events", "record", "--json", "-o", output, "--", "/usr/bin/python3", "-c", URING)
        events = Events(output)
    made = events.find("io_uring_setup", "python3")
    tap.check(len(made) == 1, f"{len(made)} rings: {done.stderr}")
    opened = [e for e in events.find("openat", "python3")
              if e.get("fd", {}).get("name") == "/usr/share/common-licenses/GPL-2"]
    connected = events.find("connect", "python3", addr="127.0.0.5:9")
    wanted = int(has_kprobes() and made[0]["result"] >= 0)
    # What would have to wait is tried again by a worker.
    tap.check(all(wanted <= len(found) <= 2 * wanted for found in (opened, connected)),
              f"not {wanted}: {len(opened)}, {len(connected)}")
    tap.check(all(e.get("result") is None for e in opened), "a result is known")


# Each as itself, by number: what would change anything is refused. "@x" stands for what PREPARE made, "$" for where the test is.
EVERY: tuple[tuple[str, int, tuple[Any, ...], dict[str, Any]], ...] = (
    ("execve", 59, (b"$/none", 0, 0), {"filename": "$/none"}),
    ("execveat", 322, (-100, b"$/none", 0, 0, 0), {"filename": "$/none"}),
    ("clone3", 435, (b"\0\2" + bytes(86), 8), {}),
    ("fork", 57, (), {}),
    ("open", 2, (b"$/file", 0, 0), {"name": "$/file", "flags": "O_RDONLY"}),
    ("creat", 85, (b"$/made", 0o640), {"name": "$/made", "mode": 0o640}),
    ("openat2", 437, (-100, b"$/file", bytes(24), 24), {"name": "$/file"}),
    ("open_by_handle_at", 304, (-100, b"\4\0\0\0\1\0\0\0abcd", 0), {"mountfd": -100}),
    ("mkdir", 83, (b"$/dir", 0o700), {"path": "$/dir", "mode": 0o700}),
    ("mkdirat", 258, (-100, b"$/dir", 0o700), {"path": "$/dir"}),
    ("mknod", 133, (b"$/fifo", 0o010600, 0), {"path": "$/fifo"}),
    ("mknodat", 259, (-100, b"$/fifo", 0o010600, 0), {"path": "$/fifo"}),
    ("link", 86, (b"$/file", b"$/link"), {"oldpath": "$/file", "newpath": "$/link"}),
    ("linkat", 265, (-100, b"$/file", -100, b"$/link", 0), {"oldpath": "$/file", "newpath": "$/link"}),
    ("symlink", 88, (b"to", b"$/symbolic"), {"target": "to", "linkpath": "$/symbolic"}),
    ("symlinkat", 266, (b"to", -100, b"$/symbolic"), {"target": "to", "linkpath": "$/symbolic"}),
    ("chmod", 90, (b"$/link", 0o600), {"filename": "$/link"}),
    ("fchmod", 91, ("@file", 0o600), {}),
    ("fchmodat", 268, (-100, b"$/link", 0o600), {"filename": "$/link"}),
    ("chown", 92, (b"$/link", 0, 7), {"path": "$/link", "uid": 0, "gid": 7}),
    ("lchown", 94, (b"$/link", 0, 7), {"path": "$/link", "gid": 7}),
    ("fchown", 93, ("@file", 0, 7), {"gid": 7}),
    ("fchownat", 260, (-100, b"$/link", 0, 7, 0x100), {"pathname": "$/link", "flags": "AT_SYMLINK_NOFOLLOW"}),
    ("truncate", 76, (b"$/file", 5), {"path": "$/file", "length": 5}),
    ("ftruncate", 77, ("@file", 6), {"length": 6}),
    ("setxattr", 188, (b"$/file", b"user.a", b"x", 1, 1), {"path": "$/file", "name": "user.a"}),
    ("lsetxattr", 189, (b"$/file", b"user.b", b"x", 1, 1), {"path": "$/file", "name": "user.b"}),
    ("fsetxattr", 190, ("@file", b"user.c", b"x", 1, 1), {"name": "user.c"}),
    ("setxattrat", 463, (-100, b"$/file", 0, b"user.d", 0, 16), {"path": "$/file", "name": "user.d"}),
    ("rename", 82, (b"$/link", b"$/other"), {"oldpath": "$/link", "newpath": "$/other"}),
    ("renameat", 264, (-100, b"$/other", -100, b"$/link"), {"oldpath": "$/other", "newpath": "$/link"}),
    ("renameat2", 316, (-100, b"$/link", -100, b"$/other", 0), {"oldpath": "$/link", "newpath": "$/other"}),
    ("unlink", 87, (b"$/other",), {"path": "$/other"}),
    ("unlinkat", 263, (-100, b"$/symbolic", 0), {"name": "$/symbolic"}),
    ("rmdir", 84, (b"$/dir",), {"path": "$/dir"}),
    ("chdir", 80, (b"$",), {"path": "$"}),
    ("fchdir", 81, ("@directory",), {}),
    ("chroot", 161, (b"/",), {"path": "/"}),
    ("capability", 161, (b"/",), {"cap": "CAP_SYS_CHROOT", "granted": 1}),
    ("mount", 165, (b"none", b"$/none", b"tmpfs", 1, 0), {"dev": "none", "dir": "$/none", "type": "tmpfs", "flags": "RDONLY"}),
    ("umount2", 166, (b"$/none", 2), {"name": "$/none", "flags": "DETACH"}),
    ("pivot_root", 155, (b"$/none", b"$/old"), {"new_root": "$/none", "put_old": "$/old"}),
    ("open_tree", 428, (-100, b"$/none", 1), {"path": "$/none"}),
    ("move_mount", 429, (-100, b"$/none", -100, b"$/to", 0), {"from_path": "$/none", "to_path": "$/to"}),
    ("mount_setattr", 442, (-100, b"$/none", 0, bytes(32), 32), {"path": "$/none"}),
    ("setns", 308, ("@directory", 0x20000), {"nstype": "CLONE_NEWNS"}),
    ("unshare", 272, (0,), {}),
    ("memfd_create", 319, (b"memory", 1), {"name": "memory", "flags": "MFD_CLOEXEC"}),
    ("userfaultfd", 323, (0,), {"flags": "O_RDONLY"}),
    ("perf_event_open", 298, (b"\1\0\0\0\x70\0\0\0\2" + bytes(103), 0, -1, -1, 0), {"type": 1, "config": 2, "pid": 0}),
    ("bpf", 321, (0, 0, 0), {"cmd": "BPF_MAP_CREATE"}),
    ("init_module", 175, (bytes(16), 16, b"none=1"), {"length": 16, "uargs": "none=1"}),
    ("finit_module", 313, ("@file", b"none=2", 0), {"uargs": "none=2"}),
    ("delete_module", 176, (b"merlon-none", 0x800), {"name": "merlon-none"}),
    ("prctl", 157, (15, b"python3"), {"option": "PR_SET_NAME"}),
    ("process_vm_writev", 311, (1 << 22, 0, 0, 0, 0, 0), {"pid": 1 << 22}),
    ("pidfd_getfd", 438, (-1, 0, 0), {"pid_fd": -1}),
    ("tkill", 200, (1 << 22, 0), {"tid": 1 << 22, "sig": 0}),
    ("bind", 49, ("@socket", b"\2\0\0\0\x7f\0\0\6" + bytes(8), 16), {"addr": "127.0.0.6:0"}),
    ("listen", 50, ("@socket", 3), {"backlog": 3}),
    ("accept", 43, ("@socket", 0, 0), {}),
    ("accept4", 288, ("@socket", 0, 0, 0x80000), {"flags": 0x80000}),
    ("sendmmsg", 307, ("@udp", b"@message", 1, 0), {"data": "datagram"}),
    ("setuid", 105, (0,), {"uid": 0}),
    ("setgid", 106, (0,), {"gid": 0}),
    ("setreuid", 113, (0, -1), {"ruid": 0, "euid": 0xffffffff}),
    ("setregid", 114, (0, -1), {"rgid": 0}),
    ("setresuid", 117, (-1, 0, -1), {"euid": 0}),
    ("setresgid", 119, (-1, 0, -1), {"egid": 0}),
    ("setsid", 112, (), {}),
    ("dup2", 33, ("@file", 0), {"newfd": 0}),
    ("dup3", 292, ("@file", 1, 0), {"newfd": 1}),
    ("dup", 32, ("@closes", ), {}),
)

PREPARE = r'''
import ctypes, os, socket, struct, sys
libc, keep, where = ctypes.CDLL(None), [], os.path.join(sys.argv[1])
def memory(data):
    keep.append(ctypes.create_string_buffer(data, len(data) + 1))
    return ctypes.addressof(keep[-1])
def message():
    vector = memory(struct.pack("QQ", memory(b"datagram"), 8))
    return memory(struct.pack("QIIQQQQII", memory(struct.pack("=HH", 2, 0x0900) + bytes([127, 0, 0, 7]) + bytes(8)), 16, 0, vector, 1, 0, 0, 0, 0))
made = {"file": os.open(where + "/file", os.O_RDWR | os.O_CREAT), "directory": os.open(where, os.O_RDONLY)}
sockets = [socket.socket(), socket.socket(type=socket.SOCK_DGRAM)]
sockets[0].setblocking(False)
made.update(socket=sockets[0].fileno(), udp=sockets[1].fileno())
def value(x):
    if x == b"@message": return message()
    if x == "@closes": os.close(0); return made["file"]
    if isinstance(x, str): return made[x[1:]]
    return memory(x.replace(b"$", where.encode())) if isinstance(x, bytes) else x
for nr, arguments in CALLS:
    if libc.syscall(ctypes.c_long(nr), *[ctypes.c_long(value(x)) for x in arguments]) == 0 and nr == 57:
        os._exit(0)
'''


def every() -> None:
    """every call that is told is told as itself, with its arguments"""
    script = PREPARE.replace("CALLS", repr([(nr, arguments) for _, nr, arguments, _ in EVERY]))
    with tempfile.TemporaryDirectory() as directory:
        output, inside = Path(directory, "events.jsonl"), Path(directory, "inside")
        inside.mkdir()
        done = merlon.run("events", "record", "--json", "-o", output, "--", "/usr/bin/python3", "-c", script, inside)
        tap.check(bool(re.search(r" 0 lost$", done.stderr.strip())), done.stderr)
        events = Events(output)
    missing = []
    for kind, _, _, arguments in EVERY:
        want = {k: v.replace("$", str(inside)) if isinstance(v, str) else v for k, v in arguments.items()}
        some = [(e.get("args"), e.get("result")) for e in events.all if e["event"] == kind]
        if not events.find(kind, "python3", **want):
            missing.append(f"{kind}: none with {want} in {some}")
    tap.check(not missing, "; ".join(missing))


def main() -> None:
    """On this machine, without a container."""
    with tap.Suite("events: single calls") as suite:
        suite.run(calls)
        suite.run(every)
        suite.run(paths)
        suite.run(uring)


if __name__ == "__main__":
    main()
