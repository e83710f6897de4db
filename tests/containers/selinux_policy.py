# SPDX-License-Identifier: Apache-2.0
"""A small SELinux policy for test machines: everybody may do everything, but for containers, which may do what a template
says.  The names of types, attributes and blocks are those of the reference policy and of container-selinux, so that a
module that is meant for them compiles with this, and is the only reason why a container may do more.

    load([module.read_text(), ...])         # compile, load, enforce; until the machine is gone
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

SELINUX = Path("/sys/fs/selinux")

_FILE = ("append audit_access create execmod execute getattr ioctl link lock map mounton open quotaon read relabelfrom "
         "relabelto rename setattr unlink write")
_SOCKET = ("accept append bind connect create getattr getopt ioctl listen lock map name_bind read recvfrom relabelfrom "
           "relabelto sendto setattr setopt shutdown write")
_CAPABILITIES = ("chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable "
                 "net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot "
                 "sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease "
                 "audit_write audit_control setfcap")

# What the kernel asks about (security/selinux/include/classmap.h); what is not here it takes for allowed.
CLASSES = {
    "process": "fork transition sigchld sigkill sigstop signull signal ptrace getsched setsched getsession getpgid setpgid "
               "getcap setcap share getattr setexec setfscreate noatsecure siginh setrlimit rlimitinh dyntransition "
               "setcurrent execmem execstack execheap setkeycreate setsockcreate getrlimit",
    "capability": _CAPABILITIES, "cap_userns": _CAPABILITIES,
    "capability2": "mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore",
    "filesystem": "mount remount unmount getattr relabelfrom relabelto associate quotamod quotaget watch",
    "file": _FILE + " execute_no_trans entrypoint",
    "dir": _FILE + " add_name remove_name reparent search rmdir",
    "fd": "use", "lnk_file": _FILE, "chr_file": _FILE, "blk_file": _FILE, "sock_file": _FILE, "fifo_file": _FILE,
    "socket": _SOCKET,
    "tcp_socket": _SOCKET + " node_bind name_connect", "udp_socket": _SOCKET + " node_bind",
    "rawip_socket": _SOCKET + " node_bind", "netlink_socket": _SOCKET, "packet_socket": _SOCKET, "key_socket": _SOCKET,
    "unix_stream_socket": _SOCKET + " connectto", "unix_dgram_socket": _SOCKET,
    "netlink_route_socket": _SOCKET + " nlmsg_read nlmsg_write",
    "sem": "create destroy getattr setattr read write associate unix_read unix_write",
    "shm": "create destroy getattr setattr read write associate unix_read unix_write lock",
    "ipc": "create destroy getattr setattr read write associate unix_read unix_write",
}

_SIDS = ("kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet icmp_socket "
         "tcp_socket sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev kmod "
         "policy scmp_packet devnull").split()
_SID_TYPES = {"kernel": "kernel_t", "port": "port_t", "node": "node_t", "file": "file_t", "devnull": "container_file_t"}

PORTS = {"http_port_t": (80,), "redis_port_t": (6379,), "postgresql_port_t": (5432,), "dns_port_t": (53,),
         "unreserved_port_t": ((1024, 32767), (61000, 65535)), "ephemeral_port_t": ((32768, 60999),),
         "hi_reserved_port_t": ((512, 1023),), "reserved_port_t": ((1, 511),)}

_TYPES = ("kernel_t unlabeled_t file_t port_t node_t container_file_t proc_t sysctl_t sysfs_t tmpfs_t devpts_t "
          "cpu_online_t container_runtime_t host_data_t").split() + list(PORTS)
_ATTRIBUTES = ("domain container_domain svirt_sandbox_domain sandbox_net_domain mcs_constrained_type file_type "
               "proc_type").split()

# For each file system, where its labels are from.
_XATTR = ("ext4", "overlay")
_TRANSITION = {"tmpfs": "tmpfs_t", "devtmpfs": "tmpfs_t", "mqueue": "tmpfs_t", "shm": "tmpfs_t", "hugetlbfs": "tmpfs_t",
               "devpts": "devpts_t"}
_TASK = ("pipefs", "sockfs")
_WHOLE = {"proc": "proc_t", "sysfs": "sysfs_t", "cgroup": "sysfs_t", "cgroup2": "sysfs_t", "securityfs": "sysfs_t",
          "selinuxfs": "sysfs_t", "bpf": "sysfs_t", "tracefs": "sysfs_t", "debugfs": "sysfs_t", "rootfs": "file_t",
          "anon_inodefs": "tmpfs_t", "nsfs": "proc_t"}

# What every container may do: all with its own files, itself and the descriptors that it was given; look at /proc and
# /sys.  No sockets, no capabilities, no ports: that is for the module.
_TEMPLATE = """
(block container
    (type process)
    (type socket)
    (roletype system_r process)
    (typeattributeset domain (process))
    (typeattributeset container_domain (process))
    (typeattributeset file_type (socket)))
(allow container_domain self (process (fork sigchld sigkill sigstop signull signal getsched setsched getsession getpgid
    setpgid getcap setcap getattr setrlimit rlimitinh execmem getrlimit noatsecure siginh)))
(allow container_domain self (dir (getattr open read search)))
(allow container_domain self (file (getattr open read write)))
(allow container_domain self (lnk_file (getattr read)))
(allow container_domain self (fifo_file (getattr open read write append ioctl)))
(allow container_domain self (sem (all)))
(allow container_domain self (shm (all)))
(allow container_domain self (ipc (all)))
(allow container_domain container_file_t (file (all)))
(allow container_domain container_file_t (dir (all)))
(allow container_domain container_file_t (lnk_file (all)))
(allow container_domain container_file_t (sock_file (all)))
(allow container_domain container_file_t (fifo_file (all)))
(allow container_domain container_file_t (chr_file (all)))
(allow container_domain anything (filesystem (getattr)))
; a file of an overlay that is mapped is the one of the layer below, under its own label (container_ro_file_t elsewhere)
(allow container_domain file_t (file (execute getattr map read)))
(allow container_domain tmpfs_t (file (append getattr ioctl map read write)))
(allow container_domain tmpfs_t (dir (getattr search)))
(allow container_domain tmpfs_t (lnk_file (getattr read)))
(allow container_domain tmpfs_t (chr_file (append getattr ioctl open read write)))
(allow container_domain proc_t (dir (getattr open read search)))
(allow container_domain proc_t (file (getattr open read)))
(allow container_domain proc_t (lnk_file (getattr read)))
(allow container_domain sysfs_t (dir (getattr open read search)))
(allow container_domain sysfs_t (file (getattr open read)))
(allow container_domain sysfs_t (lnk_file (getattr read)))
(allow container_domain kernel_t (fd (use)))
(allow container_domain kernel_t (fifo_file (append getattr ioctl read write)))
(allow container_domain kernel_t (process (sigchld)))
"""


def _context(kind: str) -> str:
    return f"(system_u {'system_r' if kind == 'kernel_t' else 'object_r'} {kind} ((s0) (s0)))"


def base() -> str:
    """The policy without any module, in CIL."""
    lines = ["(handleunknown allow)", "(mls true)", "(policycap open_perms)"]
    lines += [f"(class {name} ({permissions}))" for name, permissions in CLASSES.items()]
    lines += [f"(classorder (unordered {' '.join(CLASSES)}))"]
    lines += ["(sensitivity s0)", "(sensitivityorder (s0))", "(category c0)", "(categoryorder (c0))",
              "(sensitivitycategory s0 (c0))", "(user system_u)", "(role system_r)", "(role object_r)",
              "(userrole system_u system_r)", "(userrole system_u object_r)", "(userlevel system_u (s0))",
              "(userrange system_u ((s0) (s0 (c0))))", "(roletype system_r kernel_t)"]
    lines += [f"(type {name})\n(roletype object_r {name})" for name in _TYPES]
    lines += [f"(typeattribute {name})" for name in _ATTRIBUTES]
    lines += ["(typeattributeset domain (kernel_t))", "(typeattributeset proc_type (proc_t))"]
    lines += ["(typeattribute anything)", "(typeattributeset anything (all))"]
    lines += [f"(allow kernel_t anything ({name} (all)))" for name in CLASSES]
    # Everything may be on every file system.
    lines += ["(allow anything anything (filesystem (associate)))"]
    lines += [f"(sid {name})\n(sidcontext {name} {_context(_SID_TYPES.get(name, 'unlabeled_t'))})" for name in _SIDS]
    lines += [f"(sidorder ({' '.join(_SIDS)}))"]
    lines += [f"(fsuse xattr {name} {_context('file_t')})" for name in _XATTR]
    lines += [f"(fsuse trans {name} {_context(kind)})" for name, kind in _TRANSITION.items()]
    lines += [f"(fsuse task {name} {_context('tmpfs_t')})" for name in _TASK]
    lines += [f"(genfscon {name} / {_context(kind)})" for name, kind in _WHOLE.items()]
    for kind, numbers in PORTS.items():
        for number in numbers:
            spelt = number if isinstance(number, int) else f"({number[0]} {number[1]})"
            lines += [f"(portcon {protocol} {spelt} {_context(kind)})" for protocol in ("tcp", "udp")]
    return "\n".join(lines) + _TEMPLATE


def compile_policy(modules: list[str], to: Path) -> None:
    """secilc: this policy with modules, as the kernel reads it."""
    with tempfile.TemporaryDirectory() as scratch:
        files = []
        for number, text in enumerate([base(), *modules]):
            files.append(Path(scratch, f"{number}.cil"))
            files[-1].write_text(text)
        done = subprocess.run(["secilc", "--policyvers", "31", "--filecontexts", f"{scratch}/contexts", "--output", to, *files],
                              capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"secilc: {done.stderr.strip() or done.stdout.strip()}")


def load(modules: list[str]) -> None:
    """Compile, load, enforce."""
    with tempfile.NamedTemporaryFile() as file:
        compile_policy(modules, Path(file.name))
        policy = Path(file.name).read_bytes()
    # Without this file libselinux thinks that there is none, and mount(8) drops labels.
    config = Path("/etc/selinux/config")
    config.parent.mkdir(exist_ok=True)
    config.write_text("SELINUX=enforcing\nSELINUXTYPE=test\n")
    (SELINUX / "load").write_bytes(policy)
    (SELINUX / "enforce").write_text("1")


def context(kind: str) -> str:
    """A label of a file."""
    return f"system_u:object_r:{kind}:s0"
