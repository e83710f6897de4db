#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guard as people run it: before and after containers, through reloads, floods and losses, and what it leaves behind.

    test_guard.py [--quick | --full]

--full takes minutes longer: a thousand containers in a row, two hundred at once.
"""

from __future__ import annotations

import calendar
import hashlib
import json
import os
import pwd
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import merlon  # first: it puts the rig on the path
import tap
from container import available, container
from fuse import FallingSilent
from guarding import RULES, Guard
from marks import RULE, Marks, made_up_rules, stored
from spec import Spec

QUICK = "--quick" in sys.argv
FULL = "--full" in sys.argv

CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_BPF = 1 << 2, 1 << 19, 1 << 39

MARK = """
- rule: Marked
  desc: what the tests do to be seen
  condition: evt.type in (open, openat) and fd.name startswith /tmp/mark- and evt.is_open_write = true and container.id != host
  output: "%proc.name wrote %fd.name in %container.id"
  priority: WARNING
  next: nothing
"""

OTHER = MARK.replace("Marked", "Marked anew")


def rules_in(directory: str, text: str = MARK) -> Path:
    """A rule file with that text."""
    path = Path(directory, "rules.yaml")
    path.write_text(text)
    return path


def nanoseconds(time_: str) -> int:
    """Of an RFC 3339 time, since 1970."""
    whole, _, fraction = time_.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(fraction.ljust(9, "0"))


def open_to_all(directory: str) -> Path:
    """The outputs have no privileges."""
    path = Path(directory)
    path.chmod(0o777)
    return path


def before(runtime: str) -> None:
    """the guard was there first: the alert tells who, where, why, what before"""
    with Guard() as guard, container(runtime, Spec(["/bin/sh", "-c", "cp /bin/true /tmp/x; /tmp/x a; sleep 5"], name="first")) as box:
        box.run()
        found = guard.wait_for("Program run from a temporary directory", name=box.id)
        tap.check(found, f"alerts: {[(a['rule'], a.get('container')) for a in guard.alerts]}")
        alert = found[0]
        true = hashlib.sha256(Path(box.root, "bin/true").read_bytes()).hexdigest()
        tap.check(alert["process"].get("exe_sha256") == true, str(alert["process"]))
        tap.check(alert["process"]["cmdline"] == "x a" and alert["process"]["exe"] == "/tmp/x", str(alert["process"]))
        tap.check([a["name"] for a in alert["process"]["ancestors"]][0] == "sh", str(alert["process"]["ancestors"]))
        tap.check(alert["priority"] == "Critical" and alert["source"] == "syscall" and alert["hostname"], str(alert))
        tap.check(any(t["value"] == "/tmp/x" for t in alert["why"]), str(alert["why"]))
        tap.check(any("cp /bin/true /tmp/x" in line["text"] for line in alert["before"]), str(alert["before"]))
        tap.check(alert["container"]["engine"] == runtime, str(alert["container"]))
        tap.check(guard.stop() == 0, f"exit {guard.process.returncode}: {guard.said}")


def after(runtime: str) -> None:
    """the container was there first: who is in it, and from whom they descend, is known all the same"""
    with container(runtime, Spec(["/bin/sh", "-c", "while ! test -e /tmp/go; do sleep 0.1; done; echo x >/tmp/mark-a; sleep 5"],
                                 name="second")) as box, tempfile.TemporaryDirectory() as directory:
        box.run()
        with Guard(rules=rules_in(directory)) as guard:
            Path(box.root, "tmp/go").touch()
            found = guard.wait_for("Marked", name=box.id)
            tap.check(len(found) == 1, f"alerts: {guard.alerts}")
            process = found[0]["process"]
            tap.check(process["name"] == "sh" and process["vpid"] == 1 and process["ancestors"], str(process))


def as_written() -> None:
    """what a program wrote is told beside what it led to, though no rule asks for it"""
    script = "while ! test -e /tmp/go; do sleep 0.1; done; cd /tmp/a/../a; echo x >../mark-b; echo x >/tmp/a/../mark-c; sleep 5"
    told = MARK.replace("wrote %fd.name", "wrote %fd.name as %fd.nameraw")
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory, told)) as guard, \
            container("runc", Spec(["/bin/sh", "-c", f"mkdir /tmp/a; {script}"], name="written")) as box:
        box.run()
        Path(box.root, "tmp/go").touch()
        found = {re.sub(r".*wrote (.*) in .*", r"\1", a["output"]) for a in guard.wait_for("Marked", 2, name=box.id)}
        tap.check(found == {"/tmp/mark-b as ../mark-b", "/tmp/mark-c as /tmp/a/../mark-c"}, str(found))


def reload() -> None:
    """a hundred rules and all others are swapped without a gap, and kept if those to come are wrong"""
    with tempfile.TemporaryDirectory() as directory:
        marked, more = Path(directory, "marked.yaml"), Path(directory, "more.yaml")
        marked.write_text(RULE.format(name="Marked"))
        more.write_text(made_up_rules(10 if QUICK else 100))
        falco = os.environ.get("MERLON_FALCO_RULES")
        for file in () if QUICK else sorted(Path(falco).glob("falco*_rules.yaml") if falco else RULES.glob("*.yaml")):
            shutil.copy(file, directory)
        # Emulated machines have no time for a thousand alerts a second.
        with Marks(0.01 if QUICK else 0.001) as marks, Guard("--burst", "0", "--budget", "0", "--buffer", "64", "-r", directory, rules=marked) as guard:
            first = guard.wait_for("Marked", 50, name=marks.box.id)
            marked.write_text(RULE.format(name="Marked anew"))
            asked = time.time_ns()
            guard.signal(signal.SIGHUP)
            done = guard.wait_for("merlon: rules reloaded")
            tap.check(done, "it does not say that it reloaded")
            took = nanoseconds(done[0]["time"]) - asked
            print(f"# {done[0]['output']} after {took / 1e6:.0f} ms")
            guard.wait_for("Marked anew", 50, name=marks.box.id)
            marked.write_text("- rule: Bad\n  condition: no.such.field = 1\n")
            guard.signal(signal.SIGHUP)
            tap.check(guard.wait_for("merlon: rules not reloaded"), "it does not say that it did not reload")
            guard.wait_for("Marked anew", len(guard.find("Marked anew", name=marks.box.id)) + 50, name=marks.box.id)
            made = marks.stop()
            time.sleep(1)
            guard.stop()
        told = marks.told(guard.alerts, {"Marked", "Marked anew"})
        since = min(marks.told(first, {"Marked"}))
        wrong = {n: told[n] for n in made if n >= since and told[n] != 1}
        tap.check(not wrong, f"{len(made)} marks since {since}, told not once: {wrong}, {guard.said[-1]}")
        tap.check(any("no.such.field" in line for line in guard.said), f"what is wrong is not shown: {guard.said}")
        tap.check(not FULL or took < 1e9, f"reloading took {took / 1e9:.2f} s")


def killed() -> None:
    """killed at any moment, whichever of its processes: what was not told lies in a time that the next one tells of"""
    chance = random.Random(int(os.environ.get("MERLON_SEED", time.time_ns())))
    kills = 60 if FULL else 2
    with tempfile.TemporaryDirectory() as directory:
        state = open_to_all(directory)
        rules, store = rules_in(directory, RULE.format(name="Marked")), state / "state" / "alerts.db"
        options = ("--burst", "0", "--budget", "0", "--buffer", "64", "--status", state / "status")
        said = []
        with Marks() as marks:
            for _ in range(kills):
                with Guard(*options, rules=rules, store=store) as guard:
                    parts = sorted((name, int(part["Pid"])) for name, part in children(guard.process.pid).items())
                    name, victim = chance.choice([("merlon", guard.process.pid), *parts])
                    time.sleep(chance.uniform(0, 2))
                    if chance.random() < 0.4:
                        guard.signal(signal.SIGHUP)
                        time.sleep(chance.uniform(0, 0.1))
                    os.kill(victim, signal.SIGKILL)
                    if name in ("merlon-reader", "merlon-resolver", "merlon-keeper"):     # nobody needs these for long
                        time.sleep(chance.uniform(0, 1))
                        guard.process.kill()
                    guard.process.wait(30)
                    said.append((name, guard.process.returncode))
            with Guard(*options, rules=rules, store=store) as guard:
                tap.check(guard.wait_for("merlon: not watched"), f"the gap is not told, killed {said}, {(state / 'last-seen.json').read_text().strip()}")
                guard.wait_for("Marked", 50, name=marks.box.id)
                made = marks.stop()
                time.sleep(1)
                status = json.loads((state / "status").read_text())["metrics"]
                guard.stop()
        alerts = stored(store)
        gaps = [(nanoseconds(a["output_fields"]["merlon.from"]), nanoseconds(a["output_fields"]["merlon.to"]))
                for a in alerts if a["rule"] == "merlon: not watched"]
        begun = min(nanoseconds(a["time"]) for a in alerts if a["rule"] == "merlon: started")
        told = marks.told(alerts, {"Marked"})
        missing = [n for n, ns in made.items() if ns > begun and not told[n] and not any(a <= ns <= b for a, b in gaps)]
        numbers = {m["name"]: m["value"] for m in status if not m.get("labels")}
        between = sum(1 for ns in made.values() if any(a <= ns <= b for a, b in gaps))
        lost = sum(a["output_fields"].get("merlon.refused", 0) + a["output_fields"].get("merlon.dropped", 0)
                   for a in alerts if a["kind"] == "loss")
        print(f"# {len(made)} marks, {len(told)} told, {between} in {len(gaps)} gaps told of, {lost} lost, {said}")
        tap.check(len(missing) <= lost, f"{len(missing)} marks neither told nor in a gap: {missing[:9]} {[made[n] for n in missing[:9]]}, "
                  f"gaps {gaps}, killed {said}")
        tap.check(numbers["merlon_gaps_total"] == len(gaps) and numbers["merlon_unwatched_seconds_total"] > 0, str(numbers))


def half_reloaded() -> None:
    """rules that are right do not come into force beside a policy that is wrong: those before see what they saw"""
    with tempfile.TemporaryDirectory() as directory:
        rules, policy = rules_in(directory), Path(directory, "policy.yaml")
        policy.write_text("policy: none\nentries: []\n")
        with Guard("--policy", policy, "--responses", Path(directory, "ledger"), rules=rules) as guard, \
                container("runc", Spec(["/bin/sh", "-c", "while ! test -e /tmp/go; do sleep 0.1; done; echo x >/tmp/mark-a; sleep 5"],
                                       name="kept")) as box:
            box.run()
            rules.write_text(MARK.replace("mark-", "other-"))
            policy.write_text("policy: none\nentries: wrong\n")
            guard.signal(signal.SIGHUP)
            tap.check(guard.wait_for("merlon: rules not reloaded"), "it does not say that it did not reload")
            Path(box.root, "tmp/go").touch()
            tap.check(guard.wait_for("Marked", name=box.id), f"the rules before see nothing: {guard.alerts}")


def many() -> None:
    """short-lived containers in a row and at once: each alert names its own"""
    row, once = (5, 3) if QUICK else (1000, 200) if FULL else (60, 12)
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory)) as guard, ExitStack() as boxes:
        spec = Spec(["/bin/sh", "-c", "echo x >/tmp/mark-$HOSTNAME"], name="short")
        ids = []
        for _ in range(row):
            with container("runc", spec) as box:
                box.run()
                box.wait()
                ids.append(box.id)
        together = [boxes.enter_context(container("runc", spec)) for _ in range(once)]
        threads = [threading.Thread(target=box.run) for box in together]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids += [box.id for box in together]
        guard.wait_for("Marked", len(ids))
        time.sleep(0.5)
        seen = sorted(a["container"]["name"] for a in guard.find("Marked") if a.get("container", {}).get("name") in ids)
        tap.check(seen == sorted(ids), f"{len(ids)} containers, alerts of {len(seen)}: missing {sorted(set(ids) - set(seen))}")
        tap.check(guard.stop() == 0, str(guard.said))


def memory(pid: int) -> dict[str, int]:
    """KiB of the guard's processes, each page shared out among those who have it."""
    found = {}
    for process in [pid, *(int(part["Pid"]) for part in children(pid).values())]:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        found[Path(f"/proc/{process}/comm").read_text().strip()] = int(re.search(r"^Pss: +(\d+)", rollup, re.M)[1])
    return found


def at_rest() -> None:
    """with all shipped rules its processes take less than 40 MB together"""
    with Guard() as guard:
        time.sleep(2)
        taken = memory(guard.process.pid)
        print(f"# {sum(taken.values())} KiB: {taken}")
        tap.check(sum(taken.values()) < 40 << 10, str(taken))


# The first fork alone has room for sure: a shell that waits for room for a second one gives up at last.
BOMB = "bomb() { bomb | bomb & }; (bomb) & until ((SECONDS >= 3)); do :; done; echo x >/tmp/mark-bomb"
STORM = "for p in 1 2 3 4; do (for i in $(seq 1500); do /bin/true; done) & done; wait; echo x >/tmp/mark-storm; sleep 2"


def storms() -> None:
    """a fork bomb and a storm of programs: who acts beside them, and after them, is known; no loss without a word; memory is bounded"""
    calm = "for i in 1 2 3 4 5 6; do echo x >/tmp/mark-$i; sleep 1; done"
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory)) as guard, \
            container("runc", Spec(["/bin/sh", "-c", calm], name="calm")) as beside, \
            container("runc", Spec(["/usr/bin/bash", "-c", STORM], name="storm")) as storm, \
            container("runc", Spec(["/usr/bin/bash", "-c", BOMB], name="bomb", pids=100)) as bomb:
        before = memory(guard.process.pid)
        for box in (beside, storm, bomb):
            box.run()
        seen = {box.id: guard.wait_for("Marked", count, 60, name=box.id) for box, count in ((beside, 6), (storm, 1), (bomb, 1))}
        tap.check([len(found) for found in seen.values()] == [6, 1, 1],
                  f"{[len(found) for found in seen.values()]} alerts, {storm.output()[-300:]}, {bomb.output()[-300:]}")
        for found, name in ((seen[beside.id], "sh"), (seen[storm.id], "bash"), (seen[bomb.id], "bash")):
            tap.check(all(a["process"]["name"] == name for a in found), f"{[a['process'] for a in found]}")
        after = memory(guard.process.pid)
        print(f"# {sum(before.values())} KiB before, {sum(after.values())} after")
        tap.check(sum(after.values()) < sum(before.values()) + (32 << 10), f"{before} {after}")
        status = guard.stop()
        lost = guard.find("merlon: events lost")
        tap.check(status == (1 if lost else 0) and bool(lost) == (not any(" 0 events lost" in line for line in guard.said)),
                  f"exit {status}, {len(lost)} told: {guard.said}")


def filtered() -> None:
    """what no rule can want does not leave the kernel; what one wants does"""
    files = 200 if QUICK else 2000
    script = f"for i in $(seq {files}); do read -r line </etc/passwd; done; echo x >/tmp/mark-a; sleep 3"
    told = {}
    for options in ((), ("--unfiltered",)):
        with tempfile.TemporaryDirectory() as directory, \
                Guard("--status", open_to_all(directory) / "status", *options, rules=rules_in(directory)) as guard, \
                container("runc", Spec(["/bin/sh", "-c", script], name="reader")) as box:
            box.run()
            tap.check(guard.wait_for("Marked", name=box.id), "what a rule wants did not come")
            time.sleep(1.5)  # numbers are written once a second
            metrics = json.loads(Path(directory, "status").read_text())["metrics"]
            guard.stop()
        looked_at = sum(m["value"] for m in metrics if m["name"] == "merlon_calls_looked_at_total")
        tap.check(looked_at > files, f"{looked_at} calls looked at")
        told[options] = sum(m["value"] for m in metrics if m["name"] == "merlon_container_records_total"
                            and m["labels"]["container"] == box.id)
    tap.check(told[()] < 100 and told["--unfiltered",] > files, f"records told: {told}")


def flood() -> None:
    """alerts of one rule beyond a burst are held back, and told how many"""
    with tempfile.TemporaryDirectory() as directory, Guard("--burst", "5", rules=rules_in(directory)) as guard, \
            container("runc", Spec(["/bin/sh", "-c", "for i in $(seq 500); do echo x >/tmp/mark-$i; done"], name="loud")) as box:
        box.run()
        box.wait()
        time.sleep(1)
        guard.stop()
        alerts = guard.find("Marked", name=box.id)
        held = sum(a["output_fields"]["merlon.held"] for a in guard.find("merlon: alerts held back")
                   if a["output_fields"]["container.id"] == box.id)
        held += sum(a.get("suppressed", 0) for a in alerts)
        tap.check(5 <= len(alerts) < 50 and len(alerts) + held == 500, f"{len(alerts)} alerts, {held} held back")


def lost() -> None:
    """what the kernel could not hand over is an alert"""
    with tempfile.TemporaryDirectory() as directory, Guard("--buffer", "1", rules=rules_in(directory)) as guard, \
            container("runc", Spec(["/bin/sh", "-c", "for i in $(seq 8000); do echo x >/tmp/mark-; done"], name="fast")) as box:
        box.create()
        engine = int(children(guard.process.pid)["merlon-engine"]["Pid"])
        os.kill(engine, signal.SIGSTOP)
        box.start()
        box.wait()
        os.kill(engine, signal.SIGCONT)
        found = guard.wait_for("merlon: events lost")
        tap.check(found and found[0]["kind"] == "loss" and found[0]["priority"] == "Critical" and
                  found[0]["output_fields"]["merlon.dropped"] > 1000, f"{found}")
        tap.check(guard.stop() == 1, f"exit {guard.process.returncode}: {guard.said}")


def given_up() -> None:
    """what one output could not take, the others tell of"""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory, "log.jsonl")
        os.chmod(directory, 0o755)
        with Guard("--output", f"file:{log}", rules=rules_in(directory)) as guard, \
                container("runc", Spec(["/bin/sh", "-c", "echo x >/tmp/mark-a"], name="unheard")) as box:
            log.unlink()
            log.mkdir()
            guard.signal(signal.SIGHUP)
            guard.wait_for("merlon: rules reloaded")
            box.run()
            found = guard.wait_for("merlon: alerts lost")
            tap.check(found and found[0]["kind"] == "loss" and found[0]["output_fields"]["merlon.lost"] >= 1, str(found))
            by = found[0]["output_fields"]["merlon.by_output"]
            tap.check([(b["output"], b["what"]) for b in by] == [(f"file:{log}", "dropped")], str(by))
            time.sleep(3)
            tap.check(len(guard.find("merlon: alerts lost")) == 1, "the loss of that alert is told of by another")
            tap.check(guard.stop() == 1, f"exit {guard.process.returncode}: {guard.said}")


def hostile() -> None:
    """no name of a program, file or argument can drive a terminal or forge a line"""
    script = ("import os\n"
              "name = '\\x1b[2J\\n00:00:00: Critical forged\\r\\x7f\\x9b1m\\udcff'\n"
              "os.mkdir('/tmp/mark-d'); path = '/tmp/mark-d/' + name\n"
              "open('/proc/self/comm', 'wb').write(b'\\x1b[31m\\n\\xff')\n"
              "open(path, 'w').close()\n")
    with tempfile.TemporaryDirectory() as directory, \
            container("runc", Spec(["/usr/bin/python3", "-c", script], name="hostile")) as box:
        command = [merlon.BINARY, "guard", "--no-store", "--rules", rules_in(directory)]
        text = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert text.stderr and text.stdout
        text.stderr.readline()
        with Guard(rules=rules_in(directory)) as guard:
            box.run()
            box.wait()
            found = guard.wait_for("Marked", name=box.id)
            tap.check(len(found) == 1, f"{guard.alerts}")
            tap.check(not re.search(r"[\x00-\x1f\x7f-\x9f]", found[0]["output"]), repr(found[0]["output"]))
        time.sleep(0.5)
        text.send_signal(signal.SIGINT)
        shown = text.communicate(timeout=60)[0]
        tap.check(b"forged" in shown, repr(shown))
        tap.check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", shown), repr(shown))
        tap.check(not any(line.startswith(b"00:00:00") for line in shown.splitlines()), repr(shown))


HUGE = MARK + """
- rule: Ran with very much
  desc: the beginning of its arguments is known
  condition: spawned and proc.args startswith first and container.id != host
  output: "%proc.name %proc.args %proc.env"
  priority: WARNING
- rule: Opened deep down
  desc: of a path that is longer than paths may be the beginning and the end are known
  condition: evt.type = openat and fd.name endswith ffffffff and container.id != host
  output: "%fd.name"
  priority: WARNING
- macro: spawned
  condition: evt.type in (execve, execveat) and evt.failed = false
"""


def huge() -> None:
    """paths of 4096 bytes, arguments and environments of megabytes: told, cut, and nothing else is lost"""
    script = ("import os\n"
              "os.makedirs('/tmp/mark-d'); os.chdir('/tmp/mark-d')\n"
              "for i in range(20):\n"
              "    os.mkdir('n' * 200); os.chdir('n' * 200)\n"
              "open('f' * 40, 'w').close()\n"
              "open('f' * 250, 'w').close()\n"
              "many = ['true', 'first', *['a' * 100000] * 12]\n"
              "env = {f'E{i}': 'e' * 100000 for i in range(6)}\n"
              "if os.fork() == 0: os.execve('/bin/true', many, env)\n"
              "if os.fork() == 0: os.execve('/bin/true', ['true', 'first', *['b'] * 100000], env)\n"
              "os.wait(); os.wait(); os.chdir('/'); open('/tmp/mark-last', 'w').close()\n")
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory, HUGE)) as guard, \
            container("runc", Spec(["/usr/bin/python3", "-c", script], name="huge")) as box:
        box.run()
        for rule, want in (("Marked", [14, 3284, 4072]), ("Opened deep down", [3284, 4072])):
            names = [len(a["output_fields"]["fd.name"]) for a in guard.wait_for(rule, len(want), name=box.id)]
            tap.check(sorted(names) == want, f"{rule}: {names}")
        ran = guard.wait_for("Ran with very much", 2, name=box.id)
        tap.check(len(ran) == 2, f"{len(ran)} programs")
        longest = max(len(json.dumps(a)) for a in guard.alerts)
        tap.check(longest < 128 << 10, f"a document of {longest} bytes")
        tap.check(guard.stop() == 0 and any(" 0 events lost" in line for line in guard.said), f"{guard.said}")


DEEP = MARK + """
- rule: Opened in the depth
  desc: a path with too many names has its beginning and its end; one that has far too many looks like none
  condition: evt.type = openat and (fd.name startswith /tmp/pit/ or fd.name startswith ...) and fd.name endswith /goal
  output: "%fd.name"
  priority: WARNING
"""


def deep() -> None:
    """who goes down a hundred or a thousand directories is still below the first of them"""
    script = ("import os\n"
              "os.makedirs('/tmp/pit/1/2/3/4'); os.chdir('/tmp/pit/1/2/3/4')\n"
              "for i in range(1250):\n"
              "    if i in (50, 88, 120, 1240): open('goal', 'w').close()\n"
              "    os.mkdir('d'); os.chdir('d')\n"
              "os.chdir('/tmp/pit/1'); os.mkdir('n' * 255); os.chdir('n' * 255)\n"
              "for i in range(40):\n"
              "    os.mkdir('n' * 255); os.chdir('n' * 255)\n"
              "open('goal', 'w').close(); os.chdir('/'); os.system('rm -rf /tmp/pit'); open('/tmp/mark-last', 'w').close()\n")
    first = "/tmp/pit/1/2/3/4"
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory, DEEP)) as guard, \
            container("runc", Spec(["/usr/bin/python3", "-c", script], name="deep")) as box:
        box.run()
        guard.wait_for("Marked", 1, name=box.id)
        names = [a["output_fields"]["fd.name"] for a in guard.wait_for("Opened in the depth", 5, name=box.id)]
        tap.check(names[0] == first + "/d" * 50 + "/goal", names[0])
        tap.check(names[1] == first + "/d" * 88 + "/goal", names[1])
        for name in (names[2], names[4]):
            tap.check(re.fullmatch(r"/tmp/pit/1/[2n]+/\.\.\.n*(/d)*(/n{255})*/goal", name) and len(name) < 4096, name)
        tap.check(re.fullmatch(r"\.\.\.(/d)+/goal", names[3]), names[3])
        tap.check(guard.stop() == 0, str(guard.said))


def masked() -> None:
    """passwords in command lines and environments are told by nobody, unless that is asked for"""
    script = "sh -c 'echo x >/tmp/mark-a' --password=hunter2 TOKEN=hunter2; echo"
    with tempfile.TemporaryDirectory() as directory:
        rules = rules_in(directory, MARK.replace("in %container.id", "by %proc.cmdline with %proc.env in %container.id"))
        spec = Spec(["/bin/sh", "-c", script], name="masked", environment={"DB_PASSWORD": "hunter2"})
        for options, expected in ((), False), (("--no-mask",), True):
            with Guard(*options, rules=rules) as guard, container("runc", spec) as box:
                box.run()
                box.wait()
                found = guard.wait_for("Marked", name=box.id)
                text = json.dumps(found)
                tap.check(len(found) == 1 and "--password=" in text and "DB_PASSWORD=" in text, text)
                tap.check(("hunter2" in text) == expected, text)


def programs() -> set[int]:
    """Ids of the BPF programs in the kernel."""
    if not shutil.which("bpftool"):
        tap.skip("bpftool is not here")
    done = subprocess.run(["bpftool", "-j", "prog", "list"], capture_output=True, text=True)
    if done.returncode:
        tap.skip(f"bpftool: {done.stderr.strip()}")
    return {p["id"] for p in json.loads(done.stdout) if p.get("name", "").startswith("guard_")}


def nothing_left() -> None:
    """stopped or killed, it leaves nothing attached; two guards see the same"""
    at_first = programs()
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory)) as one, \
            Guard(rules=rules_in(directory)) as two:
        tap.check(len(programs() - at_first) >= 10, "the programs of two guards are not there")
        with container("runc", Spec(["/bin/sh", "-c", "echo x >/tmp/mark-a"], name="seen")) as box:
            box.run()
            box.wait()
            tap.check(one.wait_for("Marked", name=box.id) and two.wait_for("Marked", name=box.id), "not both see it")
        one.process.kill()
    deadline = time.monotonic() + 10
    while programs() - at_first and time.monotonic() < deadline:
        time.sleep(0.1)
    tap.check(programs() <= at_first, "programs are left behind")


def children(pid: int) -> dict[str, dict[str, str]]:
    """Status of the processes that it started, by name."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{child}/status").read_text().splitlines() if ":\t" in line)
        found[status["Name"]] = {k: v.strip() for k, v in status.items()}
    return found


def confined() -> None:
    """who looks at what containers write has no privileges; the guard ends with a word if one of its processes does"""
    with tempfile.TemporaryDirectory() as directory:
        for victim in ("merlon-engine", "merlon-outputs"):
            with Guard(rules=rules_in(directory)) as guard:
                parts = children(guard.process.pid)
                engine, outputs, reader = parts["merlon-engine"], parts["merlon-outputs"], parts["merlon-reader"]
                tap.check("0" not in engine["Uid"].split() and "0" not in outputs["Uid"].split(), str(parts))
                tap.check(not set(engine["Uid"].split()) & set(outputs["Uid"].split()), "the engine may write the outputs' files")
                tap.check("65534" not in (engine["Uid"] + outputs["Uid"]).split(), "any container's nobody may stop them")
                maps_are_free = tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2]) >= (5, 19)
                tap.check(int(outputs["CapPrm"], 16) == 0, str(parts))
                tap.check(int(engine["CapPrm"], 16) == (0 if maps_are_free else CAP_BPF), str(parts))
                tap.check(int(reader["CapPrm"], 16) == CAP_DAC_READ_SEARCH | CAP_SYS_PTRACE, str(parts))
                tap.check(len({parts[f"merlon-{name}"]["Uid"] for name in ("engine", "outputs", "reader", "resolver")}) == 4 and "0" not in reader["Uid"].split(), str(parts))
                tap.check(reader["Seccomp"] == "2" and reader["NoNewPrivs"] == "1", str(parts))
                tap.check(engine["Seccomp"] == "2" and engine["NoNewPrivs"] == outputs["NoNewPrivs"] == "1", str(parts))
                subprocess.run(["kill", "-9", parts[victim]["Pid"]], check=True)
                tap.check(guard.process.wait(30) == 6, f"{victim}: exit {guard.process.returncode}")
                guard.stop()
                tap.check(any("ended unasked" in line for line in guard.said), f"{victim}: {guard.said}")


NAMES = """
- rule: By name
  desc: a name that this machine knows, and one that nobody does
  condition: evt.type = connect and fd.sip.name in (localhost, merlon.invalid) and container.id != host
  output: "%fd.sip.name %fd.name"
  priority: WARNING
"""


def names() -> None:
    """names in rules are looked up, by a process without privileges; one that leads nowhere is told of"""
    script = "for n in 1 2; do (exec 3<>/dev/tcp/127.0.0.$n/9); done; true"
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory, NAMES)) as guard:
        resolver = children(guard.process.pid)["merlon-resolver"]
        tap.check(int(resolver["CapPrm"], 16) == 0 and "0" not in resolver["Uid"].split() and resolver["Seccomp"] == "2", str(resolver))
        with container("runc", Spec(["/usr/bin/bash", "-c", script], name="names")) as box:
            box.run()
            box.wait()
            found = guard.wait_for("By name", name=box.id)
            tap.check([a["output_fields"]["fd.sip.name"] for a in found] == ["localhost"], f"{guard.alerts}")
            tap.check("->127.0.0.1:9" in found[0]["output_fields"]["fd.name"], str(found))
        unknown = guard.find("merlon: names without address")
        tap.check(len(unknown) == 1 and unknown[0]["output"].startswith("merlon.invalid "), str(guard.alerts))
        subprocess.run(["kill", "-9", resolver["Pid"]], check=True)
        tap.check(guard.wait_for("merlon: names not looked up"), "it does not say that names stay as they are")


def silent() -> None:
    """files that never answer delay nobody, and are told of"""
    if not os.access("/dev/fuse", os.W_OK):
        tap.skip("there is no /dev/fuse")
    script = "exec </hang/file; touch /tmp/ready; sleep 100"
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as hang, FallingSilent(Path(hang)) as files:
        bind = {"destination": "/hang", "source": hang, "type": "bind", "options": ["bind", "ro"]}
        with container("runc", Spec(["/bin/sh", "-c", script], name="silent", mounts=[bind])) as box, \
                container("runc", Spec(["/bin/sh", "-c", "echo x >/tmp/mark-a"], name="heard")) as other:
            box.run()
            deadline = time.monotonic() + 20
            while not Path(box.root, "tmp/ready").exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            files.silent = True
            started = time.monotonic()
            with Guard(rules=rules_in(directory)) as guard:
                took = time.monotonic() - started
                tap.check(took < 10, f"it took {took:.1f} s to start")
                found = guard.wait_for("merlon: reads given up")
                tap.check(len(found) == 1 and found[0]["kind"] == "loss" and files.unanswered, f"{found}, {files.unanswered}")
                fields = found[0]["output_fields"]
                tap.check(fields["merlon.what"] == "process_memory" and fields["container.name"] == box.id, str(fields))
                other.run()
                tap.check(guard.wait_for("Marked", name=other.id), "another container's alert is missing")
                tap.check("merlon-reader" in children(guard.process.pid), "nobody reads any more")
                tap.check(guard.stop() == 0, str(guard.said))
                tap.check(len(guard.find("merlon: reads given up")) == 1, "it asked again")


def stuck() -> None:
    """an engine that hangs does not keep the guard from ending"""
    with tempfile.TemporaryDirectory() as directory, Guard(rules=rules_in(directory)) as guard:
        engine = int(children(guard.process.pid)["merlon-engine"]["Pid"])
        os.kill(engine, signal.SIGSTOP)
        tap.check(guard.stop() not in (0, 1), f"exit {guard.process.returncode}: {guard.said}")
        tap.check(any("was killed" in line for line in guard.said), str(guard.said))


def told() -> None:
    """what comes of an alert: the store and its story, a log file, numbers over HTTP, the view of merlon top"""
    with tempfile.TemporaryDirectory() as directory:
        store, log, status = (Path(directory, name) for name in ("state/alerts.db", "log.jsonl", "status/status.json"))
        os.chmod(directory, 0o755)
        command = [merlon.BINARY, "guard", "--rules", rules_in(directory), "--store", store, "--metrics", "0", "--status", status,
                   "--output", f"file:{log}"]
        with merlon.running(command, text=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process, \
                container("runc", Spec(["/bin/sh", "-c", "echo x >/tmp/mark-a; cat /etc/hostname; sleep 120"], name="told")) as box:
            assert process.stderr
            said = [process.stderr.readline()]
            while not said[-1].startswith("guarding"):
                tap.check(said[-1], f"it has ended: {said}")
                said.append(process.stderr.readline())
            box.run()
            port = next(line.split()[-1] for line in said if line.startswith("metrics at port"))
            deadline = time.monotonic() + 60
            page = ""
            # Numbers are a second old.
            while not (f'name="{box.id}"' in page and 'priority="Warning"} 1' in page) and time.monotonic() < deadline:
                time.sleep(0.2)
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                    page = answer.read().decode()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
                tap.check(answer.status == 200, f"health: {answer.status}")
            view = json.loads(merlon.run("top", "--once", "--json", "--status", status, "--store", store).stdout)
            process.send_signal(signal.SIGINT)
            process.wait(30)
        tap.check('merlon_alerts_total{priority="Warning"} 1' in page and 'merlon_events_lost_total{reason="ring_full"} 0' in page, page)
        tap.check(any(c["name"] == box.id and c["records"] > 0 for c in view["containers"]), str(view["containers"]))
        alerts = json.loads(merlon.run("alerts", "list", "--json", "--rule", "Marked", "--store", store).stdout)
        tap.check(len(alerts) == 1 and alerts[0]["container"]["name"] == box.id, str(alerts))
        story = merlon.run("alerts", "show", "--store", store, alerts[0]["uuid"]).stdout
        tap.check(all(word in story for word in ("Marked", "/tmp/mark-a", "cat /etc/hostname", "runc")), story)
        logged = [json.loads(line) for line in log.read_text().splitlines()]
        tap.check([a["uuid"] for a in logged if a["rule"] == "Marked"] == [alerts[0]["uuid"]], str(logged))
        tap.check(not status.exists() and store.stat().st_uid != 0, "files of the outputs")


def new_user() -> None:
    """who writes alerts may become another: what there was before there was a user is theirs, what is somebody else's is refused"""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        store, log, spool = (Path(directory, name) for name in ("state/alerts.db", "log.jsonl", "spool"))
        command = ["guard", "--rules", rules_in(directory), "--store", store, "--status", Path(directory, "status.json"),
                   "--output", f"file:{log}", "--output", f"webhook:http://127.0.0.1:1/,spool={spool}", "--duration", "500ms"]

        def owners() -> set[int]:
            return {path.stat().st_uid for path in (store, store.parent, log, spool, *spool.iterdir())}

        merlon.run(*command)
        nobodys = owners()
        done = merlon.run(*command, "--user", "games", check=False)
        tap.check(done.returncode == 0 and owners() == {pwd.getpwnam("games").pw_uid} != nobodys, f"{done.stderr}: {nobodys}, {owners()}")
        started = json.loads(merlon.run("alerts", "list", "--json", "--rule", "merlon: started", "--store", store).stdout)
        tap.check(len(started) == 2, f"{started}")
        done = merlon.run(*command, check=False)
        tap.check(done.returncode != 0 and "alerts.db belongs to user" in done.stderr, f"exit {done.returncode}: {done.stderr}")


def refused() -> None:
    """what can't be is said"""
    for option in ("--keep=soon", "--keep-size=-1", "--keep-size=1G"):
        done = merlon.run("guard", "--rules", RULES, option, check=False)
        tap.check(done.returncode == 2 and option.partition("=")[2] in done.stderr, f"exit {done.returncode}: {done.stderr}")
    done = merlon.run("guard", "--rules", "/no/such/rules", check=False)
    tap.check(done.returncode == 4 and "/no/such/rules" in done.stderr, f"{done.returncode} {done.stderr}")
    with tempfile.TemporaryDirectory() as directory:
        bad = rules_in(directory, "- rule: Bad\n  desc: d\n  condition: no.such.field = 1\n  output: x\n  priority: INFO\n")
        done = merlon.run("guard", "--rules", bad, check=False)
        tap.check(done.returncode == 5 and "rules.yaml:3" in done.stderr, f"{done.returncode} {done.stderr}")
        done = merlon.run("guard", "--rules", rules_in(directory), "--disable", "Nobody*", check=False)
        tap.check(done.returncode == 4 and "Nobody*" in done.stderr, f"{done.returncode} {done.stderr}")
        done = merlon.run("guard", "--rules", rules_in(directory), "-o", "pigeon:post", check=False)
        tap.check(done.returncode == 2 and "pigeon" in done.stderr and "guarding" not in done.stderr, f"{done.returncode} {done.stderr}")
        os.chmod(directory, 0o755)
        done = merlon.run("guard", "--no-store", "--rules", rules_in(directory), check=False, user=65534, group=65534, extra_groups=[])
        tap.check(done.returncode == 3 and "root" in done.stderr, f"{done.returncode} {done.stderr}")
        shared = Path(directory, "shared")
        shared.mkdir(mode=0o755)
        done = merlon.run("guard", "--rules", rules_in(directory), "--no-store", "--duration", "1s",
                          "--output", f"webhook:http://127.0.0.1:9/,spool={shared}", check=False)
        tap.check(done.returncode not in (0, 1) and str(shared) in done.stderr, f"{done.returncode} {done.stderr}")
        tap.check(shared.stat().st_uid == 0, "a directory that others use was given away")
    done = merlon.run("guard", "--host", "-c", "web", check=False)
    tap.check(done.returncode == 2, f"{done.returncode} {done.stderr}")


def main() -> None:
    """All of it on the host; what differs by kernel in machines."""
    with tap.Suite("guard") as suite:
        for test in (before, after):
            for runtime in ("runc",) if QUICK else ("runc", "crun", "podman", "containerd"):
                works, why = available(runtime)
                title = f"{runtime}: {test.__doc__}"
                if works:
                    suite.run(test, runtime, name=title)
                else:
                    suite.skip(title, why)
        for test in (as_written, reload, half_reloaded, many, filtered, flood, lost, given_up, hostile, confined, names, told, nothing_left) + (() if QUICK else (at_rest, storms, silent, masked, stuck, refused, new_user, huge, deep, killed)):
            suite.run(test)


if __name__ == "__main__":
    main()
