# SPDX-License-Identifier: Apache-2.0
"""What a test wants run in a container, and its OCI runtime configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cgroups

# What container engines grant unless told otherwise.
CAPABILITIES = (
    "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
    "CAP_SYS_CHROOT",
)
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_MOUNTS = (
    ("/proc", "proc", "proc", ""),
    ("/dev", "tmpfs", "tmpfs", "nosuid strictatime mode=755 size=65536k"),
    ("/dev/pts", "devpts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"),
    ("/dev/shm", "tmpfs", "shm", "nosuid noexec nodev mode=1777 size=65536k"),
    ("/dev/mqueue", "mqueue", "mqueue", "nosuid noexec nodev"),
    ("/sys", "sysfs", "sysfs", "nosuid noexec nodev ro"),
    ("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid noexec nodev relatime ro"),
)
_MASKED = ("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
           "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware")
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


@dataclass
class Spec:
    """A container as a test asks for it.  Everything but `args` has the default of common engines."""

    args: list[str]
    name: str = "test"                          # its host name, and the start of its id
    id: str | None = None                       # None: the name and something unique
    user: str = "root"                          # a name of the root file system's /etc/passwd
    environment: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"
    files: dict[str, bytes | Path] = field(default_factory=dict)   # laid into its root; a Path keeps its mode
    mounts: list[dict[str, Any]] = field(default_factory=list)     # more mounts, as in the OCI specification
    capabilities: tuple[str, ...] | list[str] | None = None        # None: CAPABILITIES
    no_new_privs: bool = False
    seccomp: dict[str, Any] | None = None       # an OCI `linux.seccomp` object; None: no filter
    apparmor: str | None = None                 # name of a loaded profile
    selinux: str | None = None                  # process label
    mount_label: str | None = None              # label of its root and other file systems
    annotations: dict[str, str] = field(default_factory=dict)
    cgroups_path: str | None = None             # None: the runtime's own choice
    read_only: bool = False
    layers: tuple[Path, ...] = ()               # directories between the rig's root file system and what it writes
    pids: int | None = None                     # processes and threads at most
    first_user: int | None = None               # of the host: root in a user namespace of its own; None: it has none

    def config(self, root: Path) -> dict[str, Any]:
        """The OCI `config.json` for this, with the tree at `root` as its root file system."""
        uid, gid, groups = account(root, self.user)
        capabilities = list(CAPABILITIES if self.capabilities is None else self.capabilities)
        namespaces = ["pid", "network", "ipc", "uts", "mount"]
        if cgroups.mode() == "v2":
            namespaces.append("cgroup")
        process: dict[str, Any] = {
            "terminal": False,
            "user": {"uid": uid, "gid": gid, "additionalGids": groups},
            "args": self.args,
            "env": [PATH, "LC_ALL=C.UTF-8", *(f"{name}={value}" for name, value in self.environment.items())],
            "cwd": self.cwd,
            # As engines do it: who is not root may gain these by a set-uid program, but has none.
            "capabilities": {"bounding": capabilities} | (
                {"effective": capabilities, "permitted": capabilities} if uid == 0 else {}),
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": self.no_new_privs,
        }
        if self.apparmor:
            process["apparmorProfile"] = self.apparmor
        if self.selinux:
            process["selinuxLabel"] = self.selinux
        linux: dict[str, Any] = {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]} |
            ({"pids": {"limit": self.pids}} if self.pids else {}),
            "namespaces": [{"type": kind} for kind in namespaces],
            "maskedPaths": list(_MASKED),
            "readonlyPaths": list(_READ_ONLY),
        }
        if self.first_user is not None:
            linux["namespaces"].append({"type": "user"})
            linux["uidMappings"] = linux["gidMappings"] = [{"containerID": 0, "hostID": self.first_user, "size": 65536}]
        if self.seccomp is not None:
            linux["seccomp"] = self.seccomp
        if self.mount_label:
            linux["mountLabel"] = self.mount_label
        if self.cgroups_path:
            linux["cgroupsPath"] = self.cgroups_path
        return {
            "ociVersion": "1.0.2",
            "process": process,
            "root": {"path": str(root), "readonly": self.read_only},
            "hostname": self.name,
            "annotations": self.annotations,
            "mounts": [
                {"destination": to, "type": kind, "source": source, "options": options.split()}
                for to, kind, source, options in _MOUNTS
            ] + self.mounts,
            "linux": linux,
        }


def account(root: Path, user: str) -> tuple[int, int, list[int]]:
    """(uid, gid, more groups) of a user of the tree at `root`; also "UID" and "UID:GID"."""
    if user[0].isdigit():
        uid, _, gid = user.partition(":")
        return int(uid), int(gid or uid), []
    groups = [int(fields[2]) for fields in _database(root, "group") if user in fields[3].split(",")]
    for fields in _database(root, "passwd"):
        if fields[0] == user:
            return int(fields[2]), int(fields[3]), groups
    raise ValueError(f"no user {user} in {root}")


def _database(root: Path, name: str) -> list[list[str]]:
    return [line.split(":") for line in (root / "etc" / name).read_text().splitlines() if ":" in line]
