#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiles beside what others know: a trace of the same run says the same, a finished filter works under the runtime that
takes one, and check, merge, diff, intersect and lint agree about recorded profiles."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import merlon
import strace
import tap
from container import ContainerError, available, container
from merlon import Profile, learn, live
from programs import build as programs
from workloads import WORKLOADS, Workload

_PID = re.compile(r"(\d+) +")
_FORK = re.compile(r"(?:\b(?:v?fork|clone3?)\(.*|<\.\.\. (?:v?fork|clone3?) resumed>.*) = (\d+)"
                   r"(?: /\* (\d+) in strace's PID NS \*/)?$")
_EXEC = re.compile(r"(?:execve\(.*|<\.\.\. execve resumed>.*) = 0$")


def application(trace: Path, init: int | None, program: str) -> list[str]:
    """The lines of the container's application: of its first process from its exec on, and of all that it begot."""
    lines = trace.read_text(errors="surrogateescape").splitlines()
    asked: dict[str, bool] = {}         # whether the last exec that a process asked for is of the program
    start = None
    for number, line in enumerate(lines):
        pid = _PID.match(line)
        if not pid or (init is not None and int(pid[1]) != init):
            continue
        if "execve(" in line:
            asked[pid[1]] = re.search(rf'execve\("(?:[^"]*/)?{re.escape(Path(program).name)}"', line) is not None
        if asked.get(pid[1]) and _EXEC.search(line):
            start, first = number, pid[1]
            break
    if start is None:
        raise LookupError(f"no exec of {program} in the trace")
    family = {first}
    grown = True
    while grown:
        grown = False
        for line in lines[start + 1:]:
            pid, fork = _PID.match(line), _FORK.search(line)
            if pid and pid[1] in family and fork:
                child = fork[2] or fork[1]
                grown |= child not in family
                family.add(child)
    return [line for number, line in enumerate(lines) if (pid := _PID.match(line)) and pid[1] in family and
            (number > start or pid[1] != first)]


def last_wishes(lines: list[str]) -> Counter[str]:
    """Calls in which a process was killed: strace stops it ahead of the tracepoint, so whether it got in is not known."""
    wishes: Counter[str] = Counter()
    last: dict[str, str] = {}
    for line in lines:
        pid = line.split(" ", 1)[0]
        before = last.get(pid, "")
        if "+++ killed by SIGKILL" in line and (call := re.search(r"([a-z0-9_]+)(?:\(| resumed>).*= \?$", before)):
            wishes[call[1]] += 1
        last[pid] = line
    return wishes


def round_trip(runtime: str, workload: Workload) -> None:
    """Record and trace one run; what from-strace makes of the application's lines is what was recorded, to the count."""
    with container(runtime, workload.spec()) as box, merlon.Recording("--wait", "-c", box.id, name="both") as recording:
        output = recording.directory / "strace"
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
        recording.stop()
        recorded = recording.profile()
        mine = recording.directory / "application"
        lines = application(output, init, workload.args[0])
        mine.write_text("\n".join(lines) + "\n", errors="surrogateescape")
        made = recording.directory / "made.merlon.json"
        done = merlon.run("profile", "from-strace", mine, "-o", made)
        traced = Profile(made)
        same(recorded.calls(), traced.calls(), last_wishes(lines))
        same_arguments(recorded, traced, done.stderr)
        whole = recording.directory / "whole.merlon.json"
        merlon.run("profile", "from-strace", output, "-o", whole)
        same(strace.merged(strace.parse(output).images), Profile(whole).calls())


def same(one: Counter[strace.Call], other: Counter[strace.Call], doubtful: Counter[str] | None = None) -> None:
    """Both counted alike, but for so many of what is doubtful."""
    wrong = [f"{call.name}/{call.arch}: {one[call]} and {other[call]}" for call in sorted(set(one) | set(other))
             if not 0 <= other[call] - one[call] <= (doubtful or {}).get(call.name, 0)]
    tap.check(one and not wrong, "; ".join(wrong) or "nothing was counted")


def combinations(profile: Profile) -> dict[str, set[tuple[int, ...]]]:
    """What the application's calls were made with, where that was recorded."""
    return {fact["name"]: {tuple(value[:-1]) for value in fact["arguments"]["values"]}
            for fact in profile.data["syscalls"] if fact["layer"] == "app" and "values" in fact.get("arguments", {})}


def same_arguments(recorded: Profile, traced: Profile, notes: str) -> None:
    """The arguments that decide danger are the same, but for calls that from-strace said it gave up on."""
    one, other = combinations(recorded), combinations(traced)
    for name in sorted(set(one) & set(other)):
        tap.check(one[name] == other[name], f"{name}: recorded {one[name]}, traced {other[name]}")
    lost = {name for name in set(one) - set(other) if f" {name}: " not in notes}
    tap.check(not lost, f"arguments of {lost} were lost without a word: {notes}")


def finished_filter(workload: Workload) -> None:
    """crun takes our program in place of rules; the workload lives under it, and an intruder does not"""
    profile = learn("crun", workload, entered=("true",) if workload.service else ())
    text = merlon.run("profile", "export", "-f", "cbpf", "--with-entered", profile.path).stdout.strip()
    spec = workload.spec(annotations={"run.oci.seccomp_bpf_data": text},
                         files={"/opt/intruder": programs.programs() / "intruder"},
                         seccomp={"defaultAction": "SCMP_ACT_ALLOW"},
                         capabilities=["CAP_SYS_ADMIN", *(profile.oci_capabilities())])
    with container("crun", spec) as box:
        if not workload.service:
            live(workload, box)
            return
        box.run()
        workload.ready(box)
        status = Path(f"/proc/{box.pid}/status").read_text()
        tap.check("Seccomp:\t2" in status, f"no filter is in force: {status}")
        for attack in ("unshare", "mount", "bpf", "af_alg"):
            done = box.exec("/opt/intruder", attack)
            tap.check(done.returncode == 0 and attack in done.stdout, f"{attack}: {done.stdout} {done.stderr}")
        workload.drive(box)
        workload.stop(box)


def sets(one: Profile, other: Profile) -> None:
    """merge has both, intersect has neither's own, and check, diff and lint say so"""
    directory = one.path.parent
    both, common = directory / "both.merlon.json", directory / "common.merlon.json"
    merlon.run("profile", "merge", one.path, other.path, "-o", both)
    merlon.run("profile", "intersect", one.path, other.path, "-o", common)
    tap.check(set(Profile(both).calls()) == set(one.calls()) | set(other.calls()), "merge is no union")
    tap.check(set(Profile(common).calls()) <= set(one.calls()) & set(other.calls()), "intersect has more")
    for part in (one.path, other.path, common):
        done = merlon.run("profile", "check", both, "--against", part, check=False)
        tap.check(done.returncode == 0, f"the union denies a part: {done.stdout}")
    done = merlon.run("profile", "check", common, "--against", both, check=False)
    tap.check(done.returncode == 1 and "denied" in done.stdout, "the intersection denies nothing")
    done = merlon.run("profile", "diff", one.path, one.path, check=False)
    tap.check(done.returncode == 0 and not done.stdout, f"a profile differs from itself: {done.stdout}")
    done = merlon.run("profile", "diff", "--json", one.path, both, check=False)
    tap.check(done.returncode == 1 and all(entry["sign"] in "+~" for entry in json.loads(done.stdout)
                                           if entry["kind"] == "syscall"), "the union lacks something")
    done = merlon.run("profile", "lint", "--json", "--fail", "high", one.path, check=False)
    tap.check(done.returncode == 0, f"a web server's profile is dangerous: {done.stdout}")


def its_own_filter(profile: Profile) -> None:
    """What was exported denies nothing of what was recorded, in every form"""
    for form in ("seccomp", "seccomp-docker", "spo", "cbpf", "cbpf-raw"):
        path = profile.path.parent / f"filter.{form}"
        merlon.run("profile", "export", "-f", form, profile.path, "-o", path)
        done = merlon.run("profile", "check", profile.path, "--against", path, check=False)
        tap.check(done.returncode == 0, f"{form}: {done.stdout}{done.stderr}")
        if form.startswith("seccomp"):      # a SeccompProfile has no error of its own for what it does not name
            done = merlon.run("profile", "lint", path, check=False)
            tap.check("clone3-refused" not in done.stdout, f"{form}: {done.stdout}")
    back = profile.path.parent / "back.merlon.json"
    merlon.run("profile", "import", profile.path.parent / "filter.seccomp", "-o", back)
    done = merlon.run("profile", "check", back, "--without-closure", "--against", profile.path, check=False)
    tap.check(done.returncode == 0, f"imported again, it denies: {done.stdout}")


def main() -> None:
    """The round trip for every kind of workload, or with --quick for one."""
    quick = "--quick" in sys.argv
    with tap.Suite("exchange: traces, filters, sets of profiles") as suite:
        for runtime in ("runc", "crun"):
            works, why = available(runtime)
            for name in ("shell",) if quick or runtime == "crun" else ("nginx", "redis", "shell", "python"):
                if name not in WORKLOADS:
                    continue
                title = f"{runtime}: {name}: from-strace of the same run says what was recorded"
                if works:
                    suite.run(round_trip, runtime, WORKLOADS[name], name=title)
                else:
                    suite.skip(title, why)
        works, why = available("crun")
        for name in ("shell",) if quick else ("nginx", "shell"):
            if works:
                suite.run(finished_filter, WORKLOADS[name], name=f"crun: {name} under a finished filter")
            else:
                suite.skip(f"crun: {name} under a finished filter", why)
        works, why = available("runc")
        if not works:
            suite.skip("sets of recorded profiles", why)
            return
        nginx, shell = learn("runc", WORKLOADS["nginx"]), learn("runc", WORKLOADS["shell"])
        suite.run(its_own_filter, nginx)
        suite.run(its_own_filter, shell, name="the same of a shell's")
        suite.run(sets, nginx, shell)


if __name__ == "__main__":
    main()
