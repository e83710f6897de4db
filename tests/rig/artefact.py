# SPDX-License-Identifier: Apache-2.0
"""Cached artefacts: things that take long to make, made once and kept.

Every artefact (root filesystem, kernel, disk image, program) has a *recipe*: a hash of all that decides what it
will be.  It is rebuilt only when the recipe changes, under a lock, aside of the one in place, and swapped in by a
rename, so that nobody ever sees half an artefact and an interrupted build leaves the old one alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]


def rig_dir() -> Path:
    """Where the rig keeps what it makes: $MERLON_RIG_DIR, else build/rig in the repository."""
    return Path(os.environ.get("MERLON_RIG_DIR") or REPOSITORY / "build" / "rig")


def say(message: str) -> None:
    """One line of progress on stderr; stdout belongs to results."""
    print(f"rig: {message}", file=sys.stderr, flush=True)


def recipe(*parts: str | Path) -> str:
    """Hash of everything that decides an artefact: strings as they are, paths by their content."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def build(path: Path, stamp: str, make: Callable[[Path], None]) -> Path:
    """The artefact at `path`, made by `make(aside)` unless the stamp beside it already says `stamp`."""
    path = Path(os.path.abspath(path))
    stamp_file = stamp_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_name(f".{path.name}.lock")):
        if path.exists() and stamp_file.exists() and stamp_file.read_text() == stamp:
            return path
        aside, old = (path.with_name(f".{path.name}.{suffix}") for suffix in ("new", "old"))
        remove(aside)
        remove(old)
        make(aside)
        stamp_file.unlink(missing_ok=True)
        if path.exists():
            path.rename(old)
        aside.rename(path)
        stamp_file.write_text(stamp)
        remove(old)
    return path


def stamp_of(path: Path) -> Path:
    """The file beside an artefact that holds its recipe: part of the recipe of what is made from it."""
    path = Path(os.path.abspath(path))
    return path.with_name(f".{path.name}.stamp")


def remove(path: Path) -> None:
    """Delete a file or tree; refuse when something is mounted inside, as that would delete what is mounted."""
    inside = [mount for mount in mounts() if mount == str(path) or mount.startswith(f"{path}/")]
    if inside:
        raise RuntimeError(f"not deleting {path}: mounted inside: {', '.join(inside)}")
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def mounts() -> list[str]:
    """Mount points that this process sees, in the order they were mounted."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        return [line.split()[4].encode().decode("unicode_escape") for line in table]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
