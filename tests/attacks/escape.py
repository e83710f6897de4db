# SPDX-License-Identifier: Apache-2.0
"""10-escape.yaml: ways out of a container."""

from __future__ import annotations

from proof import Proof, Python

# The disk that a machine was started from, as a device in the container.
DISK = """
mknod /dev/vda b $(tr : ' ' </sys/block/vda/dev)
"""

PROOFS = [
    Proof("Disk mounted in a container", box="privileged", vm_only=True, before=DISK,
          attack="mount -t ext4 -o ro,noload /dev/vda /mnt",
          look_alike="mount -t tmpfs tmpfs /mnt"),

    # By the newer interface: an fs context, a detached mount, and where it goes.
    Proof("Mount in a container", box="admin", attack=Python("""
import calls
context = calls.fsopen(b"tmpfs", 0)
assert calls.fsconfig(context, 6, 0, 0, 0) == 0
mount = calls.fsmount(context, 0, 0)
assert calls.move_mount(mount, b"", -100, b"/srv", 4) == 0
"""), others=("mount -t tmpfs tmpfs /mnt", "mkdir -p /var/tmp/all; mount --bind / /var/tmp/all",
             "ln -s /usr/bin/mount /srv/runc; /srv/runc -t proc proc /mnt"),
          look_alike="findmnt /proc; mount >/dev/null; cat /proc/self/mountinfo >/dev/null"),

    # CVE-2022-0492.  Where the kernel refuses the mount, and on the machine that runs this, a directory stands in.
    Proof("Control group release agent changed from a container", box="admin", attack="""
mkdir -p /tmp/group
[ "$MACHINE" = host ] || unshare -UrmC mount -t cgroup -o none,name=steps cgroup /tmp/group || true
echo /tmp/command >/tmp/group/release_agent
""", look_alike="mkdir -p /tmp/limits; echo max >/tmp/limits/memory.max; cat /proc/self/cgroup >/dev/null"),

    # In a machine the real one, elsewhere a path at which hosts are mounted.
    # A file of that name: nothing is moved.
    Proof("Control group changed from a container", before="mkdir -p /srv/cgroup",
          attack="echo 1 >/srv/cgroup/cgroup.procs", look_alike="cat /proc/self/cgroup >/dev/null; cat /srv/cgroup/cgroup.procs || true"),

    Proof("Kernel helper changed from a container", box="privileged", attack="""
if [ "$MACHINE" = host ]; then
    mkdir -p /host/proc/sys/kernel
    echo '|/tmp/command' >/host/proc/sys/kernel/core_pattern
else
    old=$(cat /proc/sys/kernel/core_pattern)
    echo '|/tmp/command %P' >/proc/sys/kernel/core_pattern
    echo "$old" >/proc/sys/kernel/core_pattern
fi
""", look_alike="cat /proc/sys/kernel/core_pattern"),

    # The value stays what it is.
    Proof("Kernel helper changed by sysctl from a container", box="privileged",
          attack="touch /tmp/x; mount --bind /proc/sys/kernel/core_pattern /tmp/x; old=$(cat /tmp/x); echo \"$old\" >/tmp/x",
          look_alike="old=$(cat /proc/sys/net/ipv4/ip_default_ttl); echo $old >/proc/sys/net/ipv4/ip_default_ttl"),

    Proof("Kernel protection switched off from a container", box="privileged", vm_only=True, attack="""
old=$(cat /proc/sys/kernel/randomize_va_space)
echo 0 >/proc/sys/kernel/randomize_va_space
echo $old >/proc/sys/kernel/randomize_va_space
""", look_alike="old=$(cat /proc/sys/kernel/threads-max); echo $old >/proc/sys/kernel/threads-max"),

    # What a volume brings in is the host's, as the runtime behind /proc/PID/exe is.
    Proof("Container runtime overwritten", attack="printf x >/usr/local/bin/runc",
          others=("exec 9</usr/local/bin/runc; printf x >/proc/self/fd/9",),
          look_alike="cp /usr/sbin/runc /srv/runc; runc --version >/dev/null; cat /usr/local/bin/runc >/dev/null"),

    # CVE-2024-21626: the directory is one that the runtime left open.
    Proof("Container works in a leaked directory", attack="exec 7</sys; cd /proc/self/fd/7; ls >/dev/null",
          look_alike="cd /proc/self; cd /srv; ls >/dev/null"),

    Proof("Container runtime socket used from a container", attack=Python("""
import socket
server, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
server.bind("/run/docker.sock")
server.listen()
client.connect("/run/docker.sock")
"""), others=(Python("""
import os, socket
server, client, other = (socket.socket(socket.AF_UNIX) for _ in range(3))
os.makedirs("/srv/run")
server.bind("/srv/run/docker.sock")
server.listen()
os.symlink("/srv/run/docker.sock", "/srv/app.sock")
client.connect("/srv/app.sock")
"""),), look_alike=Python("""
import socket
server, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
server.bind("/run/app.sock")
server.listen()
client.connect("/run/app.sock")
""")),

    Proof("Namespace entered from a container", box="admin", attack="""
unshare --net sleep 20 &
until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
nsenter --target $! --net true
kill $!
""", look_alike="readlink /proc/self/ns/net; lsns >/dev/null; unshare --net true"),

    Proof("User namespace made in a container", box="admin", attack="unshare --user true",
          look_alike="unshare --mount true"),

    Proof("Root directory changed to the host's from a container",
          attack="mkdir -p /host; chroot /host /bin/sh -c id || true",
          others=("mkdir -p /mnt; cd /; chroot mnt /bin/sh -c id || true",),
          look_alike="mkdir -p /var/spool/jail; chroot /var/spool/jail /bin/sh -c id || true"),

    Proof("Block device made in a container", attack="mknod /tmp/sda b 8 0",
          look_alike="mkfifo /tmp/pipe; mknod /tmp/null c 1 3"),

    Proof("Raw disk or memory opened in a container", box="privileged", vm_only=True, before=DISK,
          attack="head -c 512 /dev/vda >/dev/null", look_alike="head -c 512 /dev/urandom >/dev/null"),

    # A handle of a file in /dev/shm, since overlayfs gives none.
    Proof("File opened by handle in a container", box="admin", attack=Python("""
import calls, ctypes, os, struct
open("/dev/shm/file", "w").close()
handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
assert calls.name_to_handle_at(-100, b"/dev/shm/file", handle, ctypes.byref(ctypes.c_int()), 0) == 0
assert calls.open_by_handle_at(os.open("/dev/shm", os.O_RDONLY), handle, os.O_RDONLY) > 0
"""), look_alike=Python("""
import calls, ctypes, struct
open("/dev/shm/other", "w").close()
handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
assert calls.name_to_handle_at(-100, b"/dev/shm/other", handle, ctypes.byref(ctypes.c_int()), 0) == 0
""")),

    # A file that nobody may read but by that right.
    Proof("Powerful capability used in a container", box="admin",
          before="echo x >/tmp/locked; chmod 000 /tmp/locked",
          attack="tac /tmp/locked >/dev/null",
          look_alike="chown 1 /tmp/locked; tac /etc/hostname >/dev/null"),

    # Refused, since the container may not; the attempt counts.
    Proof("Kernel module loaded from a container",
          attack=Python("""import calls; assert calls.init_module(bytes(64), 64, b"") < 0"""),
          look_alike="lsmod >/dev/null 2>&1 || true; modinfo dummy || true"),

    Proof("Kernel module loaded on the host by an unusual program", box="host", vm_only=True, before="""
modprobe -r dummy 2>/dev/null || true
""", attack=Python("""
import calls, os, subprocess
path = subprocess.run(["modinfo", "-n", "dummy"], capture_output=True, text=True, check=True).stdout.strip()
compressed = 4 if not path.endswith(".ko") else 0
result = calls.finit_module(os.open(path, os.O_RDONLY), b"", compressed)
assert result == 0, result
subprocess.run(["modprobe", "-r", "dummy"], check=True)
"""), look_alike="modprobe dummy; modprobe -r dummy"),

    # BPF_PROG_LOAD of "return 0"; BPF_MAP_CREATE.
    Proof("BPF program loaded from a container", box="admin", attack=Python("""
import calls, ctypes, struct
code = ctypes.create_string_buffer(bytes.fromhex("b700000000000000" "9500000000000000"))
license = ctypes.create_string_buffer(b"GPL")
attributes = struct.pack("IIQQ", 1, 2, ctypes.addressof(code), ctypes.addressof(license)) + bytes(24)
assert calls.bpf(5, attributes, len(attributes)) > 0
"""), look_alike=Python("""
import calls, struct
assert calls.bpf(0, struct.pack("IIII", 2, 4, 4, 1), 16) > 0
""")),

    Proof("Kernel interface for exploits used in a container", box="admin",
          attack=Python("import calls; assert calls.userfaultfd(0) > 0"),
          look_alike=Python("import os; os.eventfd(0)")),

    Proof("Performance events opened in a container", box="admin", attack=Python("""
import calls, struct
attributes = struct.pack("IIQ", 1, 128, 0) + bytes(112)
result = calls.perf_event_open(attributes, 0, -1, -1, 0)
assert result > 0, result
"""), look_alike=Python("""
import calls
assert calls.perf_event_open(bytes(128), 0, -1, -1, 1 << 20) < 0
""")),

    Proof("io_uring set up in a container", attack=Python("""
import calls, ctypes
assert calls.io_uring_setup(4, ctypes.create_string_buffer(120)) > 0
"""), look_alike=Python("""
import calls, ctypes
assert calls.io_setup(4, ctypes.byref(ctypes.c_ulong())) == 0
""")),

    Proof("Set-user-id program attacked", attack="GLIBC_TUNABLES=glibc.malloc.check=1 su --version",
          look_alike="su --shell /bin/sh nobody -c true; GLIBC_TUNABLES=glibc.malloc.check=1 cat --version"),

    Proof("Program to become another user run in a container", attack="su --shell /bin/sh nobody -c true",
          look_alike="setpriv --reuid=65534 --regid=65534 --clear-groups true"),

    Proof("File made set-user-id in a container", attack="cp /usr/bin/id /srv/id; chmod 4755 /srv/id",
          others=("cp /usr/bin/id /srv/id2; setcap cap_net_raw+ep /srv/id2",
                  "ln -s /usr/bin/perl /srv/dpkg; cp /usr/bin/id /srv/id3; /srv/dpkg -e 'chmod 04755, \"/srv/id3\"'",
                  Python("import os; os.close(os.open('/srv/id4', os.O_CREAT | os.O_WRONLY, 0o4755))"),
                  Python("import os; os.mknod('/srv/id5', 0o104755)"),
                  # Linux 6.13 has a call more for it.
                  Python("""
import calls, ctypes, os, struct
open("/srv/id6", "w").close()
value = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)
room = ctypes.create_string_buffer(value, len(value))
if calls.setxattrat(-100, b"/srv/id6", 0, b"security.capability", struct.pack("=QII", ctypes.addressof(room), len(value), 0), 16) == -38:
    os.setxattr("/srv/id6", "security.capability", value)
assert os.getxattr("/srv/id6", "security.capability") == value
""")),
          look_alike="cp /usr/bin/id /srv/id; chmod 755 /srv/id; busybox cp /usr/bin/id /srv/copy"),

    # In the place of an exploit a program that its owner lets be root; what follows is the same.
    Proof("Process became root without a way", before="cp /usr/bin/python3.11 /srv/python; chmod 4755 /srv/python",
          attack="""
setpriv --reuid=65534 --regid=65534 --clear-groups bash -c '
exec /srv/python -c "import os; os.setuid(0); os.execv(\\"/usr/bin/id\\", [\\"id\\"])"'
""", look_alike="setpriv --reuid=65534 --regid=65534 --clear-groups bash -c 'exec id'"),
]
