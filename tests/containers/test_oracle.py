#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hard oracle: what was recorded of the application equals what strace saw in the same run, to the count."""

from __future__ import annotations

import itertools
import sys
from collections import Counter

import merlon
import strace
import tap
from container import ContainerError, available, container
from strace import Call
from workloads import WORKLOADS, Workload

# A filter that allows everything: it shows where the runtime loads one.
ALLOW = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
         "syscalls": [{"names": ["kexec_load"], "action": "SCMP_ACT_ERRNO"}]}

def differences(recorded: Counter[Call], images: list[strace.Image]) -> str:
    """What was recorded and strace did not see in the images, or the other way round; nothing if all is equal."""
    seen, doubtful = strace.merged(images), strace.doubtful(images)
    parts = []
    for call in sorted(set(recorded) | set(seen)):
        if not seen[call] - doubtful[call] <= recorded[call] <= seen[call]:
            perhaps = f", {doubtful[call]} of them perhaps never made" if doubtful[call] else ""
            parts.append(f"{call.name}/{call.arch}: recorded {recorded[call]}, strace {seen[call]}{perhaps}")
    return "; ".join(parts)


def same_run(runtime: str, workload: Workload, nnp: bool, filtered: bool, hooks: str | None) -> None:
    """Run it once, watched by both."""
    spec = workload.spec(no_new_privs=nnp, seccomp=ALLOW if filtered else None)
    options = ["--hooks", hooks] if hooks else []
    with container(runtime, spec) as box, merlon.Recording("--wait", "-c", box.id, *options, name="oracle") as rec:
        output = rec.directory / "strace"
        box.run(under=strace.command(output))
        workload.ready(box)
        try:
            init = box.pid
        except ContainerError:      # it was done before we looked
            init = None
        workload.drive(box)
        workload.rare(box)
        workload.stop(box)
        box.delete()
        rec.stop()
        profile, trace = rec.profile(), strace.parse(output)
    tap.check(not trace.oddities, f"strace said what was not understood: {trace.oddities[:3]}")
    tap.check(not profile.data["recording"]["losses"], f"losses: {profile.data['recording']['losses']}")
    images = trace.application(init)
    tap.check(strace.merged(images), "strace saw nothing")
    wrong = differences(profile.calls(), images)
    tap.check(not wrong, wrong)
    if filtered:
        compare_tail(profile, trace.tail(init))


def compare_tail(profile: merlon.Profile, seen: Counter[Call]) -> None:
    """The runtime between its filter and the exec, thread by thread."""
    recorded = profile.calls("runtime")
    extra = {call.name for call in recorded if call not in seen}
    missing = {call.name for call in seen if call not in recorded}
    tap.check("execve" in {call.name for call in recorded}, "the tail has no execve")
    tap.check(not extra, f"in the tail, but strace did not see them: {extra}")
    tap.check(not missing, f"missing in the tail: {missing}")


def variants(runtime: str, name: str, quick: bool) -> list[tuple[bool, bool]]:
    """With and without no_new_privs and a filter: for those workloads whose start differs."""
    if name not in ("nginx", "shell"):
        return [(False, False)]
    if quick:       # in an emulated machine, one of each kind
        return [(False, False)] if name == "nginx" else [(runtime == "crun", True)]
    return list(itertools.product((False, True), (False, True)))


def main() -> None:
    """Every workload under every runtime, or with --quick some; --hooks=KIND limits the kernel hooks."""
    quick = "--quick" in sys.argv
    hooks = next((a.partition("=")[2] for a in sys.argv if a.startswith("--hooks=")), None)
    names = ["shell"] if hooks else ["nginx", "shell", "int80"] if quick else list(WORKLOADS)
    with tap.Suite("oracle: recorded equals strace") as suite:
        for runtime in ("runc",) if hooks else ("runc", "crun"):
            works, why = available(runtime)
            for name in names:
                for nnp, filtered in variants(runtime, name, quick):
                    title = f"{runtime}: {name}{', no_new_privs' if nnp else ''}{', filter' if filtered else ''}"
                    title += f", {hooks} hooks" if hooks else ""
                    if works:
                        suite.run(same_run, runtime, WORKLOADS[name], nnp, filtered, hooks, name=title)
                    else:
                        suite.skip(title, why)


if __name__ == "__main__":
    main()
