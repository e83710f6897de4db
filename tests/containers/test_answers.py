#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What rules ask of the container is decided in the kernel: what an excepted image does stays there, what any other does is told."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Iterator

sys.path.append(str(Path(__file__).resolve().parent.parent / "attacks"))

import merlon  # noqa: F401 - first: it puts the rig on the path
import tap
from cgroups import ROOT
from container import container
from guarding import Guard
from spec import Spec
from test_untold import numbers

RULE = """
- rule: Marked
  desc: what the tests do to be seen
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark- and {condition}
  output: "%fd.name in %container.image.repository as %container.name"
  priority: INFORMATIONAL
  next: nothing
"""
EXCEPT = "container.id != host and not container.image.repository in (registry/good)"
NAMED = "container.name startswith answers"
MARKS = 200
# Marks again and again; how often it was done is in /tmp/done.
SCRIPT = f"""
n=0; while true; do
    if test -e /tmp/go; then rm /tmp/go; for i in $(seq {MARKS}); do echo x >/tmp/mark-$i; done; n=$((n+1)); echo $n >/tmp/done; fi; sleep 0.05
done"""


def image(name: str, **more: str) -> Spec:
    """A container of an image of that name."""
    return Spec(["/usr/bin/bash", "-c", SCRIPT], name="answers", annotations={"org.opencontainers.image.ref.name": f"registry/{name}:1"}, **more)


def mark(box: object) -> None:
    """It does what is marked, once more."""
    done = Path(box.root, "tmp/done")
    before = done.read_text() if done.exists() else ""
    Path(box.root, "tmp/go").touch()
    deadline = time.monotonic() + 30
    while (done.read_text() if done.exists() else "") in (before, ""):
        tap.check(time.monotonic() < deadline, f"it does nothing: {box.output()[-500:]}")
        time.sleep(0.05)


@contextmanager
def guarded(condition: str) -> Iterator[tuple[Guard, Path, Path]]:
    """A guard with one rule, which may be written anew."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        rules, status = Path(directory, "rules.yaml"), Path(directory, "status")
        rules.write_text(RULE.format(condition=condition))
        with Guard("--status", status, "--burst", "0", rules=rules) as guard:
            yield guard, rules, status


def told(status: Path) -> float:
    """How many of the calls rules have seen."""
    seen = -1.0
    while True:     # until it has seen all that is there
        found = numbers(status)
        before, seen = seen, sum(found.get(("merlon_events_total", call), 0) for call in ("open", "openat"))
        if before == seen:
            return seen


def marks_of(guard: Guard, box: object) -> int:
    """Alerts about it."""
    return len(guard.find("Marked", name=box.id))


def reload(guard: Guard, rules: Path, condition: str) -> None:
    """Another rule from now on."""
    rules.write_text(RULE.format(condition=condition))
    before = len(guard.find("merlon: rules reloaded"))
    guard.process.send_signal(signal.SIGHUP)
    tap.check(guard.wait_until(lambda _: len(guard.find("merlon: rules reloaded")) > before, 30), f"not reloaded: {guard.alerts[-3:]}")


def excepted() -> None:
    """what an excepted image does stays in the kernel but for the first of it; what another does is told, all of it"""
    with guarded(EXCEPT) as (guard, _, status), container("runc", image("good")) as good, container("runc", image("bad")) as bad:
        good.run()
        bad.run()
        for _ in range(2):
            mark(good)
        seen = told(status)
        tap.check(0 < seen < 20, f"{seen} of {2 * MARKS} were told")
        mark(bad)
        tap.check(guard.wait_until(lambda _: marks_of(guard, bad) == MARKS, 20), f"{marks_of(guard, bad)} alerts")
        tap.check(not marks_of(guard, good), f"{marks_of(guard, good)} alerts of what is excepted")
        print(f"# {seen} of {2 * MARKS} of the excepted were told")


@contextmanager
def nested(box: object) -> Iterator[None]:
    """It goes on in a group below its own, in all hierarchies."""
    groups = []
    for controllers, path in box.cgroup_paths().items():
        root = next((r for r in (ROOT / controllers, ROOT / "systemd" if controllers == "systemd" else ROOT / "unified", ROOT)
                     if (r / path[1:] / "cgroup.procs").exists()), None)
        if not root or (root / path[1:]).samefile(root):
            continue
        groups.append(root / path[1:] / "inner")
        groups[-1].mkdir()
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (groups[-1] / name).exists():
                (groups[-1] / name).write_text((groups[-1].parent / name).read_text())
        (groups[-1] / "cgroup.procs").write_text(str(box.pid))
    try:
        yield
    finally:
        box.kill()
        time.sleep(0.5)
        for group in groups:
            group.rmdir()


def older() -> None:
    """the same of containers that were there before the guard, and of groups below theirs"""
    with container("runc", image("good")) as good, container("runc", image("bad")) as bad:
        good.run()
        bad.run()
        with guarded(EXCEPT) as (guard, _, status):
            mark(good)
            before = told(status)
            with nested(good):
                mark(good)
            tap.check(told(status) < before + 20, f"{told(status) - before} were told")
            with nested(bad):
                mark(bad)
            tap.check(guard.wait_until(lambda _: marks_of(guard, bad) == MARKS, 20), f"{marks_of(guard, bad)} alerts")


def reloaded() -> None:
    """rules that ask something else are answered anew: whom they except changes with them, and back"""
    turns = ((EXCEPT, {"bad"}), (EXCEPT.replace("good", "bad"), {"good"}), (NAMED, {"good", "bad"}), (EXCEPT, {"bad"}))
    with guarded(EXCEPT) as (guard, rules, status), container("runc", image("good")) as good, container("runc", image("bad")) as bad:
        boxes = {"good": good, "bad": bad}
        wanted = dict.fromkeys(boxes, 0)
        for box in boxes.values():
            box.run()
        for turn, (condition, marked) in enumerate(turns):
            if turn:
                reload(guard, rules, condition)
            for name, box in boxes.items():
                mark(box)
                wanted[name] += MARKS * (name in marked)
            tap.check(guard.wait_until(lambda _: all(marks_of(guard, boxes[name]) == n for name, n in wanted.items()), 20),
                      f"turn {turn}: {[(marks_of(guard, boxes[name]), n) for name, n in wanted.items()]}")
        surplus = told(status) - sum(wanted.values())
        tap.check(0 <= surplus < MARKS / 2, f"{surplus} were told of what is excepted")


def again() -> None:
    """a container in a group of the path and the name that an excepted one had before is not taken for that one"""
    path = f"/answers-{secrets.token_hex(4)}"
    with guarded(EXCEPT) as (guard, _, status):
        for name, wanted in (("good", 0), ("bad", MARKS), ("good", MARKS)):
            spec = image(name, cgroups_path=path)
            spec.id = path[1:]
            with container("runc", spec) as box:
                box.run()
                mark(box)
                tap.check(guard.wait_until(lambda _: marks_of(guard, box) >= wanted, 20), f"{name}: {marks_of(guard, box)} alerts")
                time.sleep(0.3)
                tap.check(marks_of(guard, box) == wanted, f"{name}: {marks_of(guard, box)} alerts")


@contextmanager
def grouped(path: str, script: str) -> Iterator[subprocess.Popen[str]]:
    """A process in groups of this path, in all hierarchies that there are, as an engine makes them."""
    roots = [place for place in (ROOT, *ROOT.iterdir()) if os.path.ismount(place) and Path(place, "cgroup.procs").exists()]
    with ExitStack() as stack:
        for root in roots:
            group = root / path
            for made in (group.parent, group):
                if made.exists():
                    continue
                made.mkdir()
                stack.callback(made.rmdir)
                for name in ("cpuset.cpus", "cpuset.mems"):
                    if (root / name).exists():
                        (made / name).write_text((root / name).read_text())
        enter = "; ".join(f"echo $$ >{root / path}/cgroup.procs" for root in roots)
        process = subprocess.Popen(["/bin/bash", "-c", f"{enter}; {script}"], text=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            time.sleep(0.3)


def late() -> None:
    """a container whose engine says late who it is: until then what is asked of it may be either, and all is told"""
    number = secrets.token_hex(32)
    said = Path("/var/lib/docker/containers", number)
    made = next((p for p in reversed(said.parents) if not p.exists()), said)
    with tempfile.TemporaryDirectory() as directory, guarded(
            "container.id != host and (container.name = latecomer or container.image = sooner)") as (guard, rules, status):
        script = f"n=0; while true; do echo x >/tmp/mark-{number[:8]}-$((n++)); sleep 0.02; done"

        def names() -> list[str]:
            return [a["output_fields"]["container.name"] for a in guard.find("Marked")]

        try:
            with grouped(f"docker/{number}", script):
                time.sleep(1)
                tap.check(not names(), f"{names()}")
                before = sum(numbers(status).get(("merlon_events_total", call), 0) for call in ("open", "openat"))
                after = sum(numbers(status).get(("merlon_events_total", call), 0) for call in ("open", "openat"))
                tap.check(after > before + 10, "what may be the late one's is not told")
                said.mkdir(parents=True)
                Path(directory, "config").write_text(json.dumps({"Name": "/latecomer", "Config": {"Image": "registry/late:1"}}))
                shutil.copy(Path(directory, "config"), said / "config.v2.json")
                tap.check(guard.wait_until(lambda _: len(names()) > 20, 20), f"{len(names())} alerts")
                tap.check(set(names()) == {"latecomer"}, f"{set(names())}")
                # Now that it is known, what asks for another is decided.
                reload(guard, rules, "container.id != host and container.name = another")
                before = told(status)
                tap.check(told(status) < before + 10, f"{told(status) - before} were told")
        finally:
            shutil.rmtree(made, ignore_errors=True)
            for mark_ in Path("/tmp").glob(f"mark-{number[:8]}-*"):
                mark_.unlink()


def main() -> None:
    """All of it, everywhere."""
    with tap.Suite("answers") as suite:
        for test in (excepted, older, reloaded, again, late):
            suite.run(test)


if __name__ == "__main__":
    main()
