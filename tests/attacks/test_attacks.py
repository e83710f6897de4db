#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every shipped rule, by a real attack that must raise it and a look-alike that must not, in real containers.

    test_attacks.py [--runtime NAME] [--results FILE] [--show]

--results writes what was proven as JSON, for docs/content.md (tools/content-table); --show prints every alert.
$MERLON_TEST is a regular expression for the rules to prove.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import commands
import credentials
import dropped
import escape
import kubernetes
import mining
import network
import persistence
import tampering
import tap
from container import Container, container
from proof import RUN, Proof, box
from guarding import RULES
from watch import URGENT, Alerts, described, urgent, watching

PROOFS: list[Proof] = [proof for table in (escape, commands, dropped, credentials, tampering, persistence, mining,
                                           network, kubernetes) for proof in table.PROOFS]
IN_VM = Path("/rig/command").exists()     # what a machine of ours was started for
PEERS = Path(__file__).with_name("peers.py")


@dataclass
class Run:
    """One container, or the host, and what is done in it, one step after the other."""

    kind: str                   # attack or look-alike
    box: str
    proofs: list[Proof]
    id: str = "host"
    output: str = ""
    steps: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.steps = {}
        for number, proof in enumerate(self.proofs):
            script = proof.attack if self.kind == "attack" else proof.look_alike
            if proof.before:
                self.steps[f"{number:03}-0"] = f"set -e\n{proof.before}"
            self.steps[f"{number:03}-1"] = f"set -e\n{script}"

    def of(self, number: int) -> str:
        """The step of a proof."""
        return f"{number:03}-1"

    def status(self, step: str) -> tuple[int, str]:
        """How a step ended, and what it said."""
        found = re.search(rf"^=== {step} (\d+)\n(.*?)(?=^=== |\Z)", self.output, re.M | re.S)
        return (int(found[1]), found[2]) if found else (-1, self.output)


def runs(proofs: list[Proof]) -> list[Run]:
    """What to start for these."""
    todo = [p for p in proofs if not p.reason and (IN_VM or not p.vm_only)]
    groups: dict[tuple[str, str, str], list[Proof]] = {}
    for kind in ("look-alike", "attack"):
        for proof in todo:
            groups.setdefault((kind, proof.box, proof.rule if proof.alone else ""), []).append(proof)
    return [Run(kind, name, members) for (kind, name, _), members in groups.items()]


@contextmanager
def peers(container: Container) -> Iterator[None]:
    """What containers connect to, in the container's network namespace."""
    process = subprocess.Popen(["nsenter", "--target", str(container.pid), "--net", sys.executable, PEERS], text=True,
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout
    try:
        tap.check(process.stdout.readline() == "ready\n", "the peers do not answer")
        yield
    finally:
        process.terminate()
        process.wait(20)


def execute(todo: list[Run], runtime: str) -> Alerts:
    """All runs, one container after the other, under one guard that is there before them."""
    with watching() as watch:
        for run in todo:
            spec = box(run.box, run.kind, run.steps)
            spec.environment["MACHINE"] = "vm" if IN_VM else "host"
            with tempfile.NamedTemporaryFile(prefix="merlon-runc-") as stand_in:    # of the host's own runtime
                spec.mounts.append({"destination": "/usr/local/bin/runc", "type": "bind", "source": stand_in.name,
                                    "options": ["bind", "rw"]})
                with container(runtime, spec) as made:
                    made.create()
                    run.id = made.id
                    with peers(made):
                        made.start()
                        made.wait(300)
                    run.output = made.output()
            watch.wait(run.id)
    return watch.alerts


def execute_on_host(run: Run) -> Alerts:
    """The steps of a run outside of any container: in machines of ours only."""
    with tempfile.TemporaryDirectory(prefix="merlon-steps-") as scratch:
        directory = Path(scratch)
        for step, script in run.steps.items():
            (directory / f"{step}.step").write_text(script)
        (directory / "run").write_bytes(RUN.replace(b"/steps", scratch.encode()))
        os.environ["PYTHONPATH"] = str(PEERS.parent)
        with watching("--", "bash", "-c", f"bash {scratch}/run >{scratch}/said") as watch:
            watch.wait("host")
        run.output = (directory / "said").read_text()
        return watch.alerts


def judge(run: Run, number: int, alerts: Alerts) -> str:
    """What is wrong with one step of a run; empty: nothing."""
    proof, step = run.proofs[number], run.of(number)
    status, said = run.status(step)
    if status:
        return f"{run.kind}: exit status {status}: {said}"
    if not alerts.saw(run.id, step):
        return f"{run.kind}: the watch did not see it begin"
    raised = alerts.of(run.id, step)
    if run.kind == "attack":
        return "" if any(a["rule"] == proof.rule for a in raised) else f"the attack raised: {described(raised)}\n{said}"
    wrong = [a for a in raised if a["rule"] == proof.rule or a["priority"] in URGENT]
    return f"the look-alike raised: {described(wrong)}" if wrong else ""


def prove(runtime: str, show: bool, results: Path | None) -> None:
    """Run all, and say of each rule whether it is proven."""
    only = re.compile(os.environ.get("MERLON_TEST", ""))
    proofs = [p for p in PROOFS if only.search(p.rule)]
    todo = runs(proofs)
    started = time.monotonic()
    parts = [(run, execute_on_host(run)) for run in todo if run.box == "host"]
    contained = [run for run in todo if run.box != "host"]
    if contained:
        alerts = execute(contained, runtime)
        parts += [(run, alerts) for run in contained]
    wrong: dict[str, str] = {}
    with tap.Suite("the shipped rules, by attack and look-alike") as suite:
        print(f"# {len(todo)} containers in {time.monotonic() - started:.1f} s")
        for run, alerts in parts:
            begun = urgent(alerts.of(run.id, ""))
            suite.ok(not begun, f"{run.kind}s, {run.box}: quiet until the first step", described(begun))
            for number, proof in enumerate(run.proofs):
                if show:
                    print(f"# -- {run.kind}: {proof.rule}\n# {described(alerts.of(run.id, run.of(number)))}")
                if why := judge(run, number, alerts):
                    wrong[proof.rule] = wrong.get(proof.rule, "") + why
        said: dict[str, str] = {}
        for proof in proofs:
            if proof.reason or (proof.vm_only and not IN_VM):
                said[proof.rule] = proof.reason or "needs a machine of its own: proven in those"
                suite.skip(proof.rule, said[proof.rule])
            else:
                said[proof.rule] = "" if proof.rule not in wrong else "not proven"
                suite.ok(proof.rule not in wrong, proof.rule, wrong.get(proof.rule, ""))
        listed = {rule["rule"] for rule in json.loads(merlon.run("rules", "list", "--json", str(RULES)).stdout)}
        missing = listed ^ {proof.rule for proof in PROOFS}
        suite.ok(not missing, "every rule has a proof, and every proof a rule", ", ".join(sorted(missing)))
        if results:
            results.write_text(json.dumps({"kernel": platform.release(), "rules": said}, indent=1) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove the shipped rules.")
    parser.add_argument("--runtime", default="runc")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    prove(options.runtime, options.show, options.results)


if __name__ == "__main__":
    main()
