# SPDX-License-Identifier: Apache-2.0
"""A container that does one thing every millisecond, or another time, which a rule tells of: what is missing afterwards was not seen.

    with Marks() as marks, Guard(rules=marks.rules_in(directory)) as guard:
        ...
        made = marks.stop()         # number -> when, nanoseconds since 1970
"""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterable

import merlon  # first: it puts the rig on the path
from container import Container, container
from spec import Spec

assert merlon

# On a machine that has no time for it a millisecond may take longer.
PROGRAM = """
import os, sys, time
made, number, due = open("/tmp/made", "w"), 0, time.monotonic()
while not os.path.exists("/tmp/stop"):
    path = f"/tmp/mark-{number}"
    made.write(f"{number} {time.time_ns()}\\n")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
    os.unlink(path)
    number, due = number + 1, max(due + float(sys.argv[1]), time.monotonic())
    time.sleep(max(0, due - time.monotonic()))
made.close()
os.rename("/tmp/made", "/tmp/all")
"""

RULE = """
- rule: {name}
  desc: what the tests do to be seen
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark- and evt.is_open_write = true and container.id != host
  output: "%fd.name in %container.id"
  priority: WARNING
  next: nothing
"""


def made_up_rules(count: int) -> str:
    """So many that ask for what other rules ask for, each for something of its own."""
    return "".join(f"""
- rule: Made up {n}
  desc: one of many
  condition: >
    evt.type in (open, openat) and fd.name startswith /srv/secret-{n}/ and evt.is_open_read = true
    and not proc.name in (reader-{n}, writer-{n}) and user.uid != {n + 1000} and container.id != host
  output: "%fd.name"
  priority: NOTICE
  next: nothing
""" for n in range(count))


class Marks:
    """Makes them from entry until stop()."""

    def __init__(self, interval: float = 0.001, runtime: str = "runc") -> None:
        self._interval, self._runtime = interval, runtime
        self._stack = ExitStack()

    def __enter__(self) -> Marks:
        self.box: Container = self._stack.enter_context(
            container(self._runtime, Spec(["/usr/bin/python3", "-c", PROGRAM, str(self._interval)], name="marks")))
        self.box.run()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def stop(self) -> dict[int, int]:
        """All that were made, and when."""
        Path(self.box.root, "tmp/stop").touch()
        done, deadline = Path(self.box.root, "tmp/all"), time.monotonic() + 30
        while not done.exists():
            if time.monotonic() > deadline:
                raise merlon.Failed(f"marks do not end: {self.box.output()}")
            time.sleep(0.02)
        return {int(n): int(ns) for n, ns in (line.split() for line in done.read_text().splitlines())}

    def told(self, alerts: Iterable[dict[str, Any]], rules: set[str]) -> Counter[int]:
        """How often each was told of by one of the rules."""
        return Counter(int(a["output_fields"]["fd.name"].rpartition("-")[2]) for a in alerts
                       if a["rule"] in rules and a.get("container", {}).get("name") == self.box.id)


def stored(store: Path) -> list[dict[str, Any]]:
    """All alerts in a store."""
    return json.loads(merlon.run("alerts", "list", "--json", "--limit", "0", "--store", store).stdout)
