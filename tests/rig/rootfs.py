# SPDX-License-Identifier: Apache-2.0
"""The one root filesystem of the rig: Debian 12 with real servers and both runtimes in it.

`python3 tests/rig/rootfs.py [DIR]` builds it unless it is there.  It is the lower layer of every test container, on
this host and in the VMs, and the userland of the VMs.  Nothing writes into it: containers and VMs put an overlay on
top.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import archive
import artefact

RELEASE = "bookworm"
PACKAGES = (
    "nginx-light", "redis-server", "postgresql-15", "python3",                    # workloads
    "bash", "curl", "strace", "procps", "iproute2", "kmod", "busybox-static",     # tools of tests
    "runc", "crun", "apparmor", "libcap2-bin",                                    # containers inside VMs
    "libbpf1", "libseccomp2", "libcap2", "libjansson4", "libfyaml0", "libcapstone4", "libelf1", # what Merlon is linked with
    "libsqlite3-0", "libcurl4", "libmicrohttpd12",
)
# Kept out while unpacking.  The LLVM JIT of PostgreSQL is a third of the whole tree, and the server runs without.
EXCLUDE = (
    "/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*",
    "/usr/lib/*/libLLVM-*", "/usr/lib/postgresql/*/lib/llvmjit*", "/usr/lib/postgresql/*/lib/bitcode/*",
)
# A PostgreSQL cluster made here costs seconds once; made in every container of an emulated VM it costs half a minute.
CLUSTER = "/var/lib/postgresql/data"
CUSTOMIZE = rf"""
set -eu
cd "$1"
rm -rf etc/apt/sources.list.d/* etc/apt/sources.list var/lib/postgresql/15 etc/postgresql
echo rig >etc/hostname
: >etc/resolv.conf
printf '127.0.0.1\tlocalhost rig\n' >etc/hosts
chroot . su postgres -s /bin/sh -c \
    '/usr/lib/postgresql/15/bin/initdb --pgdata={CLUSTER} --auth=trust --encoding=UTF8 --locale=C.UTF-8' >&2
rm -rf var/cache/* var/log/apt var/log/*.log tmp/*
"""


def rootfs(directory: Path | None = None) -> Path:
    """The tree, built if needed."""
    directory = directory or artefact.rig_dir() / "rootfs"
    stamp = artefact.recipe(RELEASE, *PACKAGES, *EXCLUDE, CUSTOMIZE)
    return artefact.build(directory, stamp, _make)


def _make(aside: Path) -> None:
    artefact.say(f"building the Debian root filesystem in {aside} (about a minute)")
    hook, log = (aside.with_name(f"{aside.name}.{suffix}") for suffix in ("hook", "log"))
    hook.write_text("#!/bin/sh\n" + CUSTOMIZE)
    hook.chmod(0o755)
    command = ["mmdebstrap", "--mode=root", "--variant=minbase",
               '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"',
               *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDE),
               f"--include={','.join(PACKAGES)}", f"--customize-hook={hook}",
               RELEASE, str(aside), *archive.sources()]
    try:
        with open(log, "wb") as output:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        if done.returncode:
            sys.stderr.write(log.read_text(errors="replace")[-4000:])
            raise RuntimeError(f"mmdebstrap failed with {done.returncode}; its last words are above")
    except BaseException:
        artefact.remove(aside)
        raise
    finally:
        hook.unlink()
        log.unlink()


def main() -> None:
    """Build the tree where the command line says, or in its default place."""
    print(rootfs(Path(sys.argv[1]) if len(sys.argv) > 1 else None))


if __name__ == "__main__":
    main()
