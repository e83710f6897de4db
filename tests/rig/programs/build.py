# SPDX-License-Identifier: Apache-2.0
"""Builds the C test programs, static, so that they run in any root filesystem: `build.py [DIR]`.

Those that include raw.h have no C library at all; the others are linked with musl.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
sys.path.insert(0, str(SOURCES.parent))

import artefact     # noqa: E402  (a script in a sub-directory finds its siblings only after this)

COMMON = ("-static", "-no-pie", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "-std=gnu11")
MUSL = ("musl-gcc", *COMMON)
RAW = ("cc", *COMMON, "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables")


def programs(directory: Path | None = None) -> Path:
    """The directory with all programs, each named like its source, built if needed."""
    inputs = sorted([*SOURCES.glob("*.c"), *SOURCES.glob("*.h")])
    stamp = artefact.recipe(Path(__file__), *(file.name for file in inputs), *inputs)
    return artefact.build(directory or artefact.rig_dir() / "programs", stamp, _make)


def _make(aside: Path) -> None:
    aside.mkdir()
    for source in sorted(SOURCES.glob("*.c")):
        compiler = RAW if '#include "raw.h"' in source.read_text() else MUSL
        subprocess.run([*compiler, "-o", aside / source.stem, source], check=True)


if __name__ == "__main__":
    print(programs(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
