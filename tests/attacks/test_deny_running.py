#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules about the program that does something, put in force while containers run that began before: it is known what their processes
run, and their children's, though none of them runs a program anew.

    test_deny_running.py [--runtime NAME]

On this machine rules are for processes of one group, which only containers of this test have, and what is pinned is in a file
system of this test's own.
"""

from __future__ import annotations

import argparse
import errno
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import tap
from container import Container, container
from proof import Box
from test_deny import HERE, deny, play
from test_deny_policy import GROUP, denied
from test_stop import go_alone

# By letter of the file: what it is that a process runs. The last ones are not what it runs.
PROGRAMS = {
    "p": "proc.exepath startswith /usr/bin/python3",
    "n": "proc.name = python3",
    "l": "proc.is_exe_lower_layer = true and proc.name = python3",
    "x": "proc.exepath = /usr/bin/nginx",
    "y": "proc.name = python4",
    "z": "proc.is_exe_from_memfd = true",
}
RUN = {letter for letter in PROGRAMS if letter < "x"}
TIMES = 5       # how often the rules are put in force while families go on


def rules() -> str:
    """One for each."""
    return "".join(f"""
- rule: Secret {letter}
  desc: d
  condition: evt.type = openat and container.id != host and group.gid = {GROUP} and fd.name = /secret/{letter} and {program}
  output: a secret was opened
  priority: WARNING
  response: deny
""" for letter, program in PROGRAMS.items())


def box(name: str, program: str, *letters: str) -> Box:
    """A container that runs it, and has a file for each rule."""
    files: dict[str, bytes | Path] = {f"/steps/{program}": (HERE / program).read_bytes(), "/round/.keep": b""}
    return Box(name=name, user=f"0:{GROUP}", args=["/usr/bin/python3", f"/steps/{program}", *letters],
               files=files | {f"/secret/{letter}": b"x" for letter in PROGRAMS})


def before(suite: tap.Suite, one: Container) -> None:
    """It was there before."""
    deny("on", one.root / "rules.yaml")
    results = play(one, "at-once")
    wanted = {letter: denied(errno.EPERM) if letter in RUN else 0 for letter in PROGRAMS}
    suite.ok(results == wanted, "what a process runs that began before is known", f"{results}")
    deny("on", one.root / "rules.yaml")
    results = play(one, "again")
    suite.ok(results == wanted, "and is when rules are put in force anew", f"{results}")


def families(suite: tap.Suite, one: Container) -> None:
    """Nobody of them is there for long."""
    said = one.root / "round" / "said"
    opened, refused = [], 0
    for _ in range(TIMES):
        deny("off")
        time.sleep(0.3)
        deny("on", one.root / "rules.yaml")
        since = time.monotonic()
        time.sleep(0.5)
        lines = [line.split() for line in said.read_text().splitlines()[-2000:] if line.count(" ") == 1]
        opened += [line for line in lines if line[1] == "opened" and float(line[0]) > since]
        refused += sum(line[1] == "refused" and float(line[0]) > since for line in lines)
    suite.ok(not opened and refused > TIMES, "so is what children run whose parents end all the time", f"{len(opened)} {opened[:3]}, refused {refused}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove that what runs already is known.")
    parser.add_argument("--runtime", default="runc")
    options = parser.parse_args()
    go_alone()
    with tap.Suite("rules about programs that run already") as suite:
        try:
            with container(options.runtime, box("lasting", "opens.py", *PROGRAMS)) as lasting, \
                    container(options.runtime, box("families", "families.py")) as changing:
                for one in (lasting, changing):
                    (one.root / "rules.yaml").write_text(rules())
                    one.run()
                before(suite, lasting)
                families(suite, changing)
        finally:
            merlon.run("deny", "off", check=False)


if __name__ == "__main__":
    main()
