#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens that no rule wants are remembered, and looked at no further; what differs in anything that a rule may ask is not such an open."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import merlon  # noqa: F401 - first: it puts the rig on the path
import tap
from test_untold import guarded, numbers

TIMES = 200

RULES = """
- rule: Marked
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark and container.id != host
  desc: by its name
  output: "%fd.name"
  priority: WARNING
- rule: Written
  condition: evt.type in (open, openat) and fd.name startswith /tmp/box/written and evt.is_open_write = true and container.id != host
  desc: by how it is opened
  output: "%fd.name"
  priority: WARNING
- rule: Of a user
  condition: evt.type in (open, openat) and fd.name startswith /tmp/box/own and user.uid = 1234 and container.id != host
  desc: by whom
  output: "%fd.name"
  priority: WARNING
- rule: By a program
  condition: evt.type in (open, openat) and fd.name startswith /tmp/box/program and proc.exepath endswith /cat and container.id != host
  desc: by what program
  output: "%fd.name"
  priority: WARNING
"""
MORE = """
- rule: Of late
  condition: evt.type in (open, openat) and fd.name = /tmp/box/late and container.id != host
  desc: since the rules were read again
  output: "%fd.name"
  priority: WARNING
"""

# One processor: what is remembered is remembered by each for itself. A shell that a step needs is run beside it.
OPENER = f"""
import os, time
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
def often(path, flags=os.O_RDONLY):
    for _ in range({TIMES}):
        os.close(os.open(path, flags))
def once(path, flags=os.O_RDONLY):
    os.close(os.open(path, flags))
def make(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").close()
    os.chmod(path, 0o644)
def wait(path):
    while not os.path.exists(path):
        time.sleep(0.05)
os.umask(0)
make("/tmp/box/plain"); often("/tmp/box/plain")
os.rename("/tmp/box/plain", "/tmp/mark-name"); once("/tmp/mark-name")
make("/tmp/box/first"); os.symlink("/tmp/box/first", "/tmp/box/link"); often("/tmp/box/link")
make("/tmp/mark-linked"); os.unlink("/tmp/box/link"); os.symlink("/tmp/mark-linked", "/tmp/box/link"); once("/tmp/box/link")
make("/tmp/box/hard"); often("/tmp/box/hard"); os.link("/tmp/box/hard", "/tmp/mark-hrd"); once("/tmp/mark-hrd")
make("/tmp/box/deep/er/file"); often("/tmp/box/deep/er/file"); os.rename("/tmp/box/deep", "/tmp/mark-dep"); once("/tmp/mark-dep/er/file")
make("/tmp/box/gone"); often("/tmp/box/gone"); os.unlink("/tmp/box/gone"); make("/tmp/mark-gone"); once("/tmp/mark-gone")
make("/tmp/box/written"); often("/tmp/box/written"); once("/tmp/box/written", os.O_WRONLY)
make("/tmp/box/own"); often("/tmp/box/own")
pid = os.fork()
if not pid:
    os.setresuid(1234, 1234, 1234); once("/tmp/box/own"); os._exit(0)
os.waitpid(pid, 0)
make("/tmp/box/program"); often("/tmp/box/program")
os.spawnl(os.P_WAIT, "/usr/bin/cat", "cat", "/tmp/box/program")
make("/tmp/box/late"); often("/tmp/box/late"); make("/tmp/box/said")
wait("/tmp/box/go"); once("/tmp/box/late")
time.sleep(30)
"""
MARKS = {"/tmp/mark-name", "/tmp/mark-linked", "/tmp/mark-hrd", "/tmp/mark-dep/er/file", "/tmp/mark-gone"}


def remembers() -> None:
    """most of many opens of the same files are remembered, and each that differs from them is told: by name, flags, user, program, rules"""
    with guarded(RULES, "exec /usr/bin/python3 /tmp/opener.py", {"opener.py": OPENER}, "--budget", "0") as (guard, box, status):
        deadline = time.monotonic() + 120
        while not Path(box.root, "tmp/box/said").exists():
            tap.check(time.monotonic() < deadline, f"it does not get on: {box.output()[-1000:]}")
            time.sleep(0.1)
        counted = numbers(status)
        looked_at, remembered = (counted[name, ""] for name in ("merlon_calls_looked_at_total", "merlon_calls_remembered_total"))
        print(f"# {remembered:.0f} of {looked_at:.0f} opens remembered")
        tap.check(looked_at > 9 * TIMES and remembered > 6 * TIMES, f"{remembered} of {looked_at}")
        guard.wait_until(lambda _: MARKS <= {a["output_fields"]["fd.name"] for a in guard.find("Marked", name=box.id)}, 10)
        marked = {a["output_fields"]["fd.name"] for a in guard.find("Marked", name=box.id)}
        tap.check(MARKS <= marked, f"not told: {MARKS - marked}")
        for rule in ("Written", "Of a user", "By a program"):
            tap.check(guard.wait_for(rule, name=box.id), f"not told: {rule}")
        rules = Path(guard.rules)
        rules.write_text(RULES + MORE)
        guard.signal(signal.SIGHUP)
        tap.check(guard.wait_for("merlon: rules reloaded"), "it does not say that it reloaded")
        Path(box.root, "tmp/box/go").touch()
        tap.check(guard.wait_for("Of late", name=box.id), "what new rules want was remembered as unwanted")


def main() -> None:
    """All of it, everywhere."""
    with tap.Suite("remember") as suite:
        suite.run(remembers)


if __name__ == "__main__":
    sys.exit(main())
