# SPDX-License-Identifier: Apache-2.0
"""Proofs put to work: steps in containers, or on the host, below a guard that is there before them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import merlon  # noqa: F401  (it puts the rig on the path)
import tap
from container import Container, container
from guarding import RULES
from proof import Proof, box, step_files
from watch import Alerts, watching

IN_VM = Path("/rig/command").exists()     # what a machine of ours was started for
PEERS = Path(__file__).with_name("peers.py")
SHIPPED = tuple(sorted(RULES.glob("*.yaml")))


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
            attacks = (proof.attack, *(() if IN_VM else proof.others))
            for index, script in enumerate((proof.before, *(attacks if self.kind == "attack" else (proof.look_alike,)))):
                if script:
                    self.steps[f"{self.first + number:03}-{index}"] = script

    @property
    def first(self) -> int:
        """The number of the first proof's steps, so that both kinds can be run as one."""
        return 0 if self.kind == "attack" else 500

    def of(self, number: int) -> list[str]:
        """The steps of a proof, without what is before."""
        return [step for step in self.steps
                if step.startswith(f"{self.first + number:03}-") and not step.endswith("-0")]

    def proof(self, step: str) -> Proof:
        """Whose step it is."""
        return self.proofs[int(step[:3]) - self.first]

    def status(self, step: str) -> tuple[int, str]:
        """How a step ended, and what it said."""
        found = re.search(rf"^=== {step} (\d+)\n(.*?)(?=^=== |\Z)", self.output, re.M | re.S)
        return (int(found[1]), found[2]) if found else (-1, self.output)


def runs(proofs: list[Proof], kinds: tuple[str, ...] = ("look-alike", "attack")) -> list[Run]:
    """What to start for these."""
    todo = [p for p in proofs if not p.reason and (IN_VM or not p.vm_only)]
    groups: dict[tuple[str, str], list[Proof]] = {}
    for kind in kinds:
        for proof in todo:
            # A container costs seconds in a machine, where nothing can come to harm.
            name = "privileged" if IN_VM and proof.box == "admin" else proof.box
            groups.setdefault((kind, name), []).append(proof)
    return [Run(kind, name, members) for (kind, name), members in groups.items()]


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


def execute(todo: list[Run], runtime: str, rules: tuple[Path, ...] = SHIPPED) -> Alerts:
    """All runs, one container after the other, under one guard that is there before them."""
    with watching(sources=rules) as watch:
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


def execute_on_host(todo: list[Run]) -> Alerts:
    """The steps of runs outside of any container: in machines of ours only."""
    with tempfile.TemporaryDirectory(prefix="merlon-steps-") as scratch:
        directory = Path(scratch)
        for run in todo:
            for path, content in step_files(scratch, run.steps).items():
                assert isinstance(content, bytes)
                Path(path).write_bytes(content)
        for name in ("calls.py", "steps.py"):
            shutil.copy(PEERS.with_name(name), directory)
        with watching("--", "sh", "-c", f"python3 {scratch}/steps.py >{scratch}/said", sources=SHIPPED) as watch:
            watch.wait("host")
        for run in todo:
            run.output = (directory / "said").read_text()
        return watch.alerts
