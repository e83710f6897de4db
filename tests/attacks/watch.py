# SPDX-License-Identifier: Apache-2.0
"""What Merlon says of containers while they run: alerts of the shipped rules, by the step during which each came."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

import merlon
import tap

RULES = Path(__file__).resolve().parents[2] / "content" / "rules"
URGENT = {"Emergency", "Alert", "Critical", "Error", "Warning"}

# Where steps begin (see proof.RUN).  Its alerts stand between those of the rules under test, in order.
MARKER = """
- rule: Step
  desc: A step of a test begins.
  condition: evt.type = chdir and evt.arg.path startswith /step/
  output: "%evt.arg.path %container.id"
  priority: DEBUG
"""


@dataclass
class Alert:
    """As far as tests look at one."""

    rule: str
    priority: str
    output: str
    container: str
    data: dict[str, Any] = field(repr=False)

    @property
    def urgent(self) -> bool:
        """Whether it is above notice."""
        return self.priority in URGENT


class Alerts:
    """What was raised, by the container's id and the step ("": before the first)."""

    def __init__(self, lines: str) -> None:
        self.steps: dict[tuple[str, str], list[Alert]] = defaultdict(list)
        step: dict[str, str] = {}
        for line in lines.splitlines():
            data = json.loads(line)
            container = data["output_fields"].get("container.id") or "host"
            if data["rule"] == "Step":
                step[container] = data["output_fields"]["evt.arg.path"].removeprefix("/step/")
                self.steps[container, step[container]] = []
                continue
            alert = Alert(data["rule"], data["priority"], data["output"], container, data)
            self.steps[container, step.get(container, "")].append(alert)

    def of(self, container: str, step: str) -> list[Alert]:
        """Of a step; rules know twelve characters of an identifier."""
        return self.steps.get((container[:12], step), [])

    def saw(self, container: str, step: str) -> bool:
        """Whether the beginning of a step was seen."""
        return (container[:12], step) in self.steps

    def all_of(self, container: str) -> list[Alert]:
        """Of all steps, and before."""
        return [alert for (owner, _), alerts in self.steps.items() if owner == container[:12] for alert in alerts]


def rules(directory: Path, *more: Path) -> list[Path]:
    """The rules to watch with: the shipped ones without `suppress`, since steps share containers, with the container
    in each output, and with what is learned cut from hours to a second; and the marker."""
    files = []
    for path in (*sorted(RULES.glob("*.yaml")), *more):
        text = re.sub(r"^  suppress: .*(\n   +.*)*\n", "", path.read_text(), flags=re.M)
        text = re.sub(r"\blearn: 1h\b", "learn: 1s", text)
        if "k8s_audit" not in text:
            text = re.sub(r"^  output: (>-)?\s*", "  output: >-\n    [%container.id] ", text, flags=re.M)
        files.append(directory / path.name)
        files[-1].write_text(text)
    # The directory of recorded events that tests beside rules name is not there: they are for others.
    files.insert(0, directory / "00-marker.yaml")
    files[0].write_text(MARKER)
    return files


class Watch:
    """Watches from its start to its end; then `alerts` has what was said."""

    def __init__(self) -> None:
        self.alerts = Alerts("")
        self.seen = ""


@contextmanager
def watching(containers: list[str], *command: str, more: tuple[Path, ...] = ()) -> Iterator[Watch]:
    """Watch these containers, or what the command does, until the block ends; the alerts are there after it."""
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="merlon-watch-") as scratch:
        directory = Path(scratch)
        files, events = rules(directory, *more), directory / "events.jsonl"
        arguments = [word for container in containers for word in ("-c", container)]
        process = subprocess.Popen(
            [merlon.BINARY, "events", "record", "--json", "--buffer", "64", "-o", events, *arguments,
             *(("--", *command) if command else ())], text=True, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert process.stderr
        try:
            said = process.stderr.readline()
            tap.check(said == "recording events\n", f"it says {said!r}")
            yield watch
            time.sleep(0.3)
        finally:
            if process.poll() is None and not command:
                process.send_signal(signal.SIGINT)
            process.wait(120)
        watch.seen = process.stderr.read()
        tap.check(", 0 lost" in watch.seen, watch.seen)
        done = merlon.run("rules", "test", "--json", "--events", events, *files, timeout=300)
        if keep := os.environ.get("MERLON_KEEP_EVENTS"):
            shutil.copy(events, keep)
        watch.alerts = Alerts(done.stdout)
