#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is done about alerts, to real containers: who did it is stopped, everybody else goes on, and undoing restores.

    test_respond.py [--quick]
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Iterator

import merlon  # first: it puts the rig on the path
import cgroups
import tap
from container import Container, available, container
from fuse import FallingSilent
from guarding import Alert, Guard
from receiver import Receiver
from spec import Spec

QUICK = "--quick" in sys.argv

# A rule for each response: a file of its name is written.
RULE = """
- rule: Do {0}
  desc: what the tests do to be answered
  condition: evt.type in (open, openat) and fd.name = /tmp/do-{0} and evt.is_open_write = true
  output: "%proc.name wrote %fd.name"
  priority: WARNING
"""
RUN = """
- rule: Do run
  desc: a program of the tests
  condition: evt.type = execve and proc.exepath in (/tmp/evil, /usr/bin/tac, /opt/linked/evil, /data/evil)
  output: "%proc.exepath ran"
  priority: WARNING
"""
SECRET = "AKIA" + "Q" * 16

# Does what it is told by files, so that a test decides when; counts in between, so that it is seen to run.
SCRIPT = """
i=0
while :; do
    i=$((i+1)); echo $i >/tmp/count
    for f in /tmp/go-*; do
        test -e "$f" || continue
        rm "$f"; n=${f#/tmp/go-}
        sh -c "sleep 1000 & sleep 1000 & echo x >/tmp/do-$n; sleep 1000" &
    done
    sleep 0.02
done
"""


class World:
    """A guard with one policy, and what it noted."""

    def __init__(self, directory: str, respond: dict[str, Any], mode: str = "enforce", *arguments: str) -> None:
        self.ledger = Path(directory, "ledger")
        self.policy = Path(directory, "policy.yaml")
        rules = Path(directory, "rules.yaml")
        rules.write_text("".join(RULE.format(name) for name in respond if name != "run") + (RUN if "run" in respond else ""))
        self.policy.write_text(json.dumps({"policy": "test", "mode": mode, "entries": [
            {"name": f"entry {name}", "select": {"rule": f"Do {name}"}, "respond": what} for name, what in respond.items()]}))
        self.guard = Guard("--policy", self.policy, "--responses", self.ledger, "--status", str(Path(directory, "status.json")),
                           *arguments, rules=rules)

    def __enter__(self) -> World:
        self.guard.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.guard.__exit__()

    def answer(self, action: str, outcome: str = "done", count: int = 1) -> Alert:
        """The last document of that response, which must have come to that."""
        found = self.guard.wait_for(f"merlon: {action}", count, 20)
        tap.check(len(found) >= count, f"no {action}: {[(a['rule'], a['output']) for a in self.guard.alerts]}, {self.guard.said}")
        alert = found[-1]
        tap.check(alert["kind"] == "response" and alert["response"]["outcome"] == outcome, str(alert["output"]))
        return alert

    def undo(self, alert: Alert, check: bool = True) -> subprocess.CompletedProcess[str]:
        """merlon undo, by the id that the alert has."""
        return merlon.run("undo", "--responses", self.ledger, "--store", "/nonexistent", alert["response"]["id"], check=check)


@contextmanager
def world(respond: dict[str, Any], mode: str = "enforce", *arguments: str) -> Iterator[World]:
    """A World that ends, with everything undone."""
    with tempfile.TemporaryDirectory() as directory:
        made = World(directory, respond, mode, *arguments)
        try:
            with made:
                yield made
        finally:
            if made.ledger.exists():
                merlon.run("undo", "--all", "--responses", made.ledger, check=False)


def counter(box: Container) -> int:
    """How far it has counted."""
    return int(Path(box.root, "tmp/count").read_text() or 0)


def counts(box: Container, seconds: float = 3) -> bool:
    """Whether it runs: it counts on."""
    before, deadline = counter(box), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if counter(box) != before:
            return True
        time.sleep(0.02)
    return False


def stands(box: Container) -> bool:
    """Whether it is stopped: it does not count on."""
    time.sleep(0.1)
    return not counts(box, 0.5)


@contextmanager
def two(runtime: str, script: str = SCRIPT, **options: Any) -> Iterator[tuple[Container, Container]]:
    """A container that will do it, and one like it that won't."""
    with container(runtime, Spec(["/bin/bash", "-c", script], name="bad", **options)) as bad, \
            container(runtime, Spec(["/bin/bash", "-c", script], name="good", **options)) as good:
        for box in (bad, good):
            box.run()
        for box in (bad, good):
            deadline = time.monotonic() + 20
            while not Path(box.root, "tmp/count").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
        yield bad, good


def tell(box: Container, name: str) -> None:
    """Have it do something."""
    Path(box.root, "tmp", f"go-{name}").touch()


def sleepers(box: Container) -> int:
    """How many processes of what it was told to do are left."""
    found = 0
    for pid in box.processes():
        try:
            found += b"sleep\0" + b"1000" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:     # it has ended meanwhile
            pass
    return found


def killing(runtime: str) -> None:
    """kill: the process, its tree, all of the container; each says how long it took"""
    with world({"process": [{"kill": "process"}], "tree": [{"kill": "tree"}], "box": [{"kill": "container"}]}) as w, \
            two(runtime) as (bad, good):
        tell(good, "nothing")
        tell(bad, "process")
        took = [w.answer("kill")["response"]["after_ns"]]
        time.sleep(0.2)
        left = sleepers(bad)    # two, or three if it came so far before it was killed
        tap.check(left in (2, 3), f"{left} sleepers: its children were to be left")
        tell(bad, "tree")
        took.append(w.answer("kill", count=2)["response"]["after_ns"])
        time.sleep(0.2)
        tap.check(sleepers(bad) == left, f"{sleepers(bad)} sleepers: of the tree none was to be left, of the other {left}")
        tap.check(counts(bad), "it was killed, too")
        tell(bad, "box")
        took.append(w.answer("kill", count=3)["response"]["after_ns"])
        time.sleep(0.2)
        tap.check(not bad.alive(), "it lives")
        tap.check(counts(good) and sleepers(good) == 3, f"the other: {sleepers(good)} sleepers")
        print("# from the event to the answer: " + ", ".join(f"{t / 1e6:.1f} ms" for t in took))
        done = w.undo(w.answer("kill", count=3), check=False)
        tap.check(done.returncode == 3 and "can't be undone" in done.stderr, f"{done.returncode}: {done.stderr}")


def freezing(runtime: str) -> None:
    """freeze: the container stands still, runs on when undone, also when the guard was killed meanwhile"""
    with world({"freeze": ["freeze"], "stop": [{"freeze": "tree"}]}) as w, two(runtime) as (bad, good):
        tell(bad, "freeze")
        alert = w.answer("freeze")
        tap.check(stands(bad), "it runs")
        tap.check(counts(good), "the other stands")
        w.undo(alert)
        tap.check(counts(bad), "it does not run on")
        tell(bad, "stop")
        stopped = w.answer("freeze", count=2)
        tap.check(counts(bad), "all of it was stopped")
        w.undo(stopped)
        tell(bad, "freeze")
        again = w.answer("freeze", count=3)
        w.guard.process.kill()
        w.guard.process.wait()
        tap.check(stands(bad), "it runs since the guard is dead")
        w.undo(again)
        tap.check(counts(bad), "it does not run on")
        done = w.undo(again, check=False)
        tap.check(done.returncode == 5 and "undone before" in done.stderr, f"{done.returncode}: {done.stderr}")


# --- isolating ---

CONNECT = """
until test -e /tmp/linked; do sleep 0.02; done
exec 9<>/dev/tcp/10.213.{0}.1/8000
i=0
while :; do
    i=$((i+1)); echo $i >/tmp/count
    echo x >&9 && read -t 0.3 -u 9 line && echo $i >/tmp/held
    (exec 3<>/dev/tcp/10.213.{0}.1/8000 && echo y >&3 && read -t 0.3 -u 3 line && echo $i >/tmp/fresh) 2>/dev/null
    (exec 3<>/dev/tcp/10.213.{0}.1/8001 && echo y >&3 && read -t 0.3 -u 3 line && echo $i >/tmp/allowed) 2>/dev/null
    test -e /tmp/go-isolate && rm /tmp/go-isolate && echo x >/tmp/do-isolate
    sleep 0.02
done
"""


def echo(address: str, port: int) -> socket.socket:
    """A server that answers each line."""
    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(100):
                    connection.sendall(data)
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
            except OSError:
                return

    server = socket.create_server((address, port))
    threading.Thread(target=accept, daemon=True).start()
    return server


@contextmanager
def connected(box: Container, number: int) -> Iterator[None]:
    """A link from this machine, 10.213.N.1, to the container, with servers at this end."""
    def ip(*command: str) -> None:
        subprocess.run(["ip", *command], check=True)

    here, there = f"mrl{os.getpid() % 10000}n{number}", f"mrl{os.getpid() % 10000}c{number}"
    ip("link", "add", here, "type", "veth", "peer", "name", there)
    try:
        ip("link", "set", there, "netns", str(box.pid))
        ip("addr", "add", f"10.213.{number}.1/24", "dev", here)
        ip("link", "set", here, "up")
        box.within_net(lambda: (ip("addr", "add", f"10.213.{number}.2/24", "dev", there), ip("link", "set", there, "up"), None)[-1])
        servers = [echo(f"10.213.{number}.1", port) for port in (8000, 8001)]
        yield
        for server in servers:
            server.close()
    finally:
        subprocess.run(["ip", "link", "del", here], check=False)


def reaches(box: Container, what: str, seconds: float = 4) -> bool:
    """Whether that kind of connection carries something."""
    mark = Path(box.root, "tmp", what)
    before, deadline = mark.stat().st_mtime_ns if mark.exists() else 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        if mark.exists() and mark.stat().st_mtime_ns != before:
            return True
        time.sleep(0.02)
    return False


def isolating(runtime: str) -> None:
    """isolate: new connections and those that it has are cut, but for what is allowed; the other reaches its peer; undone, all is back"""
    base = 20 + os.getpid() % 200
    respond = {"isolate": [{"isolate": {"allow": [f"10.213.{base}.0/24"], "ports": [8001]}}]}
    with world(respond) as w, container(runtime, Spec(["/bin/bash", "-c", CONNECT.format(base)], name="bad")) as bad, \
            container(runtime, Spec(["/bin/bash", "-c", CONNECT.format(base + 1)], name="good")) as good:
        bad.run()
        good.run()
        with connected(bad, base), connected(good, base + 1):
            for box in (bad, good):
                Path(box.root, "tmp/linked").touch()
                tap.check(all(reaches(box, what, 10) for what in ("held", "fresh", "allowed")), "it does not reach its peer before")
            tell(bad, "isolate")
            alert = w.answer("isolate")
            time.sleep(0.5)
            whole = "those that it has stay" not in alert["output"]
            tap.check(not reaches(bad, "fresh", 1.5), "a new connection")
            tap.check(not whole or not reaches(bad, "held", 1.5), "the connection that it had")
            tap.check(reaches(bad, "allowed"), "what is allowed is cut, too")
            tap.check(all(reaches(good, what) for what in ("held", "fresh")), "the other is cut off")
            tell(bad, "isolate")
            w.answer("isolate", "already", 2)
            w.guard.process.kill()
            w.guard.process.wait()
            tap.check(not reaches(bad, "fresh", 1.5), "the guard is dead, and it reaches its peer")
            w.undo(alert)
            tap.check(reaches(bad, "fresh"), "undone, and it does not reach its peer")


# --- files ---

def quarantining(runtime: str) -> None:
    """quarantine: the program is away with all that is known of it, and back with owner, mode and attributes; links and the host's files stay"""
    host = tempfile.mkdtemp()
    evil = Path("/bin/true").read_bytes()
    Path(host, "evil").write_bytes(evil)
    os.chmod(Path(host, "evil"), 0o755)
    mounts = [{"destination": "/data", "type": "bind", "source": host, "options": ["bind", "rw"]}]
    with world({"run": ["quarantine"]}) as w, \
            container(runtime, Spec(["/bin/sleep", "1000"], name="bad", mounts=mounts, files={"/tmp/evil": evil, "/tmp/alike": evil})) as box:
        there = Path(box.root, "tmp/evil")
        os.chown(there, 1234, 4321)
        os.chmod(there, 0o4751)
        os.setxattr(there, "user.note", b"kept") if xattrs(there) else None
        box.run()
        box.exec("/tmp/evil")
        alert = w.answer("quarantine")
        tap.check(not there.exists() and Path(box.root, "tmp/alike").exists(), "it is there, or another is not")
        kept = list(Path(w.ledger, "quarantine").iterdir())
        tap.check(len(kept) == 1 and Path(kept[0], "file").read_bytes() == evil, str(kept))
        tap.check(stat.S_IMODE(Path(kept[0], "file").stat().st_mode) == 0o600, "it can be run where it is kept")
        entry = json.loads(next(Path(w.ledger, "responses").iterdir()).read_text())
        tap.check(len(entry["undo"]["sha256"]) == 64 and entry["alert"] == alert["response"]["alert"], str(entry))
        w.undo(alert)
        now = there.stat()
        tap.check((now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (1234, 4321, 0o4751) and there.read_bytes() == evil, str(now))
        tap.check(not xattrs(there) or os.getxattr(there, "user.note") == b"kept", "attributes")
        box.exec("/usr/bin/tac", "/etc/hostname")
        image = w.answer("quarantine", count=2)
        tap.check(box.exec("/usr/bin/tac", "/etc/hostname").returncode != 0, "of the image, and still there")
        w.undo(image)
        tap.check(box.exec("/usr/bin/tac", "/etc/hostname").returncode == 0, "of the image, and not back")
        box.exec("/data/evil")
        refused = w.guard.wait_for("merlon: quarantine", 4)
        tap.check(refused[-1]["response"]["outcome"] == "refused" and "host's" in refused[-1]["output"], str(refused[-1]["output"]))
        tap.check(Path(host, "evil").exists(), "the host's file is away")
    Path(host, "evil").unlink()
    os.rmdir(host)


def xattrs(path: Path) -> bool:
    """Whether its file system keeps attributes for us."""
    try:
        os.setxattr(path, "user.probe", b"")
        os.removexattr(path, "user.probe")
        return True
    except OSError:
        return False


def capturing(runtime: str) -> None:
    """capture: processes, maps, descriptors, the executable with its hash, what came before; no credential in it"""
    with world({"capture": ["capture"]}) as w, two(runtime, environment={"SOME_KEY": SECRET, "PLAIN": "seen"}) as (bad, good):
        tell(bad, "capture")
        alert = w.answer("capture")
        room = Path(w.ledger, "capture", alert["response"]["id"])
        about = json.loads(Path(room, "about.json").read_text())
        names = {p.name.split(".", 1)[1] for p in room.iterdir() if p.name[0].isdigit()}
        tap.check({"status", "maps", "fd", "environ", "exe"} <= names, str(names))
        tap.check(len(about["processes"]) >= 4, str(about))
        tap.check(any("sha256" in p for p in about["processes"]), str(about))
        text = "".join(p.read_text(errors="replace") for p in room.iterdir() if not p.name.endswith(".exe"))
        tap.check("PLAIN=seen" in text and SECRET not in text, "environment")
        tap.check("ran sh -c" in Path(room, "events.txt").read_text(), "events")
        tap.check(stat.S_IMODE(room.stat().st_mode) == 0o700, "open to others")
        tell(bad, "capture")
        w.answer("capture", "already", 2)


def stuck(runtime: str) -> None:
    """freeze: with a process that waits for a file system, everything else stops, it is said, and nothing goes on by itself"""
    with tempfile.TemporaryDirectory() as directory, FallingSilent(Path(directory)) as files:
        mounts = [{"destination": "/files", "type": "bind", "source": directory, "options": ["rbind"]}]
        script = SCRIPT.replace("sleep 1000 & sleep 1000 &", "sleep 1000 & (cat /files/file >/tmp/read) &")
        with world({"freeze": ["freeze"]}) as w, two(runtime, script, mounts=mounts) as (bad, good), closing(files):
            files.silent = True
            tell(bad, "wait")
            deadline = time.monotonic() + 20
            while not files.unanswered and time.monotonic() < deadline:
                time.sleep(0.02)
            tap.check(files.unanswered > 0, "nobody asked")
            tell(bad, "freeze")
            said = w.answer("freeze")["output"]
            tap.check(stands(bad) and counts(good), "it runs, or the other does not")
            tap.check("waits in the kernel" in said or cgroups.mode() == "v2", said)
            w.undo(w.guard.wait_for("merlon: freeze")[-1])
            tap.check(counts(bad), "it does not go on")


# --- modes ---

def dry_run(runtime: str) -> None:
    """a dry run says what it would do, with everything checked, and touches nothing; merlon responses counts it"""
    respond = {"box": [{"kill": "container"}, "freeze", "isolate", "capture"]}
    with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as directory:
        os.chmod(kept, 0o755)
        store = f"{kept}/store/alerts.db"   # in a directory that is made for who writes alerts
        made = World(directory, respond, "dry-run", "--store", store)
        made.guard._command.remove("--no-store")
        with made as w, two(runtime) as (bad, _):
            tell(bad, "box")
            for action in ("kill", "freeze", "isolate", "capture"):
                tap.check("dry run" in w.answer(action, "would")["output"], action)
            tap.check(counts(bad), "it was touched")
            tap.check(not list(Path(w.ledger, "responses").iterdir()), "something was noted as done")
            w.guard.stop()
        counted = json.loads(merlon.run("responses", "--dry-run", "--json", "--store", store).stdout)
        tap.check({(c["action"], c["count"]) for c in counted} == {(a, 1) for a in ("kill", "freeze", "isolate", "capture")}, str(counted))


def switched(runtime: str) -> None:
    """switched off, nothing is done; a policy that is not confirmed in time is undone and only a dry run then"""
    with world({"freeze": ["freeze"]}, "enforce", "--confirm-within", "3s") as w, two(runtime) as (bad, good):
        merlon.run("responses", "off", "--responses", w.ledger)
        tell(bad, "freeze")
        w.answer("freeze", "off")
        tap.check(counts(bad), "it was frozen")
        merlon.run("responses", "on", "--responses", w.ledger)
        tell(bad, "freeze")
        w.answer("freeze", count=2)
        tap.check(stands(bad), "it runs")
        tap.check(w.guard.wait_for("merlon: policy not confirmed", 1, 10), "not told")
        tap.check(counts(bad), "it was not undone")
        tell(good, "freeze")
        w.answer("freeze", "would", 3)
        tap.check(counts(good), "it was frozen")


def confirmed(runtime: str) -> None:
    """a policy that is confirmed stays in force"""
    with world({"freeze": ["freeze"]}, "enforce", "--confirm-within", "1s") as w, two(runtime) as (bad, _):
        merlon.run("policy", "confirm", "--responses", w.ledger)
        time.sleep(1.6)
        tell(bad, "freeze")
        w.answer("freeze")
        tap.check(stands(bad), "it runs")


def reloaded(runtime: str) -> None:
    """policies are loaded anew with the rules; if they have errors, those in force stay"""
    with world({"freeze": ["freeze"]}, "dry-run") as w, two(runtime) as (bad, _):
        tell(bad, "freeze")
        w.answer("freeze", "would")
        before = w.policy.read_text()
        w.policy.write_text(before.replace("freeze", "froze"))
        w.guard.signal(signal.SIGHUP)
        kept = w.guard.wait_for("merlon: rules not reloaded")
        tap.check(kept and "froze" in kept[0]["output"] and "policy.yaml:1:" in kept[0]["output"], f"{kept}, {w.guard.said}")
        w.policy.write_text(before.replace("dry-run", "enforce"))
        w.guard.signal(signal.SIGHUP)
        tap.check(w.guard.wait_for("merlon: rules reloaded"), f"not reloaded: {w.guard.said}")
        tell(bad, "freeze")
        w.answer("freeze", "done", 2)
        tap.check(stands(bad), "it runs")


def confined(_: str) -> None:
    """the hand has the privileges that SECURITY.md says, and no more"""
    names = ["KILL", "DAC_OVERRIDE", "FOWNER", "SYS_PTRACE", "BPF", "PERFMON", "NET_ADMIN"] + \
        ([] if cgroups.mode() == "v2" else ["SYS_ADMIN"])
    numbers = {"KILL": 5, "DAC_OVERRIDE": 1, "FOWNER": 3, "SYS_PTRACE": 19, "BPF": 39, "PERFMON": 38, "NET_ADMIN": 12, "SYS_ADMIN": 21}
    want = sum(1 << numbers[name] for name in names)
    with world({"freeze": ["freeze"]}) as w:
        children = Path(f"/proc/{w.guard.process.pid}/task/{w.guard.process.pid}/children").read_text().split()
        hands = [pid for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "merlon-hand"]
        tap.check(len(hands) == 1, f"{hands} of {children}")
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{hands[0]}/status").read_text().splitlines() if ":\t" in line)
        for kind in ("CapEff", "CapPrm"):
            tap.check(int(status[kind], 16) == want, f"{kind} {status[kind]}, not {want:016x}")
        tap.check(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", f"{status['NoNewPrivs']} {status['Seccomp']}")
        os.kill(int(hands[0]), signal.SIGKILL)
        tap.check(w.guard.process.wait(30) != 0, "the guard goes on without it, and says nothing")
        w.guard.stop()
        tap.check(any("carries responses out" in line for line in w.guard.said), str(w.guard.said))


def held(_: str) -> None:
    """a hand that something holds does not hold the guard's end"""
    with world({"freeze": ["freeze"]}) as w:
        children = Path(f"/proc/{w.guard.process.pid}/task/{w.guard.process.pid}/children").read_text().split()
        hand = next(int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "merlon-hand")
        os.kill(hand, signal.SIGSTOP)
        w.guard.stop()
        tap.check(any("the hand did not end" in line for line in w.guard.said), str(w.guard.said))
        tap.check(not Path(f"/proc/{hand}").exists(), "it is left behind")


def webhooks(runtime: str) -> None:
    """webhook: a receiver of the policy's own gets what is sent to it, and nothing else"""
    with Receiver() as receiver, world({"call": [{"webhook": receiver.url}], "freeze": ["alert"]}) as w, two(runtime) as (bad, _):
        tell(bad, "freeze")
        found = w.guard.wait_for("Do freeze")
        tap.check(found and "webhooks" not in found[0], f"{found}, {w.guard.said}")
        tell(bad, "call")
        told = w.guard.wait_for("Do call")[0]
        tap.check(told["policy"] == {"entry": "entry call", "mode": "enforce", "responses": ["webhook"]}, str(told.get("policy")))
        receiver.wait(1)
        w.guard.stop()
        tap.check([a["rule"] for a in receiver.accepted] == ["Do call"], str([a["rule"] for a in receiver.accepted]))


def main() -> None:
    """All of it on the host; what differs by control groups in machines."""
    works, why = available("runc")
    tests = (killing, freezing, isolating, quarantining) if QUICK else \
        (killing, freezing, stuck, isolating, quarantining, capturing, dry_run, switched, confirmed, reloaded, confined, held, webhooks)
    with tap.Suite("respond") as suite:
        for test in tests:
            if works:
                suite.run(test, "runc")
            else:
                suite.skip(str(test.__doc__), why)


if __name__ == "__main__":
    main()
