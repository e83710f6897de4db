# SPDX-License-Identifier: Apache-2.0
"""Runs the steps that lie beside it, NAME.sh and NAME.py, in the order of their names, and says how each ended.

A change into a directory that is not there marks where each begins: it costs no process, and rules can see it.  Python
steps run in a fork of this, with the modules below at hand.  This is also the first process of its container.
"""

from __future__ import annotations

import base64   # noqa: F401  (for steps; so are the others that are not used)
import ctypes   # noqa: F401
import json     # noqa: F401
import os
import select   # noqa: F401
import signal
import socket   # noqa: F401
import struct   # noqa: F401
import sys
import traceback

import calls    # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUT = os.path.join(HERE, "output")
SECONDS = 60


def mark(step: str) -> None:
    """The next events belong to this step."""
    try:
        os.chdir(f"/step/{step}")
    except FileNotFoundError:
        pass


def become(path: str) -> None:
    """Run a step in this process; returns when it is Python that does."""
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    output = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    signal.alarm(SECONDS)
    if path.endswith(".sh"):
        os.execv("/bin/sh", ["sh", "-e", path])
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), {"__name__": "__main__"})


def run(path: str) -> int:
    """Run a step to its end; its status as a shell says it."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            become(path)
            status = 0
        except BaseException:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 128 - status


def main() -> None:
    """All steps."""
    for name in sorted(os.listdir(HERE)):
        step, extension = os.path.splitext(name)
        if extension not in (".sh", ".py") or not step[0].isdigit():
            continue
        mark(step)
        os.chdir("/")
        status = run(os.path.join(HERE, name))
        with open(OUTPUT, encoding="utf-8", errors="replace") as output:
            print(f"=== {step} {status}\n{output.read()}", flush=True)
    mark("-")


if __name__ == "__main__":
    main()
