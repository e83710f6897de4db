#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The static second opinion: a sweep of a workload's files finds what a recording of it found, and not everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import merlon
import tap
from container import Container, available, container
from workloads import WORKLOADS, Workload

RECALL = 0.95
# What Docker's default profile allows on x86-64 with its usual capabilities: 306 calls, and 3 more with some arguments
# (github.com/moby/profiles, June 2026, counted with the table of libseccomp 2.6.1).
DEFAULT_PROFILE = 309


def swept(*arguments: str | Path) -> dict[str, Any]:
    """What a sweep says."""
    return json.loads(merlon.run("profile", "sweep", "--json", *arguments).stdout)


def calls(sweep: dict[str, Any]) -> set[tuple[str, str]]:
    """The calls in it, with their tables."""
    return {(call["arch"], call["name"]) for call in sweep["calls"]}


def recorded(profile: merlon.Profile) -> set[tuple[str, str]]:
    """What the workload itself was seen to call."""
    return {(fact["arch"], fact["name"]) for fact in profile.data["syscalls"] if fact["layer"] == "app"}


def record(box: Container, workload: Workload, recording: merlon.Recording) -> merlon.Profile:
    """A run of it, with everything that the rig can make it do; its files stay mounted."""
    box.run()
    workload.ready(box)
    workload.drive(box)
    workload.rare(box)
    workload.stop(box)
    recording.stop()
    return recording.profile()


def opinion(workload: Workload) -> None:
    """Record it, sweep its files, and compare."""
    with container("runc", workload.spec()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="static") as recording:
        profile = record(box, workload, recording)
        sweep = swept("--rootfs", box.root, "--profile", profile.path)
    seen, reachable = recorded(profile), calls(sweep)
    found = len(seen & reachable) / len(seen)
    print(f"# {workload.name}: {len(seen)} recorded, {len(reachable)} reachable, {found:.1%} found; "
          f"missed: {', '.join(sorted(name for _, name in seen - reachable)) or 'none'}; "
          f"{len(sweep['unresolved'])} unresolved", flush=True)
    tap.check(found >= RECALL, f"found {found:.1%}; missed {sorted(seen - reachable)}")
    tap.check(len(reachable) < DEFAULT_PROFILE, f"{len(reachable)} calls are no smaller than the default profile")
    tap.check(not sweep["skipped"], f"not swept: {sweep['skipped']}")
    told = {(call["arch"], call["name"]): call["observed"] for call in sweep["calls"]}
    tap.check({call for call, observed in told.items() if observed} == seen & reachable, "what was observed is told wrong")


def main() -> None:
    """Every workload whose numbers can be known."""
    with tap.Suite("static: a sweep finds what a recording found") as suite:
        works, why = available("runc")
        for name in ("nginx", "redis", "postgres", "python", "shell", "static", "int80"):
            title = f"sweep: {name}"
            if works:
                suite.run(opinion, WORKLOADS[name], name=title)
            else:
                suite.skip(title, why)


if __name__ == "__main__":
    main()
