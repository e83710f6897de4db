# SPDX-License-Identifier: Apache-2.0
"""Disk images and archives for VMs, made without mounting anything."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
from pathlib import Path

BLOCK = 4096


def ext4(tree: Path, image: Path) -> None:
    """Write `tree` as an ext4 file system: the one that every Debian kernel has built in."""
    blocks = inodes = 0
    for directory, names, files in os.walk(tree):
        for name in [*names, *files]:
            size = os.lstat(os.path.join(directory, name)).st_size
            blocks += (size + BLOCK - 1) // BLOCK
            inodes += 1
    inodes += 64
    # 256 bytes per inode, plus a twentieth and a little for directories' growth, extents and bitmaps.
    total = (blocks + inodes * 256 // BLOCK) * 21 // 20 + 1024
    command = ["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal,^resize_inode", "-m", "0", "-b", str(BLOCK),
               "-N", str(inodes), "-E", "lazy_itable_init=1,root_owner=0:0", "-d", str(tree), str(image), str(total)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"mke2fs of {tree}: {done.stderr.strip()}")


class Cpio:
    """A cpio archive in the "newc" format, as the kernel unpacks it for its first file system."""

    def __init__(self) -> None:
        self._out = io.BytesIO()
        self._count = 0

    def directory(self, path: str) -> None:
        """Add a directory; parents must have been added before."""
        self._entry(path, stat.S_IFDIR | 0o755, b"")

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Add a regular file."""
        self._entry(path, stat.S_IFREG | mode, data)

    def node(self, path: str, major: int, minor: int) -> None:
        """Add a character device."""
        self._entry(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def finish(self) -> bytes:
        """The finished archive."""
        self._entry("TRAILER!!!", 0, b"")
        return self._out.getvalue()

    def _entry(self, path: str, mode: int, data: bytes, device: tuple[int, int] = (0, 0)) -> None:
        self._count += 1
        name = path.encode() + b"\0"
        fields = (self._count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        self._out.write(b"070701" + b"".join(b"%08x" % field for field in fields) + name)
        self._pad()
        self._out.write(data)
        self._pad()

    def _pad(self) -> None:
        self._out.write(b"\0" * (-self._out.tell() % 4))


class Tar:
    """A tar archive, all owned by root, for the VM to unpack over its root: how things get in."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Add a file with this content."""
        info = tarfile.TarInfo(path.lstrip("/"))
        info.size, info.mode = len(data), mode
        self._tar.addfile(info, io.BytesIO(data))

    def copy(self, source: Path, path: str) -> None:
        """Add a file or a whole tree of the host, without what Python caches."""
        self._tar.add(source, path.lstrip("/"), filter=_owned_by_root)

    def close(self) -> None:
        """Finish the archive."""
        self._tar.close()


def _owned_by_root(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if info.name.endswith("__pycache__"):
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info
