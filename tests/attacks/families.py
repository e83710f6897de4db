# SPDX-License-Identifier: Apache-2.0
"""Families in which everybody makes the next and ends, so that nobody lives for long and nobody runs a program anew; each tries to
open /secret/p, and says so in /round/said: when it began to, and whether it could."""

from __future__ import annotations

import os
import signal
import time

FAMILIES = 3


def attempt(path: str) -> bool:
    """Whether it can be opened, by a process that may be ended for it."""
    child = os.fork()
    if not child:
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def live(said: int) -> None:
    """From one to the next."""
    while True:
        if os.fork():
            os._exit(0)
        began = time.monotonic()
        could = attempt("/secret/p")
        time.sleep(0.002)
        os.write(said, f"{began} {'opened' if could else 'refused'}\n".encode())


for _ in range(FAMILIES):
    if not os.fork():
        live(os.open("/round/said", os.O_WRONLY | os.O_APPEND | os.O_CREAT))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    time.sleep(3600)
