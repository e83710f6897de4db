#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What control groups ask about is denied on every kernel: connections, datagrams, addresses of sockets, settings of the kernel,
devices; to containers that are meant, and to nobody else.

    test_deny_cgroup.py [--runtime NAME] [--quick]

--quick is for one more kernel in little time: a dry run, in force, and off.

Rules are for processes of one group, which only containers of this test have, and what is pinned is in a file system of this
test's own.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import doors
import tap
from container import Container, container
from guarding import Guard
from proof import BOXES, Box
from stage import IN_VM
from test_deny import HERE, deny, described, kernel, play, status
from test_stop import go_alone

GROUP = 61235
RULE = """
- rule: {0}
  desc: what the tests do
  condition: container.id != host and group.gid = {1} and {2}
  output: "{0}"
  priority: WARNING
  response:
    - deny: {{errno: {3}}}
"""
RULES = {
    "connect": f"evt.type = connect and fd.snet in (127.0.0.0/8, '::1/128') and fd.sport = {doors.CONNECTED}",
    "send": f"evt.type in (sendto, sendmsg) and fd.sport = {doors.CONNECTED}",
    "bind": f"evt.type = bind and fd.sport = {doors.BOUND}",
    "setting": f"evt.type = sysctl and evt.arg.name = {doors.SETTING.removeprefix('/proc/sys/')} and evt.rawarg.write = 1",
    "device": f"evt.type in (mknod, mknodat) and evt.arg.mode contains S_IFCHR and evt.rawarg.dev = {60 << 8 | 9}",
}
# Rules with an error of their own, and since when it can be given.
ERRORS = {"send": (errno.ENETUNREACH, (6, 0)), "device": (errno.EACCES, (5, 18))}
EGRESS = HERE.parents[1] / "content" / "examples" / "egress.yaml"


@contextmanager
def running(runtime: str, name: str) -> Iterator[Container]:
    """A container that tries doors."""
    programs: dict[str, bytes | Path] = {f"/steps/{n}": (HERE / n).read_bytes() for n in ("calls.py", "escapes.py", "rings.py", "doors.py")}
    spec = Box(name=name, user=f"0:{GROUP}", args=["/usr/bin/python3", "/steps/doors.py"], files=programs | {"/round/.keep": b""},
               **BOXES["privileged"])
    with container(runtime, spec) as box:
        box.run()
        yield box


def error_of(name: str) -> int:
    """What a door ends with in force."""
    rule = next((rule for rule, group in doors.DOORS.items() if name in group), "")
    code, since = ERRORS.get(rule, (errno.EPERM, (0, 0)))
    by_module = rule == "device" and any(hook["hook"] == "path_mknod" for hook in status()["hooks"])
    return 0 if not rule else code if kernel() >= since or by_module else errno.EPERM


def shut(results: dict[str, int]) -> str:
    """What was not as it should be in force, for a person."""
    return described({n: c for n, c in results.items() if c != error_of(n)})


def opened(results: dict[str, int]) -> str:
    """The same where nothing is denied."""
    return described({n: c for n, c in results.items() if c})


def host() -> dict[str, int]:
    """The same on the host, by processes of the group."""
    servers = doors.serve()
    os.setegid(GROUP)
    try:
        return doors.all_doors()
    finally:
        os.setegid(0)
        for server in servers:
            server.close()


def told(guard: Guard, verdict: str) -> dict[str, int]:
    """How often, by rule."""
    rules = [a["rule"] for a in guard.alerts if a.get("event", {}).get("verdict") == verdict]
    return {rule: rules.count(rule) for rule in RULES}


def dry_run(suite: tap.Suite, box: Container, guard: Guard) -> None:
    """Everything works, and is told once."""
    results = play(box, "dry")
    suite.ok(not opened(results), "a dry run: everything works", opened(results))
    guard.wait_until(lambda _: all(told(guard, "would-deny").values()), 20)
    suite.ok(told(guard, "would-deny") == {rule: len(group) for rule, group in doors.DOORS.items()}, "a dry run: each is told once",
             f"{told(guard, 'would-deny')} {status()}")


def enforce(suite: tap.Suite, box: Container, guard: Guard) -> None:
    """Everything fails that rules are about, in this container."""
    deny("mode", "enforce")
    results = play(box, "enforce")
    suite.ok(not shut(results), "in force: it fails, and nothing else does", f"{shut(results)} {status()}")
    guard.wait_until(lambda _: all(told(guard, "denied").values()), 20)
    missing = [rule for rule, n in told(guard, "denied").items() if not n]
    suite.ok(not missing, "in force: each is told", f"{missing} {status()}")


def others(suite: tap.Suite, box: Container, runtime: str) -> None:
    """Who comes in is meant; the host and who came later are not."""
    entered = box.exec("/usr/bin/python3", "/steps/doors.py", "tcp4", user=f"0:{GROUP}")
    suite.ok(entered.returncode == errno.EPERM, "in force: who comes in is denied too", f"{entered.returncode} {entered.stderr}")
    suite.ok(not opened(host()), "in force: the host is not asked", opened(host()))
    with running(runtime, "other") as other:
        results = play(other, "other")
        suite.ok(not opened(results), "in force: a container that came later is not asked", opened(results))


def outlive(suite: tap.Suite, box: Container, guard: Guard, rules: Path, runtime: str) -> None:
    """Without any process of ours, and through a change of rules, after which later containers are meant too."""
    guard.process.send_signal(signal.SIGKILL)
    guard.process.wait(20)
    results = play(box, "alone")
    suite.ok(not shut(results), "in force without the guard", shut(results))
    deny("on", "--no-stop", rules)
    results = play(box, "again")
    suite.ok(not shut(results), "put in force anew: what ran before is still known", f"{shut(results)} {status()}")
    with running(runtime, "late") as late:
        results = play(late, "late")
        suite.ok(not shut(results), "put in force anew: containers that come later are denied it too", f"{shut(results)} {status()}")
        entered = late.exec("/usr/bin/python3", "/steps/doors.py", "tcp6", user=f"0:{GROUP}")
        suite.ok(entered.returncode == errno.EPERM, "put in force anew: who comes into them too", f"{entered.returncode} {entered.stderr}")
    busy = [hook for hook in status()["hooks"] if hook["busy"] or hook["untold"]]
    suite.ok(not busy, "nothing was let through for want of room", str(busy))


# The error of a TCP connection, of a datagram, and of what is on the list.
REACH = """
import socket
def error(kind, address):
    with socket.socket(socket.AF_INET, kind) as s:
        return s.connect_ex(address) if kind == socket.SOCK_STREAM else send(s, address)
def send(s, address):
    try:
        return s.sendto(b"x", address) - 1
    except OSError as e:
        return e.errno
print(error(socket.SOCK_STREAM, ("203.0.113.1", 443)), error(socket.SOCK_DGRAM, ("203.0.113.1", 443)),
      error(socket.SOCK_DGRAM, ("203.0.113.1", 53)), error(socket.SOCK_DGRAM, ("127.0.0.1", 443)), error(socket.SOCK_STREAM, ("127.0.0.1", 47013)))
"""


def egress(suite: tap.Suite, box: Container, directory: Path) -> None:
    """The shipped example: where nothing is denied there is no way to what is not listed."""
    rules = directory / "egress.yaml"
    rules.write_text(EGRESS.read_text().replace("container.id != host", f"container.id != host and group.gid = {GROUP}"))
    deny("on", "--running", "--no-stop", rules)
    reached = box.exec("/usr/bin/python3", "-c", REACH, user=f"0:{GROUP}")
    suite.ok(reached.stdout.split() == [str(errno.EPERM)] * 3 + ["0", "0"], "networks that are listed are reached, and no others",
             f"{reached.stdout} {reached.stderr}")


def apart(suite: tap.Suite, rules: Path) -> None:
    """Put in force from within a namespace of control groups, as by an agent in a container that sees the host's processes."""
    group = next(path for path in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")) if path.is_dir()) / "merlon-apart"
    group.mkdir()
    try:
        done = subprocess.run(["sh", "-c", f"echo $$ >{group}/cgroup.procs; exec unshare -C {merlon.BINARY} deny on --no-stop --running {rules}"],
                              capture_output=True, text=True)
    finally:
        group.rmdir()
    suite.ok(done.returncode == 0 and any(hook["hook"] == "connect4" for hook in status()["hooks"]),
             "put in force from a namespace of control groups", done.stderr)


def off(suite: tap.Suite, box: Container) -> None:
    """It ends at once."""
    deny("off")
    results = play(box, "off")
    suite.ok(not opened(results) and not status()["active"], "off: nothing is denied any more", opened(results))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove what control groups deny.")
    parser.add_argument("--runtime", default="runc")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    go_alone()
    with tap.Suite("denied by control groups") as suite, tempfile.TemporaryDirectory() as directory:
        rules = Path(directory, "rules.yaml")
        rules.write_text("".join(RULE.format(name, GROUP, condition, errno.errorcode[ERRORS.get(name, (errno.EPERM,))[0]]) for name, condition in RULES.items()))
        try:
            with running(options.runtime, "doors") as box:
                deny("on", "--dry-run", "--running", "--no-stop", rules)
                with Guard("--burst", "0", rules=rules) as guard:
                    dry_run(suite, box, guard)
                    enforce(suite, box, guard)
                    if not options.quick:
                        others(suite, box, options.runtime)
                        outlive(suite, box, guard, rules, options.runtime)
                if IN_VM:   # elsewhere process 1 may be out of reach
                    apart(suite, rules)
                if not options.quick:
                    egress(suite, box, Path(directory))
                off(suite, box)
        finally:
            merlon.run("deny", "off", check=False)


if __name__ == "__main__":
    main()
