#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the guard costs on older kernels, in instructions: `make bench-vm`.

Machines are emulated, so their time says nothing of a real one's.  Here it is the number of instructions that were executed,
the kernel's, those of our programs and of the loop together: one is a nanosecond, so a loop's CPU time is a count.  A minute or
two for each kernel.

    bench/vm.py [--build DIR] [KERNEL...]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests" / "rig"))

KERNELS = ("5.10", "6.1", "6.12")


def main() -> int:
    """A machine after the other."""
    parser = argparse.ArgumentParser(description="Count instructions in machines.")
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("kernels", nargs="*", default=KERNELS)
    options = parser.parse_args()
    build = options.build.resolve()
    os.environ.setdefault("MERLON_RIG_DIR", str(build / "rig"))
    import vm

    print("| Linux | one turn of | instructions, off | empty programs | guarded | unfiltered | guarded / empty | unfiltered / empty |\n"
          "|---|---|---|---|---|---|---|---|", flush=True)
    copies: list[tuple[Path | str, str]] = [(TOP / name, f"/merlon/{name}") for name in ("content", "bench", "tests/containers")]
    copies += [(build / name, f"/merlon/build/{name}") for name in ("merlon", "bench/empty", "bench/loops")]
    for kernel in options.kernels:
        machine = vm.Machine(kernel=kernel, memory=1536, counted=True, copy=copies)
        done = machine.run(["python3", "bench/run.py", "--build", "build", "--only", "instructions"], timeout=1800)
        lines = done.stdout.decode(errors="replace").splitlines()
        print("\n".join(line for line in lines if line.startswith("|")), flush=True)
        if done.status:
            print(done.stderr.decode(errors="replace"), file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
