#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that a container puts into control groups of the host: rules about containers find them all the same, as its own.

    test_strays.py [--runtime NAME]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import tap
from container import container
from guarding import Guard
from proof import BOXES
from test_deny import HERE, Prison, groups

NAMES = ("moved", "was-moved", "born", "below")
WANTED = {f"/secret/{name}{by}" for name in NAMES for by in ("", "-by-cat")}
RULES = """
- rule: Secret
  desc: d
  condition: evt.type in (open, openat) and container.id != host and fd.name startswith /secret/
  output: "%fd.name"
  priority: WARNING
- rule: Program
  desc: d
  condition: evt.type = execve and container.id != host and proc.exepath endswith /cat
  output: "%proc.cmdline of %proc.pname"
  priority: WARNING
"""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove that nobody leaves a container by its control group.")
    parser.add_argument("--runtime", default="runc")
    options = parser.parse_args()
    with tap.Suite("who leaves a container's control group") as suite, tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "rules.yaml").write_text(RULES)
        programs: dict[str, bytes | Path] = {f"/steps/{n}": (HERE / n).read_bytes() for n in ("calls.py", "escapes.py", "rings.py", "strays.py")}
        secrets: dict[str, bytes | Path] = {file: b"" for file in WANTED}
        spec = Prison(name="strays", args=["/usr/bin/python3", "/steps/strays.py"], files=programs | secrets | {"/round/.keep": b""},
                      mounts=groups(), **BOXES["privileged"])
        with Guard("--burst", "0", rules=Path(directory)) as guard, container(options.runtime, spec) as box:
            box.run()
            time.sleep(1)
            (box.root / "round" / "go").touch()
            done = box.root / "round" / "done.json"
            deadline = time.monotonic() + 60
            while not done.exists():
                tap.check(time.monotonic() < deadline and box.alive(), f"it does not end: {box.output()[-2000:]}")
                time.sleep(0.05)
            results = json.loads(done.read_text())
            suite.ok(not any(results.values()), "the attacks work", str(results))
            own = lambda rule: {a["output_fields"].get("fd.name", a["output_fields"].get("proc.cmdline"))     # noqa: E731
                                for a in guard.alerts if a["rule"] == rule and a["output_fields"].get("container.name", "").startswith("strays-")}
            programs_wanted = {f"cat {file}" for file in WANTED if file.endswith("cat")}
            guard.wait_until(lambda _: WANTED <= own("Secret") and programs_wanted <= own("Program"), 20)
            suite.ok(WANTED <= own("Secret"), "what is opened there is the container's doing", f"not told: {WANTED - own('Secret')}")
            suite.ok(programs_wanted <= own("Program"), "and so is what is run", f"not told: {programs_wanted - own('Program')}; {guard.alerts[:2]}")


if __name__ == "__main__":
    main()
