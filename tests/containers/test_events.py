#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live events: what a container does is there in order, with who did it, and rules see it on replay."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import merlon  # first: it puts the rig on the path
import tap
from container import available, container
from spec import Spec

SCRIPT = """
mkdir /tmp/events
cd /tmp/events
echo secret >made
cat made >/dev/null
cat ./../events/missing
rm made
cp /bin/busybox /tmp/busybox
(sleep 0; exec /tmp/busybox true)
exec 3<>/dev/tcp/127.0.0.1/9
exit 0
"""

RULES = """
- rule: Made
  desc: a file was written where the test writes one
  condition: evt.type = openat and evt.is_open_write = true and fd.name = /tmp/events/made and container.id != host
  output: "%proc.name %fd.name %container.id"
  priority: WARNING
- rule: Deleted by a child of the shell
  desc: by its resolved name, with the parent
  condition: evt.type in (unlink, unlinkat) and fs.path.name = /tmp/events/made and proc.name = rm and proc.pname = bash
  output: "%proc.cmdline %proc.pname %proc.aname[1]"
  priority: WARNING
- rule: Connects
  desc: nobody listens there
  condition: evt.type = connect and fd.sip = 127.0.0.1 and fd.sport = 9 and evt.failed = true
  output: "%proc.name %fd.name"
  priority: WARNING
- rule: On the host
  desc: never, since only the container is asked for
  condition: evt.type exists and container.id = host
  output: "%proc.name"
  priority: WARNING
"""


class Events:
    """A recording in the JSON form: events with their process put in."""

    def __init__(self, path: Path) -> None:
        self.all: list[dict[str, Any]] = []
        defined: dict[str, dict[str, Any]] = {}
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if "define" in record:
                for key in ("parent", "container"):
                    if key in record:
                        record[key] = defined.get(record[key])
                if record["define"] == "process" and "container" not in record and record.get("parent"):
                    record["container"] = record["parent"].get("container")
                defined[record["as"]] = record
            elif "event" in record:
                record["process"] = defined.get(record.get("process", ""))
                self.all.append(record)

    def find(self, kind: str, process: str, /, **arguments: Any) -> list[dict[str, Any]]:
        """Events of a type, by a process of that name, with these arguments."""
        return [e for e in self.all if e["event"] == kind and e["process"] and e["process"].get("name") == process
                and all(value_of(e.get("args", {}).get(k)) == v for k, v in arguments.items())]


def value_of(argument: Any) -> Any:
    """Of an argument that may have been resolved."""
    return argument.get("value") if isinstance(argument, dict) else argument


@contextmanager
def recording(*arguments: str, output: Path) -> Iterator[subprocess.Popen[str]]:
    """A running `merlon events record`, once it records."""
    process = subprocess.Popen([merlon.BINARY, "events", "record", "-o", output, *arguments], text=True,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stderr
    try:
        said = process.stderr.readline()
        tap.check(said == "recording events\n", f"it says {said!r}")
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(60)


def ended(process: subprocess.Popen[str]) -> None:
    """It ends on Ctrl-C, and has lost nothing."""
    process.send_signal(signal.SIGINT)
    tap.check(process.wait(60) == 0, f"exit {process.returncode}")
    said = process.stderr.read() if process.stderr else ""
    tap.check(said.endswith(" events, 0 lost\n"), said)


def in_container(runtime: str) -> None:
    """a container's life in order: exec, open, unlink, connect, exit"""
    with tempfile.TemporaryDirectory() as directory, \
            container(runtime, Spec(["/usr/bin/bash", "-c", SCRIPT], name="events")) as box:
        output = Path(directory, "events.jsonl")
        box.create()
        with recording("--json", "-c", box.id, output=output) as process:
            box.start()
            box.wait()
            time.sleep(0.3)
            ended(process)
        events = Events(output)
        check_events(events, box.id)
        check_rules(output, Path(directory))


def check_events(events: Events, identifier: str) -> None:
    """What SCRIPT does, as events."""
    made = [e for e in events.find("openat", "bash", name="made") if "O_F_CREATED" in e["args"]["flags"]]
    tap.check(len(made) == 1 and made[0]["fd"]["name"] == "/tmp/events/made", f"made: {made}")
    missing = events.find("openat", "cat", name="./../events/missing")
    tap.check(len(missing) == 1 and missing[0]["result"] == -2 and
              missing[0]["args"]["name"]["resolved"] == "/tmp/events/missing", f"missing: {missing}")
    order = [
        events.find("execve", "bash"), events.find("mkdir", "mkdir", path="/tmp/events"), events.find("chdir", "bash"),
        made, events.find("openat", "cat", name="made"), missing, events.find("unlinkat", "rm", name="made"),
        events.find("connect", "bash", addr="127.0.0.1:9"),
    ]
    tap.check(all(order), f"missing: {[i for i, found in enumerate(order) if not found]}; "
              f"of {sorted({(e['event'], (e['process'] or {}).get('name')) for e in events.all})}")
    numbers = [found[0]["number"] for found in order]
    tap.check(numbers == sorted(numbers), f"not in order: {numbers}")
    tap.check([e["number"] for e in events.all] == list(range(1, len(events.all) + 1)), "events without a number")
    times = [e["time"] for e in events.all]
    tap.check(max(a - b for a, b in zip(times, times[1:])) < 1_000_000 and abs(times[0] / 1e9 - time.time()) < 600,
              "times go back")
    tap.check(all(e["process"] for e in events.all), "events of nobody")
    removed = order[6][0]["process"]
    tap.check(removed["args"] == ["made"] and removed["exepath"] == "/usr/bin/rm" and removed["cwd"] == "/tmp/events"
              and removed["parent"]["name"] == "bash" and removed["vpid"] < removed["pid"], f"rm: {removed}")
    copied = [e["process"] for e in events.find("execve", "busybox") if e["process"]["exepath"] == "/tmp/busybox"]
    tap.check(len(copied) == 1 and copied[0].get("exe_upper_layer") and not removed.get("exe_upper_layer") and
              removed.get("exe_lower_layer"), f"layers: {copied}")
    shell = events.find("execve", "bash")[0]["process"]
    tap.check(shell.get("user") == "root" and shell.get("home") == "/root" and shell.get("group") == "root",
              f"names: {shell}")
    tap.check(shell["stdio_types"][1] in ("pipe", "file") and len(shell["stdio_names"]) == 3, f"stdio: {shell}")
    tap.check(shell.get("exe_writable") and 0 < shell["exe_mtime"] and shell["exe_ctime"] < shell["start"] and
              0 <= shell["start"] - shell["pidns_start"] < 60e9, f"executable: {shell}")
    box = shell["container"]
    tap.check(box.get("privileged_known") and not box.get("privileged") and not box.get("host_pid"), f"{box}")
    where = {(e["process"].get("container") or {}).get("full_id") for e in events.all}
    tap.check(where == {identifier}, f"containers: {where}, not {identifier}")
    exits = events.find("procexit", "bash", status=0)
    tap.check(exits and exits[-1]["number"] == len(events.all), "the end of the shell is not the last")


def check_rules(output: Path, directory: Path) -> None:
    """Rules see the same in both forms."""
    rules = directory / "rules.yaml"
    rules.write_text(RULES)
    binary = directory / "events.mev"
    merlon.run("events", "convert", "--to", "binary", output, "-o", binary)
    expect = ["--expect", "Made=1", "--expect", "Deleted by a child of the shell=1", "--expect", "Connects=1",
              "--expect", "On the host=0"]
    for path in (output, binary):
        done = merlon.run("rules", "test", "--events", path, *expect, rules, check=False)
        tap.check(done.returncode == 0, f"{path.name}: {done.stdout}{done.stderr}")


def command() -> None:
    """a command: threads, a thread that execs, and what it leaves running"""
    script = ("import os, threading\n"
              "if os.fork() == 0:\n"
              "    os.setsid()\n"
              "    threading.Thread(target=os.execv, args=('/bin/sh', ['sh', '-c', 'echo late >/dev/null'])).start()\n")
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "events.jsonl")
        done = merlon.run("events", "record", "--json", "-o", output, "--", "/usr/bin/python3", "-c", script)
        tap.check(done.stderr.endswith(" 0 lost\n"), done.stderr)
        events = Events(output)
    shells = events.find("execve", "sh")
    tap.check(len(shells) == 1, f"execs of sh: {shells}")
    shell = shells[0]["process"]
    tap.check(shell["args"] == ["-c", "echo late >/dev/null"] and shells[0]["tid"] == shell["pid"], f"{shell}")
    tap.check("container" not in shells[0]["process"] or not shell["container"], f"{shell.get('container')}")
    tap.check(bool(events.find("openat", "sh", name="/dev/null")), "what was left running is not seen to its end")


def only() -> None:
    """only the types asked for are told, with the working directory right all the same"""
    script = "cd /usr/share\nexec 3</etc/hostname\n/bin/true\n"
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "events.jsonl")
        merlon.run("events", "record", "--json", "-o", output, "-e", "openat", "--", "/bin/bash", "-c", script)
        opens = Events(output)
        tap.check({e["event"] for e in opens.all} == {"openat"}, "other types")
        opened = opens.find("openat", "bash", name="/etc/hostname")
        tap.check(len(opened) == 1 and opened[0]["process"]["cwd"] == "/usr/share", f"{opened}")
        merlon.run("events", "record", "--json", "-o", output, "-e", "procexit", "--", "/bin/bash", "-c", script)
        tap.check({e["event"] for e in Events(output).all} == {"procexit"}, "other types")
    done = merlon.run("events", "record", "--json", "-e", "no-such-event", check=False)
    tap.check(done.returncode == 2 and "no-such-event" in done.stderr, f"{done.returncode} {done.stderr}")


def lost() -> None:
    """what finds the buffer full is counted, and told"""
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "events.jsonl")
        with recording("--json", "--buffer", "1", output=output) as process:
            process.send_signal(signal.SIGSTOP)
            for _ in range(20000):
                Path("/etc/hostname").stat()
                open("/etc/hostname", "rb").close()
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)
            tap.check(process.wait(60) == 1, f"exit {process.returncode}")
            said = process.stderr.read() if process.stderr else ""
        found = re.search(r"([0-9,]+) events, ([0-9,]+) lost\n$", said)
        tap.check(found is not None and int(found[2].replace(",", "")) > 1000, said)
        opened = Events(output).find("openat", "python3", name="/etc/hostname")
        tap.check(100 < len(opened) < 20000, f"{len(opened)} of 20000 opens")


STORM = """
import os, time
end = time.time() + 3
while time.time() < end:
    for _ in range(200):
        os.close(os.open("/etc/hostname", os.O_RDONLY))
    try:
        if os.fork() == 0:
            pass        # and on: a bomb, held by the limit of processes only
    except OSError:
        pass
"""
QUIET = """
for i in $(/usr/bin/seq 1 60); do
  echo >/tmp/quiet-$i
  /bin/sleep 0.05
done
"""


def flood() -> None:
    """a fork bomb that floods is held to its budget, and its neighbour loses nothing"""
    with tempfile.TemporaryDirectory() as directory, \
            container("runc", Spec(["/usr/bin/python3", "-c", STORM], name="storm", pids=40)) as storm, \
            container("runc", Spec(["/usr/bin/bash", "-c", QUIET], name="quiet")) as quiet:
        output = Path(directory, "events.jsonl")
        storm.create()
        quiet.create()
        with recording("--json", "--budget", "16", "-c", storm.id, "-c", quiet.id, output=output) as process:
            quiet.start()
            storm.start()
            quiet.wait()
            storm.wait()
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            tap.check(process.wait(60) == 1, f"exit {process.returncode}")
            said = process.stderr.read() if process.stderr else ""
        events = Events(output)
    lost = re.search(rf"^{storm.id}: ([0-9,]+) events lost as it told too much, 0 as", said, re.M)
    tap.check(lost is not None and int(lost[1].replace(",", "")) > 200, said)
    tap.check(quiet.id not in said, said)
    of = {box: [e for e in events.all if (e["process"].get("container") or {}).get("full_id") == box.id]
          for box in (storm, quiet)}
    tap.check(100 < len(of[storm]) < 40000, f"{len(of[storm])} events of the storm")
    tap.check(len(events.find("procexit", "python3")) >= 40, "deaths in the storm are missing")
    for kind, what in (("execve", "sleep"), ("procexit", "sleep")):
        found = [e for e in of[quiet] if e["event"] == kind and e["process"]["name"] == what]
        tap.check(len(found) == 60, f"{len(found)} of 60: {kind}")
    made = {e["fd"]["name"] for e in of[quiet]
            if e["event"] == "openat" and e.get("fd", {}).get("name", "").startswith("/tmp/quiet-")}
    tap.check(made == {f"/tmp/quiet-{i}" for i in range(1, 61)}, f"{len(made)} of 60 files")


def refused() -> None:
    """what can't be is said: no such container, no terminal form, no such program"""
    done = merlon.run("events", "record", "--json", "-c", "no-such-container", check=False)
    tap.check(done.returncode == 4 and "no-such-container" in done.stderr, f"{done.returncode} {done.stderr}")
    done = merlon.run("events", "record", "--json", "--", "/no/such/program", check=False)
    tap.check(done.returncode == 4 and "/no/such/program" in done.stderr, f"{done.returncode} {done.stderr}")
    done = merlon.run("events", "record", "--json", "--duration", "soon", check=False)
    tap.check(done.returncode == 2, f"{done.returncode} {done.stderr}")
    done = merlon.run("events", "record", "--json", "--buffer", "3", check=False)
    tap.check(done.returncode == 2, f"{done.returncode} {done.stderr}")


def main() -> None:
    """Under runc and crun, and without a container."""
    with tap.Suite("events: as they happen") as suite:
        for runtime in ("runc", "crun"):
            works, why = available(runtime)
            title = f"{runtime}: {in_container.__doc__}"
            if works:
                suite.run(in_container, runtime, name=title)
            else:
                suite.skip(title, why)
        suite.run(command)
        suite.run(only)
        suite.run(lost)
        if available("runc")[0]:
            suite.run(flood)
        else:
            suite.skip(str(flood.__doc__), "no runc")
        suite.run(refused)


if __name__ == "__main__":
    main()
