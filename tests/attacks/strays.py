# SPDX-License-Identifier: Apache-2.0
"""Ways into a control group of the host's, when /round/go appears: by each a file of /secret is opened there, and a program begun that
opens another.  /round/done.json says how each ended, as escapes.py has it."""

from __future__ import annotations

import json
import os
import signal
import time

from escapes import ROUNDS, attempt, born_in, end_as, own_group, pass_on, unified, wait_for


def use(name: str) -> None:
    """What there is to be told of."""
    with open(f"/secret/{name}", "rb"):
        pass
    pass_on(os.spawnv(os.P_WAIT, "/bin/cat", ["cat", f"/secret/{name}-by-cat"]))


def moved() -> None:
    """By itself."""
    with open("/groups/cgroup.procs", "w", encoding="ascii") as file:
        file.write("0")
    use("moved")


def was_moved() -> None:
    """By its parent."""
    child = os.fork()
    if not child:
        signal.sigwait({signal.SIGUSR1})
        end_as(attempt(lambda: use("was-moved")))
    with open("/groups/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(child))
    os.kill(child, signal.SIGUSR1)
    pass_on(wait_for(child))


def born() -> None:
    """There."""
    child = born_in(unified())
    if not child:
        end_as(attempt(lambda: use("born")))
    pass_on(wait_for(child))


def below() -> None:
    """In a group of the container's own, as service managers have it: it strays nowhere."""
    group = f"{own_group()}/below"
    os.mkdir(group)
    child = born_in(group)
    if not child:
        end_as(attempt(lambda: use("below")))
    pass_on(wait_for(child))
    os.rmdir(group)


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
while not os.path.exists(f"{ROUNDS}/go"):
    time.sleep(0.02)
results = {step.__name__: attempt(step) for step in (moved, was_moved, born, below)}
with open(f"{ROUNDS}/done.tmp", "w", encoding="ascii") as done:
    json.dump(results, done)
os.rename(f"{ROUNDS}/done.tmp", f"{ROUNDS}/done.json")
signal.pause()
