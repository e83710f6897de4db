#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tests/run.py does with programs and machines that hang, die or stand still. Prints TAP.

The machines here are programs that behave as qemu and a guest would.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "rig")]
import limited  # noqa: E402  # pylint: disable=wrong-import-position
import run  # noqa: E402  # pylint: disable=wrong-import-position
import tap  # noqa: E402  # pylint: disable=wrong-import-position
import vm  # noqa: E402  # pylint: disable=wrong-import-position

LIMITED = [sys.executable, str(TESTS / "rig/limited.py")]

# The ends of a machine's ports: what each says, and whether it goes on with heartbeats then.
_MACHINE = """
import socket, sys, time
work, control, out, beats = sys.argv[1:]
ports = {}
for name in ("out", "err", "control"):
    ports[name] = socket.socket(socket.AF_UNIX)
    ports[name].connect(f"{work}/{name}")
open(f"{work}/console", "w").write("words of the kernel\\n")
ports["out"].sendall(out.encode())
ports["control"].sendall(control.encode())
for _ in range(int(beats)):
    time.sleep(0.1)
    ports["control"].sendall(b"beat\\n")
if "exit" not in control and beats != "1":
    time.sleep(60)
"""


def _alive(pid: int) -> bool:
    return limited.state(pid) != "Z"


def test_program_that_ends() -> None:
    """Its status and output are its own, and what it left lives."""
    done = subprocess.run([*LIMITED, "20", "sh", "-c", "setsid sleep 5 >/dev/null & echo $!; exit 3"],
                          stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    tap.check(done.returncode == 3 and done.stdout.strip().isdigit(), f"{done.returncode}: {done.stdout}")
    tap.check(_alive(int(done.stdout)), "what it left was killed")


def test_program_killed() -> None:
    """A signal is told as a shell does."""
    done = subprocess.run([*LIMITED, "20", "sh", "-c", "kill -9 $$"], timeout=30, check=False)
    tap.check(done.returncode == 137, f"{done.returncode}")


def test_program_that_hangs() -> None:
    """It is asked to end, and told of; children that left it are ended too."""
    script = ("trap 'echo cleaned; exit 1' TERM; (setsid sleep 997 >/dev/null & echo $!); echo so far; "
              "sleep 998 & wait")
    status, text = run.run_limited(["sh", "-c", script], 3)
    tap.check(status == limited.STATUS and "so far\n" in text and "cleaned\n" in text, f"{status}: {text}")
    tap.check(limited.EXPIRED in text and "sleep 997" in text and "sleep 998" in text, text)
    tap.check(not _alive(int(text.split()[0])), "its grandchild lives")


def test_program_that_will_not_end() -> None:
    """What does not end when it is asked to is killed."""
    limits = "import limited; limited.GRACE = 0.5; import sys; sys.exit(limited.main())"
    done = subprocess.run([sys.executable, "-c", limits, "0.5", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
                          stdout=subprocess.PIPE, text=True, timeout=30, check=False, cwd=TESTS / "rig")
    tap.check(done.returncode == limited.STATUS, f"{done.returncode}: {done.stdout}")


def test_steps() -> None:
    """One step that hangs does not keep the others from running, and each is between its marks."""
    steps = ("one", "echo 1; exit 4", "two", "sleep 996", "three", "echo 3")
    done = subprocess.run([*LIMITED, "--each", "3", "MARK", *steps], stdout=subprocess.PIPE, text=True, timeout=60,
                          check=False)
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
    lines = [re.sub(r"(status \d+) \d+$", r"\1 N", line) for line in lines]
    tap.check(lines == ["MARK one", "1", "MARK status 4 N", "MARK two", "MARK status 124 N",
                        "MARK three", "3", "MARK status 0 N"], str(lines))


def test_failure_of_what_hangs() -> None:
    """The failure says what was said so far, and where it was."""
    outcome = run.read_tap("x", f"ok 1 - a\nbegun\n{limited.EXPIRED} 5 s\n# here\nok 2 - too late\n", limited.STATUS)
    tap.check(outcome.failed == 1 and "begun" in outcome.failures[0] and "# here" in outcome.failures[0],
              f"{outcome.failures}")


def _session(control: str, out: str = "", beats: int = 0) -> vm.Result:
    with tempfile.TemporaryDirectory() as work:
        arguments = [sys.executable, "-c", _MACHINE, work, control, out, str(beats)]
        # pylint: disable-next=protected-access
        with vm._Session(Path(work), arguments, 30, None, None, 2) as session:
            return session.wait()[0]


def _error(*arguments: Any, **limits: float) -> tuple[vm.VmError, float]:
    began = time.monotonic()
    before = {name: getattr(vm, name) for name in limits}
    try:
        for name, limit in limits.items():
            setattr(vm, name, limit)
        result = _session(*arguments)
    except vm.VmError as error:
        return error, time.monotonic() - began
    finally:
        for name, limit in before.items():
            setattr(vm, name, limit)
    tap.fail(f"no error: {result}")


def test_machine_that_ends() -> None:
    """Heartbeats are no part of the report, whose data may look like one."""
    result = _session("run\nbeat\nbeat\nexit 3 11\n12345\nexit 7", "said")
    tap.check((result.status, result.stdout) == (3, b"said"), f"{result}")


def test_machine_that_does_not_boot() -> None:
    """It is told from others, soon."""
    error, seconds = _error("", BOOT_LIMIT=1.0)
    tap.check(isinstance(error, vm.VmNotBooted) and seconds < 20, f"{error!r} after {seconds} s")


def test_machine_booted_again() -> None:
    """A machine that does not come up is booted anew, thrice in all."""
    tries = []

    class Lame(vm.Machine):
        """Comes up the third time, or never."""

        def _run_once(self, *_: Any) -> vm.Result:
            tries.append(1)
            if len(tries) % vm.BOOTS or self.append:
                raise vm.VmNotBooted("not booted", "")
            return vm.Result(5, b"", b"", "", 1, 1)

    tap.check(Lame().run(["true"]).status == 5 and len(tries) == vm.BOOTS, f"{len(tries)} tries")
    try:
        Lame(append="never").run(["true"])
    except vm.VmNotBooted:
        tap.check(len(tries) == 2 * vm.BOOTS, f"{len(tries)} tries")
    else:
        tap.fail("no error")


def test_machine_that_stands_still() -> None:
    """Without heartbeats it is ended, and what its command said is kept."""
    error, seconds = _error("run\nbeat\n", "so far", STILL_LIMIT=1.0)
    tap.check(isinstance(error, vm.VmStill) and error.stdout == b"so far", f"{error!r}")
    tap.check(seconds < 20, f"{seconds} s")
    tap.check("words of the kernel" in str(error), str(error))


def test_machine_that_hangs() -> None:
    """With heartbeats, but a command that says nothing for too long, it is ended too."""
    error, seconds = _error("run\n", "so far", 150, STILL_LIMIT=10.0)
    tap.check(isinstance(error, vm.VmTimeout) and error.stdout == b"so far", f"{error!r}")
    tap.check(seconds < 20, f"{seconds} s")


def test_machine_that_dies() -> None:
    """What its command said is kept."""
    error, _ = _error("run\n", "so far", 1)
    tap.check(not isinstance(error, (vm.VmStill, vm.VmTimeout)) and error.stdout == b"so far", f"{error!r}")


def test_rest_runs_elsewhere() -> None:
    """Of a machine that dies in a test, what ended counts, that test has failed, and the rest runs in another machine."""
    said = [f"{run.MARK} a\nok 1 - x\n1..1\n\n{run.MARK} status 0 7\n{run.MARK} b\nok 1 - y\nhalfway\n",
            f"{run.MARK} c\nok 1 - z\n1..1\n\n{run.MARK} status 0 9\n"]
    asked: list[str] = []

    class Guest:
        """Dies in its first run."""

        def run(self, command: list[str], **_: Any) -> vm.Result:
            """See vm.Machine."""
            text = said[len(asked)].encode()
            asked.append(command[-1])
            if len(asked) == 1:
                raise vm.VmStill("stands still", "last words", text)
            return vm.Result(0, text, b"", "", 1, 1)

    guest_machine, guest_command = run.guest_machine, run.guest_command
    setattr(run, "guest_machine", lambda *_: Guest())
    setattr(run, "guest_command", lambda test: f"do-{test}")
    try:
        outcomes = run.run_vm(run.Machine("5.10", ()), ["a", "b", "c"], Path("."))
    finally:
        setattr(run, "guest_machine", guest_machine)
        setattr(run, "guest_command", guest_command)
    found = [(o.name, o.passed, o.failed, o.seconds, o.again is not None) for o in outcomes]
    tap.check(found == [("Linux 5.10: a", 1, 0, 7, True), ("Linux 5.10: b", 0, 1, 0, True),
                        ("Linux 5.10: c", 1, 0, 9, True)], f"{found}")
    failure = outcomes[1].failures[0]
    tap.check("halfway" in failure and "stands still" in failure and "last words" in failure, failure)
    tap.check("do-a" in asked[0] and "do-b" not in asked[1] and "do-c" in asked[1], f"{asked}")


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
