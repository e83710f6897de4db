# SPDX-License-Identifier: Apache-2.0
"""Test results in the Test Anything Protocol, version 13.

    with tap.Suite("record") as suite:
        suite.ok(status == 0, "record ends well", output)
        suite.run(some_function, argument)              # one test; what it raises fails it
        for runtime in RUNTIMES:
            with suite.case(f"{runtime}: nginx"):       # likewise
                if not works:
                    tap.skip(reason)
                ...
    # the plan has been printed, and the program exited: with 0 if nothing failed

A crash in one test is its failure, not the end of the others.  If $MERLON_TEST is set, `run` skips what does not match
that regular expression.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Callable, Iterator, NoReturn

_RESULT = re.compile(r"(not )?ok\b *\d* *-? *(.*?)(?: *# *(skip|todo)\S* *(.*))?$", re.I)
LINE_SHOWN = 900
_PLAN = re.compile(r"1\.\.(\d+)")


class Skip(Exception):
    """Raised to end a test that cannot be made here; says why."""


class Failure(AssertionError):
    """Raised to fail a test."""


def skip(reason: str) -> NoReturn:
    """End this test as skipped."""
    if not reason:
        raise ValueError("a skipped test says why")
    raise Skip(reason)


def fail(why: str) -> NoReturn:
    """End this test as failed."""
    raise Failure(why)


def check(condition: object, why: str) -> None:
    """Fail this test unless the condition holds."""
    if not condition:
        raise Failure(why)


def run_functions(module: dict[str, Any], call: Callable[[Callable[..., None]], None] = lambda test: test()) -> int:
    """Run the functions of a module (its globals()) whose names begin with "test_", in their order; the exit status.

    `call` gives each the arguments that it takes; of what a failed one says, lines are cut, as data may be in them.
    """
    tests = [value for name, value in list(module.items()) if name.startswith("test_")]
    failed = 0
    for number, test in enumerate(tests, 1):
        try:
            call(test)
            print(f"ok {number} - {test.__name__}")
        except Skip as why:
            print(f"ok {number} - {test.__name__} # SKIP {why}")
        except Exception:   # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            print("\n".join("# " + line[:LINE_SHOWN] for line in traceback.format_exc().splitlines()))
    print(f"1..{len(tests)}")
    return 1 if failed else 0


class Suite:
    """A sequence of tests; prints each result as it comes and the plan at the end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.passed = self.failed = self.skipped = 0
        self._only = re.compile(os.environ.get("MERLON_TEST", ""))

    def __enter__(self) -> Suite:
        signal.signal(signal.SIGTERM, _terminated)      # so that a test runner's time-out lets tests clean up
        print("TAP version 13", flush=True)
        _comment(self.name)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if error is not None:
            print(f"Bail out! {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
            traceback.print_exception(kind, error, trace)
            sys.exit(2)
        print(f"1..{self.passed + self.failed + self.skipped}")
        _comment(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)

    def ok(self, condition: object, name: str, *diagnostics: object) -> bool:
        """One test: whether the condition holds.  The diagnostics are printed if not."""
        if condition:
            self.passed += 1
        else:
            self.failed += 1
        self._print("ok" if condition else "not ok", name)
        if not condition:
            for diagnostic in diagnostics:
                _comment(str(diagnostic))
        return bool(condition)

    def skip(self, name: str, reason: str) -> None:
        """One test that cannot be made here, and why."""
        if not reason:
            raise ValueError("a skipped test says why")
        self.skipped += 1
        self._print("ok", name, f" # SKIP {' '.join(reason.split())}")

    @contextmanager
    def case(self, name: str) -> Iterator[None]:
        """One test: the body, which fails by raising anything, and is skipped by tap.skip()."""
        started = time.monotonic()
        try:
            yield
        except Skip as reason:
            self.skip(name, str(reason))
        except Failure as failure:
            self.ok(False, name, failure)
        except Exception:
            self.ok(False, name, traceback.format_exc())
        else:
            self.ok(True, name)
            _comment(f"{time.monotonic() - started:.1f} s")

    def run(self, function: Callable[..., Any], *arguments: Any, name: str | None = None) -> None:
        """One test: the function, named by its docstring's first line unless `name` says otherwise."""
        title = name or (function.__doc__ or function.__name__).strip().splitlines()[0].rstrip(".")
        if not self._only.search(title):
            self.skip(title, "$MERLON_TEST asks for others")
            return
        with self.case(title):
            function(*arguments)

    def include(self, prefix: str, output: str, status: int) -> None:
        """The results of another program, of a VM say, that printed TAP, as results of this one."""
        planned = seen = 0
        for line in output.splitlines():
            if result := _RESULT.match(line):
                seen += 1
                name = f"{prefix}: {result[2]}"
                if (result[3] or "").lower() == "skip":
                    self.skip(name, result[4] or "no reason given")
                else:
                    self.ok(not result[1], name)
            elif plan := _PLAN.match(line):
                planned = int(plan[1])
            elif line.startswith("#") or not line.startswith(("TAP version", "pragma")):
                _comment(line.lstrip("# "))
        self.ok(planned == seen and seen and status in (0, 1), f"{prefix}: ran to its end",
                f"{seen} results of {planned} planned, exit status {status}")

    def _print(self, verdict: str, name: str, rest: str = "") -> None:
        number = self.passed + self.failed + self.skipped
        print(f"{verdict} {number} - {name.replace('#', ' ')}{rest}", flush=True)


def _comment(text: str) -> None:
    for line in text.splitlines():
        print(f"# {line}", flush=True)


def _terminated(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)
