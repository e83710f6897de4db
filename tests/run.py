#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every test, in one go: `make test`.

    tests/run.py [--build DIR] [--only REGEX]... [--no-vm] [--long]

Unit, kernel and fuzz-corpus tests (meson), then tests with real containers on this host, and in virtual machines with
older kernels: one machine beside the host's tests, which mostly wait, then two at a time.  --long: also what is left
out of every day's run, since another machine of it shows nearly the same.  All of them print TAP; failures are shown in
full, the rest as a line each.
What fails beside a machine is run once more alone, with nothing else here: if it passes then it is named as unsteady, a
fault of the test or of what it tests that wants mending; if it fails again, it has failed.
Every program has a time that is several times what it needs; one that takes longer says where it was, and has failed.
If a machine dies then so has the test that it died in, and what had not been run is run in another one.
The last line is "N passed, N failed, N skipped", and the exit status 1 if something failed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Callable

TESTS = Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS / "rig"))
import limited  # noqa: E402  # pylint: disable=wrong-import-position
import vm  # noqa: E402  # pylint: disable=wrong-import-position

HOST_TESTS = ("test_cli", "test_errors", "test_identity", "test_oracle", "test_confine", "test_phases", "test_life",
              "test_verify", "test_layers", "test_complain", "test_exchange", "test_static", "test_events", "test_calls",
              "test_guard", "test_untold", "test_remember", "test_answers", "test_respond", "test_outputs", "test_inspect",
              "test_cluster", "test_attacks", "test_stop", "test_deny_policy", "test_deny_cgroup", "test_deny_keep",
              "test_deny_running", "test_deny_untold", "test_strays", "test_quiet", "test_falco")

# What runs in every machine; a program in the build directory, or a script of SCRIPTS. What differs by rung, and not by
# kernel, runs in one machine each below: emulation is slow.
VM_TESTS = ("tests/kernel/test_pure", "tests/kernel/test_isolation", "tests/kernel/test_verifier", "test_calls")

# Where scripts are.
SCRIPTS = ("containers", "attacks")

# Seconds: of a program of tests on this host, the longest takes 90 beside a machine; in a machine, 150; of what meson
# runs, together 80; of a machine's all.  SILENCE: a machine's tests can't be silent for longer, they'd have been ended.
HOST_LIMIT, GUEST_LIMIT, MESON_LIMIT, MACHINE_LIMIT = 480, 600, 1200, 1800
SILENCE = GUEST_LIMIT + 200
# What does not end when asked to is killed after so long.
END_LIMIT = 120

# Machines that one list of tests is given, when some die.
MACHINES_MAX = 3

# Seconds after the start at which all that runs is ended, and what is run once more; so much more with --long.
FIRST_END, LAST_END = 50 * 60, 60 * 60
LONG = 4

# More programs of tests than this don't fail by chance: they are not run again.
UNSTEADY_MAX = 3

BEGAN = time.monotonic()
MARK = "=== merlon test"

_RESULT = re.compile(r"(not )?ok\b *\d* *-? *(.*?)(?: *# *skip\S* *(.*))?$", re.I)

# Lines of what a failed program said, and of where one was whose time was over.
SHOWN, SHOWN_EXPIRED = 30, 600


@dataclass(frozen=True)
class Machine:
    """A kernel, how it is started, and what must be true under it."""

    kernel: str
    tests: tuple[str, ...]
    lsm: str | None = None      # list of security modules; None: the kernel's own
    long: tuple[str, ...] = ()  # with --long only

    def __str__(self) -> str:
        return f"Linux {self.kernel}{f', lsm={self.lsm}' if self.lsm else ''}"


# Which rung each kernel has by default, and with other security modules.
MACHINES = (
    # The longest first: two run at a time.
    Machine("6.12", ("test_cli --rung=A:fentry --module=apparmor", *VM_TESTS, "tests/kernel/test_filter", "test_events", "test_apparmor --quick",
                     "test_attacks", "test_deny --quick", "test_strays", "test_guard --quick", "test_oracle --quick", "test_identity --quick"),
            long=("test_oracle --quick --hooks=tracepoint",)),
    Machine("5.10", ("test_cli --rung=B:fentry --module=apparmor", *VM_TESTS, "tests/kernel/test_filter /merlon/content/rules", "test_events", "test_oracle --quick",
                     "test_confine --quick", "test_attacks --attacks", "test_deny --quick", "test_deny_cgroup --quick", "test_guard --quick",
                     "test_life --quick"),
            long=("test_apparmor --quick", "test_verify")),
    Machine("6.1", ("test_cli --rung=A:fentry --module=apparmor", *VM_TESTS, "tests/kernel/test_filter", "test_attacks --attacks",
                    "test_oracle --quick --hooks=kprobe", "test_complain", "test_remember"),
            long=("test_events", "test_oracle --quick", "test_apparmor --quick")),
    Machine("5.10", ("test_cli --rung=A:fentry --module=selinux", "test_selinux"), "lockdown,capability,yama,selinux,bpf"),
    Machine("6.1", ("test_cli --rung=B:fentry --module=apparmor", "test_deny", "test_allow --quick"), "lockdown,capability,yama,apparmor"),
    Machine("6.12", ("test_cli --rung=A:fentry --module=selinux", "test_selinux"), "lockdown,capability,yama,selinux,bpf"),
    Machine("6.1", (), "lockdown,capability,yama,selinux,bpf", long=("test_cli --rung=A:fentry --module=selinux", "test_selinux")),
)


@dataclass
class Outcome:
    """What one program of tests said."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: dict[str, str] = field(default_factory=dict)       # test -> reason
    failures: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)           # failures that a second run did not have
    seconds: float = 0
    again: Callable[[], Outcome] | None = None                  # runs it once more


def read_tap(name: str, text: str, status: int) -> Outcome:
    """Count the results in TAP; a program that ends early or dies has failed."""
    outcome, planned, current = Outcome(name), None, ""
    lines: list[str] = []
    for line in text.splitlines():
        if plan := re.match(r"1\.\.(\d+)", line):
            planned = int(plan[1])
        elif result := _RESULT.match(line):
            current = result[2]
            if result[3] is not None:           # cmocka says "not ok N # SKIP name"
                current = current or result[3]
                outcome.skipped[current] = result[3]
            elif result[1]:
                outcome.failed += 1
                outcome.failures.append(f"{name}: {current}")
            else:
                outcome.passed += 1
            lines = []
            continue
        if line.startswith("#") and outcome.failures and outcome.failures[-1].startswith(f"{name}: {current}"):
            outcome.failures[-1] += f"\n    {line}"
        lines.append(line)
    seen = outcome.passed + outcome.failed + len(outcome.skipped)
    if status == limited.STATUS and limited.EXPIRED in text:
        before, _, where = text.partition(limited.EXPIRED)
        said = before.splitlines()[-SHOWN:] + f"{limited.EXPIRED}{where}".splitlines()[:SHOWN_EXPIRED]
        outcome.failed += 1
        outcome.failures.append("\n    ".join([f"{name}: took too long, in what came after {seen} results", *said]))
    elif planned != seen or (status not in (0, 1)):
        outcome.failed += 1
        outcome.failures.append(f"{name}: {seen} results of {planned} planned, exit status {status}\n    "
                                + "\n    ".join(lines[-SHOWN:]))
    return outcome


def say(text: str) -> None:
    """Progress."""
    print(text, flush=True)


def say_part(what: str) -> None:
    """Which part begins, and when."""
    say(f"== {what}, {(time.monotonic() - BEGAN) / 60:.1f} min after the start")


def report(outcome: Outcome) -> Outcome:
    """One line, and what failed."""
    skipped = f", {len(outcome.skipped)} skipped" if outcome.skipped else ""
    say(f"{'ok  ' if not outcome.failed else 'FAIL'} {outcome.name}: {outcome.passed} passed, {outcome.failed} failed"
        f"{skipped} ({outcome.seconds:.0f} s)")
    for test, reason in outcome.skipped.items():
        say(f"     skipped: {test}: {reason}")
    for failure in outcome.failures:
        say(f"---- {failure}")
    return outcome


def left(end: float) -> float:
    """Seconds until so long after the start."""
    return BEGAN + end * (LONG if "--long" in sys.argv else 1) - time.monotonic()


def run_limited(command: list[str], limit: float, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a program that may take so long; its status, as a shell says it, and what it said.

    That goes to a file, not a pipe: what the program leaves behind may keep it open.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, str(TESTS / "rig/limited.py"), str(limit), *command],
                                   env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        try:
            status = process.wait(limit + END_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            status = limited.STATUS
        except BaseException:
            process.terminate()
            raise
        said.seek(0)
        return status if status >= 0 else 128 - status, said.read().decode(errors="replace")


def run_program(name: str, command: list[str], environment: dict[str, str], end: float = LAST_END) -> Outcome:
    """Run one program of tests on this host."""
    started = time.monotonic()
    limit = min(HOST_LIMIT, left(end))
    if limit <= 0:
        return Outcome(name, failed=1, failures=[f"{name}: did not run, there was no time left"])
    status, text = run_limited(command, limit, environment)
    outcome = read_tap(name, text, status)
    outcome.seconds = time.monotonic() - started
    outcome.again = partial(run_program, name, command, environment)
    if status == limited.STATUS:    # what it made and could not remove
        subprocess.run([sys.executable, str(TESTS / "rig/container.py"), "--sweep"], check=False, timeout=END_LIMIT)
    return outcome


def skip_reasons(build: Path) -> dict[str, str]:
    """Why programs of tests, or tests ("PROGRAM: N - TEST"), were left out: meson's report has no room for what they said."""
    reasons = {}
    for line in (build / "meson-logs" / "testlog.json").read_text(errors="replace").splitlines():
        test = json.loads(line)
        name = test["name"].rpartition(" / ")[2]
        for found in re.finditer(r"^(?:1\.\.0|ok (\d+ - \S+)) # SKIP (.+)", test.get("stdout", ""), re.M):
            reasons[f"{name}: {found[1]}" if found[1] else name] = found[2]
    return reasons


def run_meson(build: Path, prefix: str = "", suites: tuple[str, ...] = ()) -> list[Outcome]:
    """Run what meson knows, and take the results from its report."""
    started = time.monotonic()
    status, said = run_limited(["meson", "test", "-C", str(build), "--print-errorlogs",
                                *(word for suite in suites for word in ("--suite", suite))], MESON_LIMIT)
    if status == limited.STATUS:
        return [Outcome(f"{prefix}meson test", failed=1, failures=[said])]
    outcomes = []
    reasons = skip_reasons(build)
    for suite in ElementTree.parse(build / "meson-logs" / "testlog.junit.xml").getroot():
        outcome = Outcome(prefix + re.sub(r"^merlon[.:]", "", suite.get("name", "?")))
        for case in suite:
            name = f"{case.get('classname')}: {case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                outcome.failed += 1
                outcome.failures.append(name)
            elif (skip := case.find("skipped")) is not None:
                outcome.skipped[name] = (skip.get("message") or skip.text or "").strip() or \
                    reasons.get(name.rpartition(" / ")[2], "no reason given")
            else:
                outcome.passed += 1
        outcomes.append(outcome)
    if outcomes:
        outcomes[-1].seconds = time.monotonic() - started
    if status and not any(o.failed for o in outcomes):
        outcomes.append(Outcome("meson test", failed=1, failures=[said[-4000:]]))
    elif status:
        say(said[-6000:])
    return outcomes


def build_sanitized(top: Path, build: Path) -> None:
    """Everything once more, with address and undefined behaviour sanitizers."""
    if not (build / "build.ninja").exists():
        subprocess.run(["meson", "setup", "-Db_sanitize=address,undefined", "-Db_lundef=false", str(build), str(top)],
                       check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", str(build), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def script(name: str) -> Path:
    """The file of a test that is a script."""
    return next(path for directory in SCRIPTS if (path := TESTS / directory / f"{name}.py").exists())


def guest_command(test: str) -> str:
    """How a test of VM_TESTS is started inside."""
    if "/" in test:
        return f"CMOCKA_MESSAGE_OUTPUT=TAP LD_LIBRARY_PATH=/merlon/lib ./build/{test}"
    name, _, arguments = test.partition(" ")
    return f"python3 tests/{script(name).relative_to(TESTS)} {arguments}"


def guest_machine(machine: Machine, tests: list[str], build: Path) -> vm.Machine:
    """The machine with all that these tests need inside."""
    copies: list[tuple[Path | str, str]] = [(build / "merlon", "/merlon/build/merlon"),
                                            (TESTS.parent / "content", "/merlon/content"),
                                            *((TESTS / name, f"/merlon/tests/{name}") for name in SCRIPTS)]
    for program in {t.split()[0] for t in tests if "/" in t.split()[0]}:
        copies.append((build / program, f"/merlon/build/{program}"))
    # SELinux's compiler is here, and nothing else of it in the machine.
    if "test_selinux" in tests and (compiler := shutil.which("secilc")):
        copies.append((Path(compiler), "/usr/bin/secilc"))
        copies += [(library.resolve(), str(library)) for library in Path("/usr/lib").glob("*/libsepol.so.2")]
    for library in Path("/usr/lib").glob("*/libcmocka.so.0"):
        copies.append((library.resolve(), f"/merlon/lib/{library.name}"))
    environment = {"MERLON_RESULTS": "/results"}
    # Rule files of others are nothing of ours to bring: who has them names their directory.
    if (rules := os.environ.get("MERLON_FALCO_RULES")) and Path(rules).is_dir():
        copies.append((Path(rules), "/falco"))
        environment["MERLON_FALCO_RULES"] = "/falco"
    return vm.Machine(kernel=machine.kernel, lsm=machine.lsm, memory=1536, copy=copies, environment=environment,
                      fetch=[("/results", build)])


def run_vm_once(machine: Machine, tests: list[str], build: Path, end: float) -> list[Outcome]:
    """Run tests one after the other in one virtual machine, until it dies: then fewer outcomes, the last a failure."""
    limit = min(MACHINE_LIMIT, left(end))
    if limit <= 0:
        return []
    steps = ["python3", "tests/rig/limited.py", "--each", str(GUEST_LIMIT), MARK,
             *(word for test in tests for word in (test, guest_command(test)))]
    died = None
    try:
        done = guest_machine(machine, tests, build).run(
            ["sh", "-c", f"mkdir /results; exec {shlex.join(steps)} 2>&1"], timeout=limit, silence=SILENCE)
        text = done.stdout.decode(errors="replace")
    except vm.VmError as error:
        text, died = error.stdout.decode(errors="replace"), error
    outcomes = []
    for test, part in zip(tests, re.split(rf"^{MARK} (?!status)", text, flags=re.M)[1:]):
        name, (_, _, rest) = f"{machine}: {test}", part.partition("\n")
        body, ended, status = rest.rpartition(f"\n{MARK} status ")
        code, _, seconds = status.strip().partition(" ")
        if ended:
            outcomes.append(read_tap(name, body, int(code or 255)))
            outcomes[-1].seconds = float(seconds or 0)
        else:
            said = "\n    ".join(rest.splitlines()[-SHOWN:])
            failure = f"{name}: the machine died in it\n    {said}\n{died}"
            outcomes.append(Outcome(name, failed=1, failures=[failure]))
            died = None
        outcomes[-1].again = partial(run_vm_test, machine, test, build)
    if died:
        say(f"{machine}: {died}")
    return outcomes


def run_vm(machine: Machine, tests: list[str], build: Path, end: float = LAST_END) -> list[Outcome]:
    """Run tests one after the other in one virtual machine; in another one what a machine that died has left."""
    outcomes: list[Outcome] = []
    for _ in range(MACHINES_MAX):
        more = run_vm_once(machine, tests[len(outcomes):], build, end)
        outcomes += more
        if len(outcomes) == len(tests):
            return outcomes
        say(f"{machine}: {len(outcomes)} of {len(tests)} have been run")
        if not more:
            break
    missing = ", ".join(tests[len(outcomes):])
    return [*outcomes, Outcome(str(machine), failed=1, failures=[f"{machine}: did not run: {missing}"])]


def run_vm_test(machine: Machine, test: str, build: Path) -> Outcome:
    """Run one test in a virtual machine of its own."""
    return run_vm(machine, [test], build)[0]


def run_again(outcome: Outcome, again: Callable[[], Outcome]) -> Outcome:
    """Run what failed once more, alone; what it says then counts, and that it failed before is kept."""
    second = report(again())
    second.unsteady = [] if second.failed else outcome.failures
    return second


def prepare_rig(environment: dict[str, str]) -> None:
    """Build what containers and machines need, with its progress shown; most of it is fetched, so try again once."""
    for part in ("rootfs.py", "programs/build.py", "kernels.py"):
        command = [sys.executable, str(TESTS / "rig" / part)]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env=environment).returncode:
            time.sleep(10)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def main() -> int:
    """Run all, print the sum."""
    parser = argparse.ArgumentParser(description="Run every test.")
    parser.add_argument("--build", type=Path, default=TESTS.parent / "build")
    parser.add_argument("--only", action="append", default=[], help="only programs of tests that match this")
    parser.add_argument("--no-vm", action="store_true")
    parser.add_argument("--long", action="store_true", help="also what every day's run leaves out")
    options = parser.parse_args()
    build = options.build.resolve()
    environment = os.environ | {"MERLON_BINARY": str(build / "merlon"), "MERLON_RIG_DIR": str(build / "rig"),
                                "MERLON_RESULTS": str(build / "results")}

    def wanted(name: str) -> bool:
        return not options.only or any(re.search(pattern, name) for pattern in options.only)

    outcomes: list[Outcome] = []
    if wanted("meson"):
        say_part("unit, kernel and corpus tests")
        outcomes += [report(o) for o in run_meson(build)]
    host = [name for name in HOST_TESTS if wanted(name)]
    machines = [(m, [t for t in m.tests + (m.long if options.long else ()) if wanted(f"{m}: {t}")])
                for m in MACHINES if not options.no_vm]
    machines = [(machine, tests) for machine, tests in machines if tests]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:      # one mostly waits for packages
        parts = []
        if host or machines:
            say_part("what containers and machines need")
            parts.append(pool.submit(prepare_rig, environment))
        sanitized = build.parent / "build-asan"
        if wanted("sanitized"):
            say_part("a sanitized build")
            parts.append(pool.submit(build_sanitized, TESTS.parent, sanitized))
        for part in parts:
            part.result()
    if wanted("sanitized"):
        say_part("unit and corpus tests, sanitized")
        outcomes += [report(o) for o in run_meson(sanitized, "sanitized ", ("unit", "fuzz"))]
    os.environ.update(environment)
    room = threading.Semaphore(1)   # machines at a time

    def run_in_room(machine: Machine, tests: list[str]) -> list[Outcome]:
        with room:
            try:
                return run_vm(machine, tests, build, FIRST_END)
            except Exception:   # pylint: disable=broad-except  # nor does this take the rest with it
                why = traceback.format_exc()
                return [Outcome(str(machine), failed=1, failures=[f"{machine}: did not run: {', '.join(tests)}\n{why}"])]

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(run_in_room, machine, tests) for machine, tests in machines]
        say_part("this host, and a machine")
        for name in host:
            command = [sys.executable, str(script(name))]
            outcomes.append(report(run_program(name, command, environment, FIRST_END)))
        say_part("two machines")
        room.release()
        for future in concurrent.futures.as_completed(futures):
            outcomes += [report(o) for o in future.result()]
    if 0 < sum(o.failed > 0 for o in outcomes) <= UNSTEADY_MAX:
        say_part("what failed, once more and alone")
        outcomes = [run_again(o, o.again) if o.failed and o.again else o for o in outcomes]
    say_part("the end")

    passed, failed = sum(o.passed for o in outcomes), sum(o.failed for o in outcomes)
    skipped = sum(len(o.skipped) for o in outcomes)
    for title, found in (("unsteady, passed when run alone", [f for o in outcomes for f in o.unsteady]),
                         ("failed", [f for o in outcomes for f in o.failures])):
        if found:
            say(f"\n{title}:")
            for failure in found:
                say(f"  {failure.splitlines()[0]}")
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
