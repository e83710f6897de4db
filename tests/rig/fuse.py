# SPDX-License-Identifier: Apache-2.0
"""A file system that falls silent: a FUSE server without a library, for the few requests that it knows."""

from __future__ import annotations

import ctypes
import os
import select
import stat
import struct
import threading
from pathlib import Path

FILE = "file"
SIZE = 1 << 20

_LOOKUP, _FORGET, _GETATTR, _OPEN, _STATFS, _RELEASE, _INIT, _OPENDIR, _RELEASEDIR, _DESTROY = (
    1, 2, 3, 14, 17, 18, 26, 27, 29, 38)
_ENOSYS, _ENOENT = 38, 2
_ROOT, _NODE = 1, 2
_DETACH = 2                 # of umount2()
_STEP = 0.1                 # seconds between looks at whether it is to end

_libc = ctypes.CDLL(None, use_errno=True)


def _attributes(node: int) -> bytes:
    """`struct fuse_attr` of the root or of the file."""
    mode = stat.S_IFDIR | 0o755 if node == _ROOT else stat.S_IFREG | 0o755
    return struct.pack("<QQQQQQIIIIIIIIII", node, SIZE, SIZE // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


class FallingSilent:
    """A context manager: a directory with a file, that answers until `silent` is set, and then nothing any more."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.silent = False
        self.unanswered = 0
        self._ending = False

    def __enter__(self) -> FallingSilent:
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self._device},rootmode=40000,user_id=0,group_id=0,allow_other"
        if _libc.mount(b"silent", os.fsencode(self.directory), b"fuse", 0, options.encode()):
            error = ctypes.get_errno()
            os.close(self._device)
            raise OSError(error, os.strerror(error), str(self.directory))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take it away, once."""
        if self._ending:
            return
        self._ending = True
        self._thread.join()
        # Who still waits is told that nobody is there any more.
        os.close(self._device)
        _libc.umount2(os.fsencode(self.directory), _DETACH)

    def _serve(self) -> None:
        while not self._ending:
            if not select.select([self._device], [], [], _STEP)[0]:
                continue
            try:
                request = os.read(self._device, 1 << 20)
            except OSError:
                return
            _, code, unique, node = struct.unpack_from("<IIQQ", request)
            error, answer = self._answer(code, node, request[40:])
            if answer is None or self.silent:
                self.unanswered += 1
            else:
                os.write(self._device, struct.pack("<IiQ", 16 + len(answer), -error, unique) + answer)

    def _answer(self, code: int, node: int, rest: bytes) -> tuple[int, bytes | None]:
        """The error and the bytes; None: there is no answer."""
        if code == _INIT:
            return 0, struct.pack("<IIIIHHIIHHI", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, 0, 0) + bytes(28)
        if code == _LOOKUP:
            if rest.split(b"\0")[0] != FILE.encode():
                return _ENOENT, b""
            return 0, struct.pack("<QQQQII", _NODE, 0, 0, 0, 0, 0) + _attributes(_NODE)
        if code == _GETATTR:
            return 0, struct.pack("<QII", 0, 0, 0) + _attributes(node)
        if code in (_OPEN, _OPENDIR):
            return 0, struct.pack("<QII", 1, 0, 0)
        if code in (_RELEASE, _RELEASEDIR, _DESTROY):
            return 0, b""
        if code == _STATFS:
            return 0, bytes(80)
        return (0, None) if code == _FORGET else (_ENOSYS, b"")
