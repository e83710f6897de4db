#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What recording, and a filter, cost: `make bench`.

Every workload runs without anything attached (off), below empty programs on the same two tracepoints (empty: the floor
of any sensor there), while something else is recorded (beside), while it is recorded itself (recorded), and under
strace -f.  The arms take turns, so that a machine whose speed drifts does not favour one; what is printed are medians, and
ratios to "off" of the same round.  It asserts nothing.

The guard is measured with the shipped rules against empty programs where it has its own: while it watches containers and
the loop runs beside them, while it watches the loop, and the same without filters in the kernel.

Rules are measured by themselves (bench/rules.c says on which events).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "tests" / "containers"), str(TOP / "tests" / "rig")]

ARMS = ("off", "empty", "beside", "recorded", "strace")
LOOPS = {"getpid": 2_000_000, "readwrite": 1_000_000, "openread": 300_000, "mmap": 500_000, "socket": 200_000,
         "forkexec": 1000}
GUARD_ARMS = ("off", "empty", "beside", "unfiltered", "watched")
GUARD_LOOPS = {"getpid": 2_000_000, "openread": 200_000, "connect": 100_000, "forkexec": 1000}
UNDER_STRACE = 50       # so many times fewer turns under strace, which is so much slower


class Group:
    """A control group that the workload runs in, in every arm."""

    def __init__(self, name: str) -> None:
        import cgroups

        self.path = cgroups.ROOT / ("" if cgroups.mode() == "v2" else "pids") / name
        self.path.mkdir()

    def run(self, command: list[str | Path]) -> str:
        """Run a command in it; its standard output."""
        enter = f"echo $$ >{self.path}/cgroup.procs; exec \"$@\""
        return subprocess.run(["sh", "-c", enter, "sh", *map(str, command)], stdout=subprocess.PIPE, check=True,
                              text=True).stdout

    def close(self) -> None:
        """Remove it."""
        self.path.rmdir()


@contextlib.contextmanager
def attached(arm: str, build: Path, group: Group, other: Group) -> Iterator[None]:
    """What an arm has attached."""
    import merlon

    if arm == "empty":
        empty = subprocess.Popen([build / "bench" / "empty"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert empty.stdout and empty.stdin
        empty.stdout.readline()
        yield
        empty.stdin.close()
        empty.wait()
    elif arm in ("beside", "recorded"):
        watched = group if arm == "recorded" else other
        with merlon.Recording("--quiet", "--cgroup", str(watched.path), name="bench"):
            yield
    else:
        yield


def once(arm: str, build: Path, group: Group, other: Group, kind: str, count: int) -> float:
    """One sample: nanoseconds of CPU for each turn; under strace of wall clock, as its CPU time is another process's."""
    loops = build / "bench" / "loops"
    if arm == "strace":
        count = max(count // UNDER_STRACE, 20)
        with tempfile.NamedTemporaryFile() as trace:
            started = time.monotonic()
            group.run(["strace", "-f", "-o", trace.name, loops, kind, str(count)])
            return (time.monotonic() - started) * 1e9 / count
    with attached(arm, build, group, other):
        return float(group.run([loops, kind, str(count)]))


def wall(build: Path, group: Group, kind: str, count: int) -> float:
    """Wall-clock nanoseconds of each turn without anything: what strace's are compared with."""
    started = time.monotonic()
    group.run([build / "bench" / "loops", kind, str(count)])
    return (time.monotonic() - started) * 1e9 / count


def micro(build: Path, rounds: int, out: Callable[[str], None]) -> None:
    """One thing in a loop."""
    group, other = Group(f"merlon-bench-{os.getpid()}"), Group(f"merlon-bench-other-{os.getpid()}")
    out("| one turn of | off, ns | empty | beside | recorded | recorded - empty, ns | strace -f | strace's cost / ours |")
    out("|---|---|---|---|---|---|---|---|")
    try:
        for kind, count in LOOPS.items():
            samples: dict[str, list[float]] = {arm: [] for arm in ARMS}
            ratios: dict[str, list[float]] = {arm: [] for arm in ARMS}
            for turn in range(rounds):
                round_: dict[str, float] = {}
                for arm in ARMS[turn % len(ARMS):] + ARMS[:turn % len(ARMS)]:
                    round_[arm] = once(arm, build, group, other, kind, count)
                plain = wall(build, group, kind, count)
                for arm in ARMS:
                    samples[arm].append(round_[arm])
                    ratios[arm].append(round_[arm] / (plain if arm == "strace" else round_["off"]))
            middle = {arm: statistics.median(values) for arm, values in samples.items()}
            ratio = {arm: statistics.median(values) for arm, values in ratios.items()}
            ours, theirs = ratio["recorded"] - 1, ratio["strace"] - 1
            out(f"| {kind} | {middle['off']:.0f} | x{ratio['empty']:.2f} | x{ratio['beside']:.2f} | "
                f"x{ratio['recorded']:.2f} | {middle['recorded'] - middle['empty']:.0f} | x{ratio['strace']:.1f} | "
                f"{theirs / ours if ours > 0.005 else float('inf'):.0f} |")
    finally:
        group.close()
        other.close()


@contextlib.contextmanager
def guarding(arm: str, build: Path, spent: list[float]) -> Iterator[None]:
    """What an arm of guard() has attached; adds the seconds of CPU that our own process took to spent."""
    if arm == "off":
        yield
        return
    if arm == "empty":
        command: list[str | Path] = [build / "bench" / "empty", "guard"]
    else:
        command = [build / "merlon", "guard", "-r", TOP / "content" / "rules", "--json", "--no-store",
                   *(["--host", "--budget", "0"] if arm in ("watched", "unfiltered") else []),
                   *(["--unfiltered"] if arm == "unfiltered" else [])]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                                   stdout=subprocess.PIPE if arm == "empty" else subprocess.DEVNULL,
                                   stderr=errors if arm == "empty" else subprocess.PIPE)
        assert process.stdin
        said = process.stdout if arm == "empty" else process.stderr
        assert said
        said.readline()
        before = cpu_seconds(process.pid)
        yield
        if arm in ("watched", "unfiltered"):
            time.sleep(0.3)     # until it has looked at everything
        spent.append(cpu_seconds(process.pid) - before)
        process.stdin.close()
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(cpu_seconds(int(c)) for c in children)


def guard(build: Path, rounds: int, out: Callable[[str], None]) -> None:
    """What the guard costs who is watched, and who is not; and what it takes itself."""
    out("| one turn of | off, ns | empty | beside | unfiltered | watched | watched / empty | watched - empty, ns "
        "| the guard's own, ns | unfiltered: its own, ns |")
    out("|---|---|---|---|---|---|---|---|---|---|")
    for kind, count in GUARD_LOOPS.items():
        samples: dict[str, list[float]] = {arm: [] for arm in GUARD_ARMS}
        ratios: dict[str, list[float]] = {arm: [] for arm in GUARD_ARMS}
        spent: dict[str, list[float]] = {arm: [] for arm in GUARD_ARMS}
        for turn in range(rounds):
            for arm in GUARD_ARMS[turn % len(GUARD_ARMS):] + GUARD_ARMS[:turn % len(GUARD_ARMS)]:
                with guarding(arm, build, spent[arm]):
                    done = subprocess.run([build / "bench" / "loops", kind, str(count)], stdout=subprocess.PIPE,
                                          check=True, text=True)
                samples[arm].append(float(done.stdout))
            for arm in GUARD_ARMS:
                ratios[arm].append(samples[arm][-1] / samples["off"][-1])
        middle = {arm: statistics.median(values) for arm, values in samples.items()}
        ratio = {arm: statistics.median(values) for arm, values in ratios.items()}
        own = {arm: statistics.median(spent[arm]) * 1e9 / count for arm in ("watched", "unfiltered")}
        over = statistics.median(w / e for w, e in zip(samples["watched"], samples["empty"]))
        out(f"| {kind} | {middle['off']:.0f} | x{ratio['empty']:.2f} | x{ratio['beside']:.2f} | x{ratio['unfiltered']:.2f} | "
            f"x{ratio['watched']:.2f} | x{over:.2f} | {middle['watched'] - middle['empty']:.0f} | {own['watched']:.0f} | "
            f"{own['unfiltered']:.0f} |")


COUNTED_LOOPS = {"getpid": 2000, "openread": 500, "connect": 200, "forkexec": 20}


def instructions(build: Path, out: Callable[[str], None]) -> None:
    """The same in a machine whose clock counts instructions (bench/vm.py): one round says it all, as nothing varies."""
    arms = ("off", "empty", "watched", "unfiltered")
    counted: dict[str, dict[str, float]] = {kind: {} for kind in COUNTED_LOOPS}
    for arm in arms:
        with guarding(arm, build, []):
            for kind, count in COUNTED_LOOPS.items():
                for _ in range(2):      # the first fills caches
                    done = subprocess.run([build / "bench" / "loops", kind, str(count)], stdout=subprocess.PIPE, check=True, text=True)
                counted[kind][arm] = float(done.stdout)
    for kind, by in counted.items():
        out(f"| {os.uname().release.split('-')[0]} | {kind} | {by['off']:,.0f} | {by['empty'] - by['off']:,.0f} | "
            f"{by['watched'] - by['off']:,.0f} | {by['unfiltered'] - by['off']:,.0f} | x{by['watched'] / by['empty']:.2f} | "
            f"x{by['unfiltered'] / by['empty']:.2f} |")


def records(out: Callable[[str], None]) -> None:
    """Which part of what it looks at leaves the kernel: of calls, and of everything with forks, execs and exits; also where rules deny."""
    import merlon
    from container import container
    from guarding import Guard
    from test_quiet import BUILD, debian, image
    from workloads import WORKLOADS


    server = {name: (WORKLOADS[name].spec(), WORKLOADS[name]) for name in ("nginx", "redis")}
    out("| a container of | calls looked at | records without filters | with filters | of them | with rules that deny, in a dry run |")
    out("|---|---|---|---|---|---|")
    for name, (spec, workload) in {**server, "a build": (debian(BUILD * 5, image()), None)}.items():
        told: dict[str, tuple[int, int]] = {}
        for arm, options in {"unfiltered": ("--unfiltered",), "filtered": (), "denying": ()}.items():
            merlon.run("deny", *(("on", "--dry-run", TOP / "content" / "deny") if arm == "denying" else ("off",)), check=arm == "denying")
            with tempfile.TemporaryDirectory() as directory:
                Path(directory).chmod(0o777)
                status = Path(directory, "status")
                with Guard("--status", status, "--budget", "0", "--buffer", "64", *options) as guarding_, \
                        container("runc", spec) as box:
                    box.run()
                    if workload:
                        workload.ready(box)
                        for _ in range(300):
                            workload.drive(box)
                    else:
                        box.wait(300)
                    time.sleep(2.5)     # numbers are written once a second
                    metrics = json.loads(status.read_text())["metrics"]
                    guarding_.stop()
            number = {m["name"]: m["value"] for m in metrics if not m.get("labels")}
            mine = [m["value"] for m in metrics if m["name"] == "merlon_container_records_total"
                    and m["labels"]["container"] == box.id]
            told[arm] = number["merlon_calls_looked_at_total"], sum(mine)
        looked, every = told["unfiltered"]
        out(f"| {name} | {looked:,} | {every:,} | {told['filtered'][1]:,} | {100 * told['filtered'][1] / every:.1f} % | {told['denying'][1]:,} |")
    merlon.run("deny", "off", check=False)


def serve(rounds: int, out: Callable[[str], None]) -> None:
    """Redis in a container, asked by redis-benchmark from outside."""
    import merlon
    import strace
    from container import container
    from workloads import WORKLOADS

    redis = WORKLOADS["redis"]
    rates: dict[str, list[float]] = {arm: [] for arm in ("off", "recorded", "strace")}
    for _ in range(rounds):
        for arm in rates:
            with contextlib.ExitStack() as stack:
                box = stack.enter_context(container("runc", redis.spec()))
                if arm == "recorded":
                    stack.enter_context(merlon.Recording("--quiet", "--wait", "-c", box.id, name="bench"))
                trace = stack.enter_context(tempfile.NamedTemporaryFile())
                box.run(**({"under": strace.command(Path(trace.name))} if arm == "strace" else {}))
                redis.ready(box)
                rates[arm].append(ask(box.pid, 2000 if arm == "strace" else 100_000))
    ratio = {arm: statistics.median(r / o for r, o in zip(rates[arm], rates["off"])) for arm in rates}
    out("| redis-benchmark set,get -c 20, requests a second | off | recorded | strace -f | strace's cost / ours |")
    out("|---|---|---|---|---|")
    ours, theirs = 1 / ratio["recorded"] - 1, 1 / ratio["strace"] - 1
    out(f"| | {statistics.median(rates['off']):.0f} | x{ratio['recorded']:.3f} | x{ratio['strace']:.3f} | "
        f"{theirs / ours if ours > 0.005 else float('inf'):.0f} |")


def ask(pid: int, requests: int) -> float:
    """Requests a second, over set and get."""
    command = ["nsenter", f"--net=/proc/{pid}/ns/net", "redis-benchmark", "-t", "set,get", "-n", str(requests), "-c",
               "20", "--csv"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    return statistics.harmonic_mean(float(line.split(",")[1].strip('"')) for line in lines)


def filters(build: Path, out: Callable[[str], None]) -> None:
    """A filter as wide as an engine's default: our program beside libseccomp's binary tree of the same rules."""
    result = subprocess.run([build / "bench" / "filter"], stdout=subprocess.PIPE, check=True, text=True)
    out("| a filter of ~300 calls, three tables | ours | libseccomp's tree | ours / theirs |")
    out("|---|---|---|---|")
    for line in result.stdout.splitlines():
        name, ours, theirs = line.split()
        out(f"| {name} | {ours} | {theirs} | x{float(ours) / float(theirs):.2f} |")


def rules(build: Path, out: Callable[[str], None]) -> None:
    """What an event costs against rules made up for it, and against real ones if MERLON_FALCO_RULES has them."""
    program = build / "bench" / "rules"
    sets: list[tuple[str, list[Path]]] = [("made up", [])]
    if directory := os.environ.get("MERLON_FALCO_RULES"):
        stable, more = [Path(directory) / "falco_rules.yaml"], ("falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
        sets += [("Falco, stable", stable),
                 ("Falco, stable + incubating + sandbox", stable + [Path(directory) / name for name in more])]
    out("| rules | how many | ns for each event | events a second on one core | alerts in a million | compiled, KiB |")
    out("|---|---|---|---|---|---|")
    for name, files in sets:
        for line in subprocess.run([program, *files], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines():
            count, cost, rate, alerts, size = map(int, line.split())
            out(f"| {name} | {count} | {cost} | {rate:,} | {alerts} | {size // 1024} |")


# What a compiler is for: so many functions that something has to be made of, in so many files.
COMPILE = """
cd /tmp
for i in $(seq 24); do
    { echo '#include <stdio.h>'; for n in $(seq 60); do
        echo "int f$n(int a, int b) { int s = 0; for (int i = a; i < b; i++) s += i % (b - $n) ? i * $n : s; printf(\"%d\", s); return s; }"
    done; } >f$i.c
done
touch ready
while ! test -e go; do sleep 0.05; done
began=$(date +%s%N)
for i in $(seq 24); do gcc -O1 -c f$i.c -o f$i.o; done
echo $(($(date +%s%N) - began)) >took.new
mv took.new took
sleep 60
"""
SERVICE_ARMS: dict[str, tuple[str, ...] | None] = {"off": None, "empty": None, "guarded": (), "unfiltered": ("--unfiltered",)}


def ask_nginx(box: Any, seconds: int, load: tuple[str, ...] = ("taskset", "-c", "1", "wrk", "-t", "1", "-c", "20")) -> float:
    """Requests a second, of a page that is there."""
    command = ["nsenter", f"--net=/proc/{box.pid}/ns/net", *load, "-d", f"{seconds}s", "http://127.0.0.1/"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)[0])


def ask_nginx_everywhere(box: Any, seconds: int) -> float:
    """The same, of a server on all processors, which it shares with the load and with the guard: as peers were measured."""
    for pid in box.processes():
        subprocess.run(["taskset", "-a", "-p", "-c", f"0-{(os.cpu_count() or 1) - 1}", str(pid)], stdout=subprocess.DEVNULL, check=False)
    return ask_nginx(box, seconds, ("wrk", "-t", "2", "-c", "32"))


def ask_redis(box: Any, seconds: int) -> float:
    """Requests a second."""
    return ask(box.pid, 20_000 * seconds)


def compile_files(box: Any, _seconds: int) -> float:
    """Files a second."""
    Path(box.root, "tmp/go").touch()
    took = Path(box.root, "tmp/took")
    while not took.exists():
        time.sleep(0.05)
    return 24e9 / int(took.read_text())


def numbers(status: Path, container_id: str) -> tuple[float, float, float]:
    """Records of a container that left the kernel, calls looked at, events lost."""
    metrics = json.loads(status.read_text())["metrics"]
    told = sum(m["value"] for m in metrics if m["name"] == "merlon_container_records_total"
               and m["labels"]["container"] == container_id)
    looked = sum(m["value"] for m in metrics if m["name"] == "merlon_calls_looked_at_total")
    return told, looked, sum(m["value"] for m in metrics if m["name"] == "merlon_events_lost_total")


def services(build: Path, rounds: int, seconds: int, out: Callable[[str], None]) -> None:
    """Servers and a compiler in a container, on a processor of their own: nobody watches, empty programs do, the guard, one without filters."""
    sys.path.append(str(TOP / "tests" / "attacks"))
    import merlon  # noqa: F401
    from container import container
    from guarding import Guard
    from test_quiet import debian, image
    from workloads import WORKLOADS

    kinds = {"nginx": (WORKLOADS["nginx"].spec(), WORKLOADS["nginx"], ask_nginx, "requests"),
             "nginx, on all": (WORKLOADS["nginx"].spec(), WORKLOADS["nginx"], ask_nginx_everywhere, "requests"),
             "redis": (WORKLOADS["redis"].spec(), WORKLOADS["redis"], ask_redis, "requests"),
             "a compiler": (debian(COMPILE, image()), None, compile_files, "files")}
    out("| a container of | a second, off | empty | guarded | unfiltered | events a second, unfiltered | guarded: records | of those without filters "
        "| lost |")
    out("|---|---|---|---|---|---|---|---|---|")
    for name, (spec, workload, drive, what) in kinds.items():
        rates: dict[str, list[float]] = {arm: [] for arm in SERVICE_ARMS}
        told: dict[str, list[tuple[float, float, float]]] = {arm: [] for arm in SERVICE_ARMS}   # for each request; a second; lost
        for turn in range(rounds):
            arms = list(SERVICE_ARMS)
            for arm in arms[turn % len(arms):] + arms[:turn % len(arms)]:
                options = SERVICE_ARMS[arm]
                with contextlib.ExitStack() as stack:
                    directory = stack.enter_context(tempfile.TemporaryDirectory())
                    Path(directory).chmod(0o777)
                    status = Path(directory, "status")
                    if arm == "empty":
                        stack.enter_context(guarding(arm, build, []))
                    if options is not None:
                        stack.enter_context(Guard("--status", status, "--budget", "0", "--buffer", "64", *options))
                    box = stack.enter_context(container("runc", spec))
                    box.run()
                    if workload:
                        workload.ready(box)
                    while not workload and not Path(box.root, "tmp/ready").exists():
                        time.sleep(0.05)
                    for pid in box.processes():
                        subprocess.run(["taskset", "-a", "-p", "-c", "0", str(pid)], stdout=subprocess.DEVNULL, check=False)
                    if options is not None:
                        time.sleep(2.2)     # numbers are written once a second
                        before = numbers(status, box.id)
                    began = time.monotonic()
                    rate = drive(box, seconds)
                    took = time.monotonic() - began
                    rates[arm].append(rate)
                    if options is not None:
                        time.sleep(2.2)
                        after = numbers(status, box.id)
                        records = after[0] - before[0]
                        told[arm].append((records / (rate * took), records / took, after[2]))
        middle = {arm: statistics.median(values) for arm, values in rates.items()}
        ratio = {arm: statistics.median(r / o for r, o in zip(rates[arm], rates["off"])) for arm in rates}
        each = {arm: [statistics.median(column) for column in zip(*told[arm])] for arm in ("guarded", "unfiltered")}
        lost = sum(t[2] for arm in ("guarded", "unfiltered") for t in told[arm])
        part = 100 * each["guarded"][0] / each["unfiltered"][0] if each["unfiltered"][0] else 0
        out(f"| {name} | {middle['off']:,.0f} {what} | x{ratio['empty']:.3f} | x{ratio['guarded']:.3f} | x{ratio['unfiltered']:.3f} | {each['unfiltered'][1]:,.0f} | "
            f"{each['guarded'][1]:,.0f} a second | {part:.2f} % | {lost:.0f} |")


def crowd(build: Path, containers: int, out: Callable[[str], None]) -> None:
    """Many containers under many policies."""
    from many import many

    many(build, TOP / "content", (10, containers), out)


def lists(build: Path, out: Callable[[str], None]) -> None:
    """What a list of a rule costs in the kernel, by its length: one look-up, or as many questions as it has entries."""
    done = subprocess.run([build / "bench" / "lists"], stdout=subprocess.PIPE, check=True, text=True)
    out("| question of one rule | entries | instructions | of them for a record | ns of a test run | what is not in it |")
    out("|---|---|---|---|---|---|")
    for line in done.stdout.splitlines():
        name, entries, length, steps, ns, verdict = line.split("\t")
        out(f"| `{name}` | {int(entries):,} | {length} | {steps} | {ns} | {'is dropped' if verdict == 'drops' else 'is told'} |")


def inspect(build: Path, rounds: int, out: Callable[[str], None]) -> None:
    """Manifests a second on one core, and memory: many files, and one that is large."""
    from manifests import write_directory, write_list

    with tempfile.TemporaryDirectory() as directory:
        top = Path(directory)
        (top / "files").mkdir()
        # By another process: a child's peak of memory counts from what its parent had when it began.
        with multiprocessing.Pool(1) as writer:
            sizes = {"files": writer.apply(write_directory, (top / "files", 10_000))}
            sizes |= {f"list.{form}": writer.apply(write_list, (top / f"list.{form}", 100 << 20, form)) for form in ("yaml", "json")}
        out("| manifests | MB | objects | written as | CPU seconds | MB a second | memory, MB |")
        out("|---|---|---|---|---|---|---|")
        for name, size in sizes.items():
            text = subprocess.run([build / "merlon", "inspect", "--fail-on", "never", "-s", "critical", top / name], capture_output=True,
                                  text=True, check=False).stdout
            objects = int(re.findall(r"([\d,]+) objects? in", text)[-1].replace(",", ""))
            for form in ("csv", "json", "html"):
                seconds, memory = [], 0
                for _ in range(min(rounds, 3)):
                    child = subprocess.Popen([build / "merlon", "inspect", "--fail-on", "never", "--format", form, "-o",
                                              "/dev/null", top / name])
                    _, _, used = os.wait4(child.pid, 0)
                    seconds.append(used.ru_utime + used.ru_stime)
                    memory = max(memory, used.ru_maxrss)
                best = statistics.median(seconds)
                out(f"| {name} | {size / 1e6:.0f} | {objects:,} | {form} | {best:.2f} | {size / 1e6 / best:.0f} | {memory / 1024:.0f} |")


def main() -> int:
    """Measure, print tables."""
    parser = argparse.ArgumentParser(description="What recording costs.")
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=("micro", "guard", "records", "serve", "filters", "rules", "lists", "services", "many", "instructions", "inspect"))
    parser.add_argument("--containers", type=int, default=1000, help="of the bench of many")
    parser.add_argument("--seconds", type=int, default=5, help="of load, in each turn of the services")
    options = parser.parse_args()
    build = options.build.resolve()
    os.environ |= {"MERLON_BINARY": str(build / "merlon"), "MERLON_RIG_DIR": os.environ.get("MERLON_RIG_DIR", str(build / "rig"))}
    if options.only in (None, "records"):   # some of its rules deny
        sys.path.append(str(TOP / "tests" / "attacks"))
        from test_stop import go_alone

        go_alone()
    uname = os.uname()
    print(f"Linux {uname.release} {uname.machine}, {os.cpu_count()} processors, {options.rounds} rounds\n", flush=True)
    parts = {"micro": lambda out: micro(build, options.rounds, out),
             "guard": lambda out: guard(build, options.rounds, out), "records": records, "serve": lambda out: serve(options.rounds, out),
             "filters": lambda out: filters(build, out), "rules": lambda out: rules(build, out),
             "services": lambda out: services(build, options.rounds, options.seconds, out),
             "many": lambda out: crowd(build, options.containers, out), "lists": lambda out: lists(build, out), "inspect": lambda out: inspect(build, options.rounds, out)}
    if options.only == "instructions":  # in no other machine
        instructions(build, lambda line: print(line, flush=True))
        return 0
    for name, part in parts.items():
        if options.only in (None, name):
            part(lambda line: print(line, flush=True))
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
