# SPDX-License-Identifier: Apache-2.0
"""Somebody who has taken over a process in a container, and tries things there in words of Python."""

from __future__ import annotations

import subprocess

from container import Container

# Exit status 7 and "denied": the kernel said EPERM or EACCES. 1: it failed otherwise. 0: it was done.
ATTEMPT = """\
import os, socket, sys
try:
    {code}
except PermissionError as error:
    print("denied:", error)
    sys.exit(7)
"""


def attack(box: Container, code: str) -> subprocess.CompletedProcess[str]:
    """One attempt, from a process that the profile lets run."""
    return box.exec("python3", "-S", "-c", ATTEMPT.format(code=code))
