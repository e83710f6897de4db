# SPDX-License-Identifier: Apache-2.0
"""What the guard says of containers while they run: alerts, by the step during which each came."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from datetime import datetime
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import merlon  # noqa: F401  (it puts the rig on the path)
import tap
from guarding import Guard

URGENT = {"Emergency", "Alert", "Critical", "Error", "Warning"}

# Where steps begin (see proof.RUN).  Its alerts stand between those of the rules under test, in order.
MARKER = """
- rule: Step
  desc: A step of a test begins.
  condition: evt.type = chdir and evt.arg.path startswith /step/
  output: "%evt.arg.path"
  priority: DEBUG
  source: syscall
"""

Alert = dict[str, Any]


class Alerts:
    """What was raised, by the container's id and the step ("": before the first)."""

    def __init__(self, alerts: list[Alert]) -> None:
        self.steps: dict[tuple[str, str], list[Alert]] = defaultdict(list)
        self.begun: dict[tuple[str, str], float] = {}       # seconds since 1970, in order
        now: dict[str, str] = defaultdict(str)
        for alert in alerts:
            container = alert.get("container", {}).get("id", "host")
            if alert["rule"] == "Step":
                now[container] = alert["output_fields"]["evt.arg.path"].removeprefix("/step/")
                self.steps[container, now[container]] = []
                self.begun[container, now[container]] = datetime.fromisoformat(alert["time"][:26]).timestamp()
            else:
                self.steps[container, now[container]].append(alert)

    def of(self, container: str, step: str) -> list[Alert]:
        """Of one step."""
        return self.steps.get((container, step), [])

    def all_of(self, container: str) -> list[Alert]:
        """Of all steps, and before."""
        return [alert for (owner, _), alerts in self.steps.items() if owner == container for alert in alerts]

    def slowest(self, count: int) -> list[tuple[float, str, str]]:
        """(seconds, container, step) of the steps that took longest."""
        pairs = zip(self.begun.items(), list(self.begun.items())[1:])
        took = [(after - begun, *where) for (where, begun), (following, after) in pairs if where[0] == following[0]]
        return sorted(took, reverse=True)[:count]

    def saw(self, container: str, step: str) -> bool:
        """Whether the beginning of a step was seen."""
        return (container, step) in self.steps


def urgent(alerts: list[Alert]) -> list[Alert]:
    """Those above notice."""
    return [alert for alert in alerts if alert["priority"] in URGENT]


def described(alerts: list[Alert]) -> str:
    """For a person who looks for the reason."""
    return "\n".join(f"{alert['rule']}: {alert['output'][:400]}" for alert in alerts) or "no alert"


def rules(directory: Path, *sources: Path) -> Path:
    """A directory of these rules without `suppress`, since steps share a container, and with what is learned for an
    hour learned for a second; and the marker."""
    (directory / "00-marker.yaml").write_text(MARKER)
    for path in sources:
        text = re.sub(r"^  suppress: .*(\n   +.*)*\n", "", path.read_text(), flags=re.M)
        (directory / path.name).write_text(re.sub(r"\blearn: 1h\b", "learn: 1s", text))
    return directory


class Watch:
    """A guard that watches; once it has ended, `alerts` has what it said."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.alerts = Alerts([])

    def wait(self, container: str, seconds: float = 60) -> None:
        """Until the guard has seen the last step of a container."""
        def ended(alerts: list[Alert]) -> bool:
            return any(a["rule"] == "Step" and a["output_fields"]["evt.arg.path"] == "/step/-"
                       and a.get("container", {}).get("id", "host") == container for a in alerts)

        self._guard.wait_until(ended, seconds)


@contextmanager
def watching(*arguments: str, sources: tuple[Path, ...]) -> Iterator[Watch]:
    """Guard all containers, or what `arguments` say, until the block ends; nothing may be lost."""
    with tempfile.TemporaryDirectory(prefix="merlon-watch-") as scratch:
        unlimited = ("--burst", "0", "--budget", "0", "--buffer", "64")
        with Guard(*unlimited, *arguments, rules=rules(Path(scratch), *sources)) as guard:
            watch = Watch(guard)
            yield watch
            status = guard.stop()
        watch.alerts = Alerts(guard.alerts)
        tap.check(status == 0, f"the guard ended with {status}: {''.join(guard.said)}")
