# SPDX-License-Identifier: Apache-2.0
"""A running `merlon guard`, and the alerts that it puts out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Callable

import merlon
import limited      # the rig is in the path by then

RULES = Path(__file__).resolve().parents[2] / "content" / "rules"

Alert = dict[str, Any]


class Guard:
    """A context manager: watches once entered, and has ended when left."""

    def __init__(self, *arguments: str | Path, rules: Path = RULES, store: Path | None = None) -> None:
        kept = ("--store", store) if store else ("--no-store",)
        self._command = [merlon.BINARY, "guard", "--json", *kept, "--rules", rules, *arguments]
        self.rules = rules
        self.alerts: list[Alert] = []
        self.said: list[str] = []
        self._changed = threading.Condition()

    def __enter__(self) -> Guard:
        self.process = subprocess.Popen(self._command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, errors="surrogateescape")
        # Of no weight: a guard that does not end would otherwise keep the whole test from its end.
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_alerts, self._read_said)]
        for reader in self._readers:
            reader.start()
        self._wait(lambda: any(line.startswith("guarding") for line in self.said), 120)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read_alerts(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if not line.endswith("\n"):     # it was killed
                break
            with self._changed:
                self.alerts.append(json.loads(line))
                self._changed.notify_all()

    def _read_said(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self._changed:
                self.said.append(line)
                self._changed.notify_all()

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until it holds, or the guard has ended."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition() and time.monotonic() < deadline and self.process.poll() is None:
                self._changed.wait(0.2)
            return condition()

    def stop(self) -> int:
        """Ctrl-C; its exit status, with everything read that it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            pids = [self.process.pid, *limited.descendants(self.process.pid)]
            where = "\n".join([*self.said, *limited.places(pids)])
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            raise merlon.Failed(f"the guard did not end in a minute:\n{where}") from None
        for reader in self._readers:
            reader.join(60)
            if reader.is_alive():
                raise merlon.Failed("the guard has ended, and something of it still holds its output:\n"
                                    + "\n".join(limited.places(self._holders())))
        return status

    def _holders(self) -> list[int]:
        """Processes that have one of the guard's pipes open, but for this one."""
        assert self.process.stdout and self.process.stderr
        pipes = {os.readlink(f"/proc/self/fd/{pipe.fileno()}") for pipe in (self.process.stdout, self.process.stderr)}
        found = set()
        for path in Path("/proc").glob("[0-9]*/fd/*"):
            with contextlib.suppress(OSError):
                if os.readlink(path) in pipes and path.parts[2] != str(os.getpid()):
                    found.add(int(path.parts[2]))
        return sorted(found)

    def find(self, rule: str, **members: Any) -> list[Alert]:
        """Alerts of a rule; members are compared with those of the container: name="web"."""
        with self._changed:
            return [a for a in self.alerts if a["rule"] == rule
                    and all(a.get("container", {}).get(k) == v for k, v in members.items())]

    def wait_for(self, rule: str, count: int = 1, seconds: float = 30, **members: Any) -> list[Alert]:
        """The same, once there are so many; fewer if the time is up."""
        self._wait(lambda: len(self.find(rule, **members)) >= count, seconds)
        return self.find(rule, **members)

    def wait_until(self, condition: Callable[[list[Alert]], bool], seconds: float) -> bool:
        """Wait until a condition on all alerts so far holds, or the guard has ended."""
        return self._wait(lambda: condition(self.alerts), seconds)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)
