# SPDX-License-Identifier: Apache-2.0
"""The cgroup hierarchies of this system."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def mode() -> str:
    """"v2", "v1", or "hybrid": version 1 with a version 2 hierarchy for tracking at unified/."""
    if (ROOT / "cgroup.controllers").exists():
        return "v2"
    return "hybrid" if (ROOT / "unified" / "cgroup.controllers").exists() else "v1"


def complete_hybrid() -> None:
    """On a hybrid system, mount version 1 hierarchies for the controllers that nobody mounted.

    Unmounted, they belong to version 2, and crun then takes the system for one it does not support ("drop all
    controllers from cgroupv2").  systemd mounts them all; systems that boot without it forget some.  The mounts stay,
    as they would have been there from the start.  Newer kernels have controllers that version 1 cannot have any more:
    there crun says what it thinks of that.
    """
    if mode() != "hybrid":
        return
    for controller in (ROOT / "unified" / "cgroup.controllers").read_text().split():
        place = ROOT / controller
        place.mkdir(exist_ok=True)
        if not os.path.ismount(place):
            done = subprocess.run(["mount", "-t", "cgroup", "-o", controller, "cgroup", place], capture_output=True)
            if done.returncode:
                place.rmdir()
