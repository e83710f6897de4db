#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that no rule asks for stay in the kernel, until one of them does something that a rule wants: then all about them is known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

sys.path.append(str(Path(__file__).resolve().parent.parent / "attacks"))

import merlon  # noqa: F401 - first: it puts the rig on the path
import tap
from container import container
from guarding import RULES, Guard
from proof import BOXES, Box
from spec import Spec
from test_deny import Prison

MARK = """
- rule: Marked
  desc: what the tests do to be seen
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark- and evt.is_open_write = true and container.id != host
  output: "%fd.name by %proc.name(%proc.cmdline|%proc.exepath|%user.uid|%proc.cwd) of %proc.pname(%proc.pcmdline) of %proc.aname[2](%proc.aexepath[2])"
  priority: WARNING
  next: nothing
- rule: One after the other
  desc: what one process runs, in turn
  condition: evt.type = execve and proc.name = later.sh and container.id != host
  output: "%proc.cmdline"
  priority: WARNING
  sequence:
    within: 1m
    by: process
    steps: [evt.type = execve and proc.name = sooner.sh]
  next: nothing
"""


EXCEPT = """
- rule: Marked
  desc: but for what certain programs run
  condition: >
    evt.type in (open, openat) and fd.name startswith /tmp/mark- and container.id != host
    and not proc.inside.aexepath in (/usr/bin/xargs) and not proc.pname = timeout
  output: "%fd.name"
  priority: WARNING
- rule: Elsewhere
  desc: what is done on the host
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark- and container.id = host
  output: "%fd.name"
  priority: WARNING
- rule: Mighty
  desc: what is done by who may load modules
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark- and thread.cap_permitted contains CAP_SYS_MODULE
  output: "%fd.name"
  priority: WARNING
"""


NOW = """
- rule: Able
  desc: what is done by who may change owners
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark- and evt.is_open_write = true and evt.is_open_read = false
    and thread.cap_effective contains CAP_CHOWN
  output: "%fd.name"
  priority: WARNING
- rule: Timed
  desc: times that are set
  condition: evt.type = utimensat and fs.path.name startswith /tmp/mark-
  output: "%fs.path.name"
  priority: WARNING
"""


@contextmanager
def guarded(rules: Path | str, script: str, files: dict[str, str] | None = None, *options: str) -> Iterator[tuple[Guard, object, Path]]:
    """A guard, and a container that begins once it watches."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        if isinstance(rules, str):
            Path(directory, "rules.yaml").write_text(rules)
            rules = Path(directory, "rules.yaml")
        status = Path(directory, "status")
        with Guard("--status", status, *options, rules=rules) as guard, \
                container("runc", Spec(["/usr/bin/bash", "-c", script], name="untold")) as box:
            for name, text in (files or {}).items():
                path = Path(box.root, "tmp", name)
                path.write_text(text)
                path.chmod(0o755)
            box.run()
            yield guard, box, status


def numbers(status: Path) -> dict[tuple[str, str], float]:
    """What the guard counts, by name and its first label; those of a container without it."""
    time.sleep(1.5)     # they are written once a second
    metrics = json.loads(status.read_text())["metrics"]
    return {(m["name"], next(iter(m.get("labels", {}).values()), "")): m["value"] for m in metrics}


def storm() -> None:
    """of a storm of programs that no shipped rule asks for less than one record in a hundred leaves the kernel"""
    programs = 100 if "--quick" in sys.argv else 400
    script = f"for i in $(seq {programs}); do (/bin/true a; /usr/bin/expr $i + 1 >/dev/null; true); done; touch /tmp/done; sleep 10"
    told = {}
    for options in ((), ("--unfiltered",)):
        with guarded(RULES, script, None, "--budget", "0", *options) as (guard, box, status):
            while not Path(box.root, "tmp/done").exists():
                time.sleep(0.1)
            found = numbers(status)
            told[options] = found["merlon_container_records_total", box.id]
    print(f"# {told}")
    tap.check(told["--unfiltered",] > 6 * programs, f"unfiltered: {told}")
    tap.check(told[()] < max(told["--unfiltered",] / 100, 40), f"records told: {told}")


def ancestry() -> None:
    """who acts at the end of a line of such processes is known with all of it: names, arguments, programs, directories; parents that have gone too"""
    script = "cd /tmp; /bin/sh /tmp/a.sh one; sleep 3"
    files = {"a.sh": "cd /usr\n/usr/bin/bash /tmp/b.sh two 'three  four'\ntrue\n",
             "b.sh": "echo x >/tmp/mark-deep\n(sleep 0.7; echo x >/tmp/mark-orphan; true) &\n(true; cd /etc; (cd /var; /usr/bin/touch /tmp/mark-child); true)\ntrue\n"}
    with guarded(MARK, script, files) as (guard, box, _):
        found = {a["output_fields"]["fd.name"]: a for a in guard.wait_for("Marked", 3, name=box.id)}
        tap.check(set(found) == {"/tmp/mark-deep", "/tmp/mark-orphan", "/tmp/mark-child"}, str(list(found)))
        said = {name: a["output"].partition(" by ")[2] for name, a in found.items()}
        below = "of sh(sh /tmp/a.sh one) of bash(/usr/bin/bash)"
        tap.check(said["/tmp/mark-deep"] == f"bash(bash /tmp/b.sh two three  four|/usr/bin/bash|0|/usr) {below}", said["/tmp/mark-deep"])
        tap.check(said["/tmp/mark-orphan"].startswith("bash(bash /tmp/b.sh two three  four|/usr/bin/bash|0|/usr) of bash(bash /tmp/b.sh two"),
                  said["/tmp/mark-orphan"])
        tap.check(said["/tmp/mark-child"].startswith("touch(touch /tmp/mark-child|/usr/bin/touch|0|/var) of bash(bash /tmp/b.sh"), said["/tmp/mark-child"])
        names = [a["name"] for a in found["/tmp/mark-child"]["process"]["ancestors"]]
        tap.check(names[:4] == ["bash", "bash", "sh", "bash"], str(names))


def before() -> None:
    """what was run before an alert is told with it, though nobody was told of it then; what is run after it is told"""
    script = "/usr/bin/expr 1 + 1; /usr/bin/seq 2 3; echo x >/tmp/mark-a; sleep 0.5; /usr/bin/expr 4 + 4; sleep 3"
    with guarded(MARK, script) as (guard, box, _):
        found = guard.wait_for("Marked", 1, name=box.id)
        tap.check(found, "no alert")
        lines = [line["text"] for line in found[0]["before"]]
        tap.check([line for line in lines if line in ("expr ran expr 1 + 1", "seq ran seq 2 3")] == ["expr ran expr 1 + 1", "seq ran seq 2 3"], str(lines))
        tap.check(guard.wait_until(lambda alerts: any("expr 4 + 4" in str(a.get("output")) for a in alerts), 10),
                  f"what came after: {[a.get('output') for a in guard.alerts]}")


def sequence() -> None:
    """what one process runs in turn is told in turn"""
    files = {"sooner.sh": "#!/bin/sh\nexec /tmp/later.sh\n", "later.sh": "#!/bin/sh\ntrue\n"}
    with guarded(MARK, "/tmp/sooner.sh; /tmp/later.sh; sleep 3", files) as (guard, box, _):
        tap.check(guard.wait_for("One after the other", 1, name=box.id), f"{guard.alerts}")
        time.sleep(1)
        tap.check(len(guard.find("One after the other", name=box.id)) == 1, "told of the one that ran alone")


def large() -> None:
    """a program with more arguments and variables than there is room for is told at once, and counted"""
    script = "export BIG=$(printf %3900s); /bin/sh -c 'true; (true; echo x >/tmp/mark-big); true' two; sleep 4"
    with guarded(MARK, script) as (guard, box, status):
        found = guard.wait_for("Marked", 1, name=box.id)
        tap.check(found and "(sh -c true; (true; echo x >/tmp/mark-big); true two" in found[0]["output"], f"{[a['output'] for a in found]}")
        tap.check(numbers(status)["merlon_processes_not_kept_total", "entry"] >= 1, f"{numbers(status)}")


def descent() -> None:
    """what a program runs that a rule is not about stays in the kernel, also further down; and what only the host or the mighty are asked for"""
    script = ("sleep 2; for i in $(seq 20); do echo /tmp/mark-$i | xargs bash -c 'touch $0; true'; timeout 9 touch /tmp/mark-$i; done; "
              "touch /tmp/mark-me; sleep 5")
    with guarded(EXCEPT, script) as (guard, box, status):
        tap.check(guard.wait_for("Marked", 1, name=box.id), f"{guard.alerts}")
        found = numbers(status)
        seen = found.get(("merlon_events_total", "openat"), 0)
        paths = [a["output_fields"]["fd.name"] for a in guard.find("Marked", name=box.id)]
        tap.check(paths == ["/tmp/mark-me"], str(paths))
        tap.check(0 < seen < 5, f"{seen} of them were told")


def now() -> None:
    """what a process may do is what it may do now, not when its program began; and what has no path is about its descriptor"""
    script = """exec python3 - <<'END'
import ctypes, os, time
def mark(what):
    os.close(os.open(f"/tmp/mark-{what}", os.O_WRONLY | os.O_CREAT))
time.sleep(2)
os.chmod("/tmp", 0o777)
mark("root")
if not os.fork():
    os.setresuid(1000, 1000, 1000)
    for _ in range(9):
        mark("user")
    if not ctypes.CDLL(None).unshare(0x10000000):
        mark("unshared")
    os._exit(0)
os.wait()
file = os.open("/tmp/mark-root", os.O_RDWR)
os.chdir("/usr")
os.utime(file, (1, 1))
os.utime("/tmp/mark-user", (1, 1))
time.sleep(10)
END"""
    with guarded(NOW, script) as (guard, box, status):
        guard.wait_for("Timed", 2, name=box.id)
        found = sorted(a["output_fields"]["fd.name"] for a in guard.find("Able", name=box.id))
        tap.check(found in (["/tmp/mark-root"], ["/tmp/mark-root", "/tmp/mark-unshared"]), str(found))
        found = [a["output_fields"]["fs.path.name"] for a in guard.find("Timed", name=box.id)]
        tap.check(found == ["/tmp/mark-root", "/tmp/mark-user"], str(found))
        able = numbers(status).get(("merlon_events_total", "openat"), 0)
        tap.check(0 < able < 6, f"{able} were told")


@contextmanager
def held(guard: Guard) -> Iterator[None]:
    """Meanwhile the guard looks at nothing: as if it were behind."""
    below = subprocess.run(["pgrep", "-P", str(guard.process.pid)], capture_output=True, text=True, check=True).stdout.split()
    engine = next(int(pid) for pid in below if Path(f"/proc/{pid}/comm").read_text().strip() == "merlon-engine")
    os.kill(engine, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engine, signal.SIGCONT)


def late() -> None:
    """who runs another program before the guard has looked is known as what it was, and so is who made it"""
    script = "while ! test -e /tmp/go; do sleep 0.05; done; (true; /bin/sh /tmp/a.sh; true); touch /tmp/done; sleep 20"
    files = {"a.sh": "/usr/bin/bash /tmp/b.sh\nexec /usr/bin/expr 1 + 1\n",
             "b.sh": "echo x >/tmp/mark-1\nexec /usr/bin/bash /tmp/c.sh\n",
             "c.sh": "echo x >/tmp/mark-2\ntrue\necho x >/tmp/mark-3\nexec /usr/bin/bash /tmp/d.sh\n",
             "d.sh": "true\nexec /usr/bin/bash /tmp/e.sh\n", "e.sh": "echo x >/tmp/mark-4\nexec /usr/bin/expr 2 + 2"}
    with guarded(MARK, script, files) as (guard, box, _):
        time.sleep(1)
        with held(guard):
            Path(box.root, "tmp/go").touch()
            while not Path(box.root, "tmp/done").exists():
                time.sleep(0.05)
            time.sleep(0.2)
        found = guard.wait_for("Marked", 4, name=box.id)
        said = sorted(a["output"].partition("Warning ")[2].partition(" of bash")[0] for a in found)
        wanted = [f"/tmp/mark-{n} by bash(bash /tmp/{f}.sh|/usr/bin/bash|0|/) of sh(sh /tmp/a.sh)" for n, f in ((1, "b"), (2, "c"), (3, "c"), (4, "e"))]
        tap.check(said == wanted, f"{said}")


def older() -> None:
    """children of who ran before the guard stay in the kernel too, and are known with those above them"""
    script = "cd /usr; while ! test -e /tmp/go; do sleep 0.05; done; for i in 1 2 3 4 5 6 7 8 9 10; do (/bin/true a; /usr/bin/expr $i + 1); done; "\
             "touch /tmp/done; while ! test -e /tmp/again; do sleep 0.05; done; (cd /etc; /usr/bin/bash /tmp/b.sh two; true); sleep 20"
    with tempfile.TemporaryDirectory() as directory, container("runc", Spec(["/usr/bin/bash", "-c", script, "outer"], name="older")) as box:
        Path(directory).chmod(0o777)
        rules, status = Path(directory, "rules.yaml"), Path(directory, "status")
        rules.write_text(MARK)
        Path(box.root, "tmp/b.sh").write_text("true\necho x >/tmp/mark-older\ntrue\n")
        box.run()
        with Guard("--status", status, rules=rules) as guard:
            before = numbers(status)["merlon_container_records_total", box.id]  # until there were filters all was told
            Path(box.root, "tmp/go").touch()
            while not Path(box.root, "tmp/done").exists():
                time.sleep(0.05)
            told = numbers(status)["merlon_container_records_total", box.id] - before
            tap.check(told < 10, f"records told: {told}")
            Path(box.root, "tmp/again").touch()
            found = guard.wait_for("Marked", 1, name=box.id)
            said = found[0]["output"].partition(" by ")[2] if found else ""
            tap.check(said.startswith("bash(bash /tmp/b.sh two|/usr/bin/bash|0|/etc) of bash(bash -c cd /usr; while ! test -e /tmp/go;"), said)
            tap.check([a["name"] for a in found[0]["process"]["ancestors"]][:2] == ["bash", "bash"], f"{found[0]['process']}")


TARGETS = """
- rule: Aimed at
  desc: whom a signal or a trace is for
  condition: container.id != host and (evt.type = ptrace or evt.type = kill)
  output: "%evt.type %evt.target.name(%evt.target.cmdline|%evt.target.container.name)"
  priority: INFORMATIONAL
  next: nothing
"""


def targets() -> None:
    """whom a signal or a trace is for is known though nothing was told of it: also if it ends by that, and if its number was another's before"""
    script = """
        trace() { /usr/bin/python3 -c "import ctypes, sys; c = ctypes.CDLL(None); p = int(sys.argv[1]); c.ptrace(16, p, 0, 0); c.ptrace(17, p, 0, 0)" $1; }
        for n in 1 2 3 4 5 6 7 8; do /usr/bin/sleep 3$n & p=$!; sleep 0.1; kill -9 $p; wait $p; done
        /usr/bin/sleep 40 & p=$!; sleep 0.1; trace $p
        again() { for try in 1 2 3 4 5 6 7 8; do
            echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid; "${@:2}" & p=$!; test $p = $1 && break; kill -9 $p
        done; sleep 0.1; }
        again 30000 /usr/bin/sleep 51; kill -9 $p; wait $p
        again 30000 /usr/bin/tail -f /dev/null; kill -9 $p; wait $p
        sleep 20"""
    with tempfile.TemporaryDirectory() as directory:
        rules = Path(directory, "rules.yaml")
        rules.write_text(TARGETS)
        spec = Box(["/usr/bin/bash", "-c", script], name="aims", **BOXES["privileged"])
        with Guard("--burst", "0", rules=rules) as guard, container("runc", spec) as box:
            box.run()
            guard.wait_until(lambda alerts: any("tail" in str(a.get("output")) for a in alerts), 30)
            said = [a["output"].partition("Informational ")[2] for a in guard.find("Aimed at", name=box.id)]
    wanted = [f"kill sleep(sleep 3{n}|{box.id})" for n in range(1, 9)] + [f"ptrace sleep(sleep 40|{box.id})", f"kill sleep(sleep 51|{box.id})",
                                                                          f"kill tail(tail -f /dev/null|{box.id})"]
    wanted.insert(9, wanted[8])     # and let go
    tap.check(said == wanted, f"{said}")


def reused() -> None:
    """who has the number of somebody that ended a moment ago is not taken for that one, nor its parents for its"""
    files = {"one.sh": "true\necho x >/tmp/mark-one\ntrue\n", "two.sh": "true\n/usr/bin/bash /tmp/three.sh\necho x >/tmp/mark-two\ntrue\n",
             "three.sh": "true\necho x >/tmp/mark-three\ntrue\n"}
    script = """
        again() { for try in $(seq 50); do
            echo $((number - 1)) >/proc/sys/kernel/ns_last_pid; "$@" & p=$!; test $p = $number && break; kill -9 $p
        done; wait $p; }
        number=$(($(cat /proc/sys/kernel/pid_max) - 1000)); cd /usr
        again /bin/sh -c 'exec /usr/bin/bash /tmp/one.sh'
        again /bin/sh -c 'cd /etc; /usr/bin/bash /tmp/two.sh; true'
        again /bin/sh /tmp/one.sh
        sleep 20"""
    with tempfile.TemporaryDirectory() as directory:
        rules = Path(directory, "rules.yaml")
        rules.write_text(MARK.replace("WARNING", "INFORMATIONAL"))
        spec = Prison(["/usr/bin/bash", "-c", script], name="reused", files={f"/tmp/{name}": text.encode() for name, text in files.items()},
                      **BOXES["privileged"])
        with Guard("--burst", "0", rules=rules) as guard, container("runc", spec) as box:
            box.run()

            def said() -> set[str]:     # the same several times, if others got the number first
                return {a["output"].partition("Informational ")[2].partition(" of bash(bash -c")[0] for a in guard.find("Marked", name=box.id)}

            guard.wait_until(lambda _: len(said()) >= 4, 30)
            time.sleep(0.5)
    first, below = "bash(bash /tmp/one.sh|/usr/bin/bash|0|/usr)", "sh(sh -c cd /etc; /usr/bin/bash /tmp/two.sh; true)"
    wanted = {f"/tmp/mark-one by {first}", f"/tmp/mark-three by bash(bash /tmp/three.sh|/usr/bin/bash|0|/etc) of bash(bash /tmp/two.sh) of sh(/usr/bin/dash)",
              f"/tmp/mark-two by bash(bash /tmp/two.sh|/usr/bin/bash|0|/etc) of {below} of bash(/usr/bin/bash)", "/tmp/mark-one by sh(sh /tmp/one.sh|/usr/bin/dash|0|/usr)"}
    tap.check(said() == wanted, f"{said()}")


# Processes that share all memory and wait, more than there is room for, and what is run meanwhile and afterwards.
CROWD = """
import ctypes, os, signal, subprocess, time
libc, size, stacks = ctypes.CDLL(None), 4096, []
pids = []
for n in range(4300):
    stacks.append(ctypes.create_string_buffer(size))
    pids.append(libc.clone(ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.c_void_p(ctypes.addressof(stacks[-1]) + size & ~15), 0x100 | signal.SIGCHLD, None))
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.05)
subprocess.run(["/usr/bin/bash", "-c", "true; /bin/sh /tmp/b.sh; true"])
open("/tmp/full", "w").close()
wait("/tmp/empty")
for pid in pids:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
open("/tmp/quiet", "w").close()
wait("/tmp/go")
for n in range(20):
    subprocess.run(["/usr/bin/bash", "-c", "/bin/true; true"])
open("/tmp/done", "w").close()
time.sleep(20)
"""


def full() -> None:
    """more processes than there is room for are told of, and counted; and when they have ended the rest is kept again"""
    quiet = MARK.replace("WARNING", "INFORMATIONAL")    # after which nothing is told for what was before
    files = {"crowd.py": CROWD, "b.sh": "true\necho x >/tmp/mark-full\ntrue\n"}

    def wait(box: object, name: str) -> None:
        deadline = time.monotonic() + 60
        while not Path(box.root, "tmp", name).exists():
            tap.check(time.monotonic() < deadline, f"no {name}: {box.output()[-1000:]}")
            time.sleep(0.05)

    with guarded(quiet, "exec /usr/bin/python3 /tmp/crowd.py", files, "--budget", "0") as (guard, box, status):
        wait(box, "full")
        found = guard.wait_for("Marked", 1, name=box.id)
        said = found[0]["output"].partition(" by ")[2] if found else ""
        tap.check(said.startswith("sh(sh /tmp/b.sh|/usr/bin/dash|0|/) of bash(bash -c true; /bin/sh /tmp/b.sh; true) of python3(/usr/bin/python3"), said)
        tap.check(numbers(status)["merlon_processes_not_kept_total", "map"] > 100, "nothing was counted")
        Path(box.root, "tmp/empty").touch()
        wait(box, "quiet")
        before = numbers(status)["merlon_container_records_total", box.id]
        Path(box.root, "tmp/go").touch()
        wait(box, "done")
        told = numbers(status)["merlon_container_records_total", box.id] - before
        tap.check(told < 10, f"records told: {told}")


def main() -> None:
    """All of it, everywhere."""
    with tap.Suite("untold") as suite:
        for test in (storm, ancestry, before, sequence, large, descent, now, late, older, targets, reused, full):
            suite.run(test)


if __name__ == "__main__":
    main()
