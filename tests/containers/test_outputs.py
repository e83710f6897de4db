#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What becomes of alerts: the store and who reads it, and outputs whose receivers are down, slow, sick or full."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import random
import re
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import merlon
import tap
from receiver import Receiver

EVIL = "x\n00:00:00Z Critical forged\r\x1b[2J\x07\u009b31m\u202egpj\x7f\x85\u2028\u200b\ufeff\U000e0041é"
HIDDEN = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")


def alert(number: int, **more: Any) -> dict[str, Any]:
    """A finding; its uuid says which."""
    return {"time": f"2026-11-22T09:{number // 60 % 60:02}:{number % 60:02}.000000{number % 1000:03}Z",
            "uuid": f"019ab0c4-0000-7000-8000-{number:012x}", "kind": "finding", "rule": "Shell in a container",
            "priority": "Warning", "source": "syscall", "hostname": "node-7", "output": f"A shell, number {number}",
            "tags": ["shell"], "output_fields": {"proc.name": "bash"},
            "container": {"id": "0123456789abcdef", "name": "web", "image": "nginx:1",
                          "pod": {"name": "web-7d9", "namespace": "shop"}},
            "process": {"pid": 4711, "name": "bash", "ancestors": [{"pid": 812, "name": "shim"},
                                                                   {"pid": 1, "name": "systemd"}]}, **more}


def lines(alerts: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(a) + "\n" for a in alerts)


def numbers(uuids: list[str]) -> list[int]:
    return [int(uuid[24:], 16) for uuid in uuids]


@contextmanager
def workshop() -> Iterator[Path]:
    """A directory for a test."""
    with tempfile.TemporaryDirectory(prefix="merlon-outputs-") as directory:
        yield Path(directory)


def alerts(directory: Path, *arguments: str | Path, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """A command on the store in a directory."""
    return merlon.run("alerts", *arguments, "--store", directory / "alerts.db", check=check, **options)


def listed(directory: Path, *arguments: str) -> list[dict[str, Any]]:
    return json.loads(alerts(directory, "list", "--json", *arguments).stdout)


def forward(text: str, *outputs: str, wait: str = "10s") -> subprocess.CompletedProcess[str]:
    """Give lines to outputs; the exit status is 0 if all were sent."""
    words = [word for output in outputs for word in ("--output", output)]
    return merlon.run("alerts", "forward", "--from", "-", "--wait", wait, *words, check=False, input=text)


# --- the store -------------------------------------------------------------------------------------------------------

FALCO = ('{"hostname":"n","output":"09:31:05.000000017: Error A thing (x)","priority":"Error","rule":"R",'
         '"source":"syscall","tags":["a"],"time":"2026-11-22T09:31:05.000000017Z","output_fields":{"container.id":'
         '"0123456789ab","container.name":"db","proc.pid":17,"k8s.ns.name":null}}\n')


def imports() -> None:
    """Alerts are imported, Falco's own too, each once; what is none is named"""
    with workshop() as here:
        file = here / "x.jsonl"
        file.write_text(lines([alert(1), alert(2)]) + FALCO)
        tap.check("3 alerts stored" in alerts(here, "import", file).stdout, "import")
        tap.check("0 alerts stored, 3 were there" in alerts(here, "import", file).stdout, "import again")
        done = alerts(here, "import", "-", check=False, input=lines([alert(3)]) + '{"rule": 1}\n\x01\nnull\n')
        tap.check(done.returncode == 5 and "1 alerts stored" in done.stdout and "3 lines are none" in done.stdout,
                  f"{done.returncode}: {done.stdout}{done.stderr}")
        tap.check("standard input:2: alert:" in done.stderr, done.stderr)
        found = listed(here, "--container", "db")
        tap.check(len(found) == 1 and found[0]["rule"] == "R" and len(found[0]["uuid"]) == 36, f"{found}")
        tap.check((here / "alerts.db").stat().st_mode & 0o777 == 0o600, "others can read the store")


def questions() -> None:
    """Lists by time, rule, place and priority; none is no error, an unknown number is"""
    with workshop() as here:
        made = [alert(i) for i in range(1, 6)] + [alert(6, rule="Miner", priority="Critical"),
                                                  alert(7, container=None, source="k8s_audit")]
        alerts(here, "import", "-", input=lines(made))
        for words, count in ((("--rule", "miner"), 1), (("--container", "web"), 6), (("--container", "0123"), 6),
                             (("--severity", "critical"), 1), (("--source", "k8s*"), 1), (("--pod", "web-*"), 6),
                             (("--namespace", "none"), 0), (("--since", "2026-11-22T09:00:04Z"), 4),
                             (("--until", "2026-11-22T09:00:02Z"), 1), (("--since", "1m"), 0), (("--limit", "2"), 2)):
            tap.check(len(listed(here, *words)) == count, f"{words}: {len(listed(here, *words))}")
        tap.check([a["id"] for a in listed(here)] == [1, 2, 3, 4, 5, 6, 7], "order")
        story = json.loads(alerts(here, "show", "6", "--json").stdout)
        tap.check(len(story["around"]) == 5 and story["rule"] == "Miner", f"{story}")
        for words, code in ((("show", "99"), 4), (("ack", "99", "--reason", "x"), 4), (("unsuppress", "9"), 4),
                            (("list", "--since", "soon"), 5), (("show", "019a"), 5), (("ack", "1"), 2),
                            (("suppress", "--rule", "x"), 2), (("suppress", "--reason", "x"), 2), (("lst",), 2)):
            done = alerts(here, *words, check=False)
            tap.check(done.returncode == code, f"{words}: {done.returncode}: {done.stderr}")
    done = merlon.run("alerts", "--store", "/nonexistent/alerts.db", check=False)
    tap.check(done.returncode == 4 and "there is no store" in done.stderr, done.stderr)


def people() -> None:
    """Acknowledged and suppressed, with reason and who, as a running writer sees it"""
    with workshop() as here:
        alerts(here, "import", "-", input=lines([alert(1), alert(2)]))
        alerts(here, "ack", "1", "--reason", "a drill")
        tap.check([a["id"] for a in listed(here, "--unacknowledged")] == [2], "unacknowledged")
        tap.check(listed(here)[0]["acknowledged"]["reason"] == "a drill", "reason")
        alerts(here, "suppress", "--rule", "Shell*", "--reason", "known", "--for", "1h")
        found = json.loads(alerts(here, "suppressions", "--json").stdout)
        tap.check(found[0]["rule"] == "Shell*" and not found[0]["expired"] and found[0]["who"], f"{found}")
        tap.check("known" in alerts(here, "suppressions").stdout, "text")
        alerts(here, "unsuppress", "1")
        tap.check(json.loads(alerts(here, "suppressions", "--json").stdout) == [], "unsuppress")
        stats = json.loads(alerts(here, "stats", "--by", "hour", "--json").stdout)
        tap.check(stats["groups"][0] | {"first": 0, "last": 0} ==
                  {"key": "2026-11-22T09:00Z", "count": 2, "suppressed": 0, "acknowledged": 1, "worst": "Warning",
                   "first": 0, "last": 0}, f"{stats}")


def of_all() -> None:
    """Who suppresses everything says for how long, or that it is meant; lists and merlon top tell what is suppressed"""
    with workshop() as here:
        alerts(here, "import", "-", input=lines([alert(1)]))
        for words in (("--rule", "*"), ("--rule", "**", "--container", "?*"), ("--process", "*")):
            done = alerts(here, "suppress", *words, "--reason", "x", check=False)
            tap.check(done.returncode == 2 and "never ends" in done.stderr, f"{words}: {done.returncode} {done.stderr}")
        tap.check("in force" not in alerts(here, "list").stderr, "none was made")
        tap.check("every alert" in alerts(here, "suppress", "--rule", "*", "--reason", "x", "--for", "1h").stderr, "--for")
        tap.check("every alert" in alerts(here, "suppress", "--rule", "*", "--reason", "x", "--yes").stderr, "--yes")
        for words in (("--rule", "*", "--container", "web"), ("--rule", "S*")):
            tap.check(alerts(here, "suppress", *words, "--reason", "x").stderr == "", f"{words}")
        tap.check("4 suppressions in force, 0 alerts not sent" in alerts(here, "list").stderr, "list")
        tap.check("in force" not in alerts(here, "list", "--suppressed").stderr, "list --suppressed")
        status = here / "status.json"
        status.write_text(json.dumps({"time": time.time_ns(), "metrics": []}))
        shown = merlon.run("top", "--once", "--status", status, "--store", here / "alerts.db").stdout
        tap.check("Last alerts (4 suppressions in force" in shown, shown)


def follows() -> None:
    """A list that follows shows what another process stores"""
    with workshop() as here:
        alerts(here, "import", "-", input=lines([alert(1)]))
        with merlon.running([merlon.BINARY, "alerts", "--follow", "--json", "--store", here / "alerts.db"],
                            stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout
            first = json.loads(reader.stdout.readline())
            alerts(here, "import", "-", input=lines([alert(2), alert(3)]))
            rest = [json.loads(reader.stdout.readline()) for _ in range(2)]
            for file in here.glob("alerts.db*"):                # as after damage
                file.rename(here / file.name.replace("alerts", "old"))
            alerts(here, "import", "-", input=lines([alert(4)]))
            anew = json.loads(reader.stdout.readline())
            reader.terminate()
        tap.check([a["id"] for a in [first, *rest]] == [1, 2, 3], f"{first} {rest}")
        tap.check(anew["uuid"] == alert(4)["uuid"], f"{anew}")


def hostile() -> None:
    """No text of an alert drives a terminal or forges a line"""
    made = alert(1, rule=EVIL, output=EVIL, hostname=EVIL, next=[EVIL], why=[{"term": EVIL, "value": EVIL}],
                 before=[{"time": "2026-11-22T09:00:00Z", "pid": 1, "text": EVIL}],
                 event={"type": EVIL, "number": 1, "args": {EVIL: EVIL}, "fd": {"name": EVIL}},
                 container={"id": "0123456789abcdef", "name": EVIL, "image": EVIL, "pod": {"name": EVIL, "namespace": EVIL}},
                 process={"pid": 1, "name": EVIL, "cmdline": EVIL, "exe": EVIL, "user": EVIL,
                          "ancestors": [{"pid": 1, "name": EVIL}]})
    with workshop() as here:
        alerts(here, "import", "-", input=lines([made]))
        alerts(here, "suppress", "--rule", EVIL, "--reason", EVIL)
        alerts(here, "ack", "1", "--reason", EVIL)
        for words in (("list",), ("show", "1"), ("stats",), ("stats", "--by", "container"), ("suppressions",)):
            text = alerts(here, *words).stdout
            tap.check("forged" in text, f"{words}: {text}")
            bad = HIDDEN.findall(text)
            tap.check(not bad and not any(line.startswith("00:00:00Z") for line in text.splitlines()), f"{words}: {text!r}")
        text = forward(lines([made]), "text").stdout
        tap.check(text.count("\n") == 2 and "\x1b" not in text, repr(text))
        # As JSON it is what it was, in another spelling.
        for words in (("list", "--json"), ("show", "1", "--json")):
            text = alerts(here, *words).stdout
            first = json.loads(text)
            first = first[0] if isinstance(first, list) else first
            tap.check((first.get("alert") or first)["rule"] == EVIL and not HIDDEN.search(text), f"{words}: {text!r}")
        log = here / "log.json"
        text = forward(lines([made]), "json", f"file:{log}").stdout
        for line in (text, log.read_text()):
            tap.check(json.loads(line)["rule"] == EVIL and not HIDDEN.search(line) and len(line.splitlines()) == 1, repr(line))


def on_terminal(*command: str | Path, rows: int = 24, columns: int = 80) -> str:
    """What a command prints to a terminal of that size."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=os.environ | {"TERM": "xterm"})
    os.close(its)
    said = b""
    try:
        while more := os.read(ours, 65536):
            said += more
    except OSError:     # it has ended
        pass
    os.close(ours)
    process.wait(30)
    return said.decode().replace("\r\n", "\n")


def top_of_many() -> None:
    """merlon top of a thousand containers fits the terminal: who loses first, then who is busy; the rest is counted"""
    def metric(kind: str, number: int, value: int) -> dict[str, Any]:
        return {"name": f"merlon_container_{kind}_total", "help": "x", "gauge": False, "value": value,
                "labels": {"container": f"{number:064}", "name": EVIL if number == 990 else f"web-{number}"}}

    metrics = [metric("records", n, n) for n in range(1000)] + [metric("lost", n, int(n == 7)) for n in range(1000)]
    metrics.append({"name": "merlon_containers", "help": "x", "gauge": True, "value": 1200})
    long = "x" * 90 + "é" * 200
    with workshop() as here:
        alerts(here, "import", "-", input=lines([alert(1, output=f"A shell (command={long} file=/bin/sh)",
                                                       output_fields={"proc.cmdline": long})]))
        status = here / "status.json"
        status.write_text(json.dumps({"time": time.time_ns(), "metrics": metrics}))
        words = (merlon.BINARY, "top", "--once", "--status", status, "--store", here / "alerts.db")
        plain = subprocess.run([*words], text=True, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
        tap.check([line.split()[0] for line in plain.splitlines() if line.startswith("web-")][:3] == ["web-7", "web-999", "web-998"],
                  plain)
        tap.check("... and 1,160 more" in plain and not HIDDEN.search(plain), plain)
        for rows, columns in ((24, 80), (10, 100), (60, 200)):
            shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(*words, rows=rows, columns=columns))
            tap.check(shown.count("\n") <= max(rows, 13) and "web-7 " in shown, f"{rows} rows: {shown}")
            tap.check(all(len(line) <= columns for line in shown.splitlines() if "command=" in line), f"{columns} columns: {shown}")
        view = json.loads(subprocess.run([*words, "--json"], text=True, check=True, stdout=subprocess.PIPE).stdout)
        tap.check(len(view["containers"]) == 1000, f"{len(view['containers'])} rows")
        listed_ = alerts(here, "list").stdout
        tap.check("xxxé" in listed_ and "file=/bin/sh)" in listed_ and long not in listed_, listed_)
        tap.check(long in alerts(here, "show", "1").stdout, "the story has all of it")


# --- webhooks --------------------------------------------------------------------------------------------------------

def hook(receiver: Receiver, here: Path, **options: Any) -> str:
    words = {"retry": "200ms", **options}
    return f"webhook:{receiver.url},spool={here}/spool" + "".join(f",{name}={value}" for name, value in words.items())


def delivered(receiver: Receiver, count: int) -> None:
    """All were accepted, in order."""
    tap.check(numbers(receiver.uuids()) == list(range(count)),
              f"{len(receiver.uuids())} of {count}: {numbers(receiver.uuids())[:50]}")


def arrives() -> None:
    """A webhook gets every alert once, in order; in arrays if asked for; with the headers of a file"""
    with workshop() as here:
        (here / "headers").write_text("# who we are\nAuthorization: Bearer s3cret\nX-Node: 7\n")
        for batch in (1, 64):
            with Receiver() as receiver:
                done = forward(lines([alert(i) for i in range(300)]),
                               hook(receiver, here, batch=batch, headers=here / "headers"))
                tap.check(done.returncode == 0, f"{done.returncode}: {done.stderr}")
                delivered(receiver, 300)
                tap.check(len(receiver.accepted) == 300, "sent more than once")
                tap.check(batch == 1 or len(receiver.requests) < 200, f"{len(receiver.requests)} requests")
                tap.check(receiver.headers[0]["Authorization"] == "Bearer s3cret" and
                          receiver.headers[0]["Content-Type"] == "application/json", f"{receiver.headers[0]}")
                tap.check("s3cret" not in done.stderr + done.stdout, "a secret is shown")
        (here / "headers").write_text("good: 1\nbad s3cret\n")
        with Receiver() as receiver:
            done = forward("", hook(receiver, here, headers=here / "headers"))
            tap.check(done.returncode == 5 and "headers:2:" in done.stderr and "s3cret" not in done.stderr, done.stderr)


def last_words() -> None:
    """What is taken just before the end is sent, if the receiver is there"""
    with workshop() as here, Receiver() as receiver:
        done = forward(lines([alert(i) for i in range(20)]), hook(receiver, here), wait="0s")
        tap.check(numbers(receiver.uuids()) == list(range(20)), f"{receiver.uuids()} {done.stderr}")


def receiver_down() -> None:
    """A receiver that is down loses nothing: the spool outlives the process, and goes first"""
    with workshop() as here:
        with Receiver() as gone:
            port = gone.port
        words = f"webhook:http://127.0.0.1:{port}/,spool={here}/spool,retry=200ms"
        done = forward(lines([alert(i) for i in range(200)]), words, wait="1s")
        tap.check(done.returncode == 1 and "200 waiting" in done.stderr and "alerts wait" in done.stderr, done.stderr)
        with Receiver(port=port) as receiver:
            done = forward(lines([alert(i) for i in range(200, 210)]), words)
            tap.check(done.returncode == 0, done.stderr)
            delivered(receiver, 210)


def nobody_there() -> None:
    """Thousands of alerts for receivers that are away: they are not waited for one by one"""
    with workshop() as here:
        began = time.monotonic()
        done = forward(lines([alert(i) for i in range(3000)]), f"webhook:http://127.0.0.1:1/,spool={here}/spool",
                       f"syslog:{here}/none", wait="1s")
        count = {line.split(":")[0]: words_of(line) for line in done.stderr.splitlines() if " taken" in line}
        tap.check(done.returncode == 1 and count["webhook"]["waiting"] == 3000, done.stderr)
        tap.check(count["syslog"]["waiting"] == 3000, done.stderr)
        tap.check(time.monotonic() - began < 15, f"{time.monotonic() - began:.0f} s")


def comes_back() -> None:
    """A receiver that comes back while we run gets all of it"""
    with workshop() as here:
        with Receiver() as gone:
            port = gone.port
        words = ["--output", f"webhook:http://127.0.0.1:{port}/,spool={here}/spool,retry=300ms"]
        with merlon.running([merlon.BINARY, "alerts", "forward", "--from", "-", *words], stdin=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True) as sender:
            assert sender.stdin and sender.stderr
            sender.stdin.write(lines([alert(i) for i in range(100)]))
            sender.stdin.flush()
            time.sleep(1)
            with Receiver(port=port) as receiver:
                receiver.wait(100)
                sender.stdin.close()
                tap.check(sender.wait(20) == 0, "exit status")
                text = sender.stderr.read()
                tap.check("alerts wait" in text and "works again" in text, text)
                delivered(receiver, 100)


def sick_receiver() -> None:
    """Answers of 500 and 429, no answer at all, and one that comes too late: sent again, in order"""
    chance = random.Random(4)
    slept: list[int] = []

    def answer(alerts: list[dict[str, Any]]) -> int:
        if len(slept) < 1 and alerts[0]["uuid"].endswith("20"):
            slept.append(1)
            time.sleep(0.7)
        return chance.choice((200,) * 12 + (500, 429, 0))

    with workshop() as here, Receiver(answer) as receiver:
        done = forward(lines([alert(i) for i in range(60)]), hook(receiver, here, timeout="400ms", retry="30ms"),
                       wait="20s")
        tap.check(done.returncode == 0 and "retried" in done.stderr, f"{done.returncode}: {done.stderr}")
        delivered(receiver, 60)


def refused() -> None:
    """What the receiver calls bad is given up after some attempts and counted; the rest goes on"""
    def answer(alerts: list[dict[str, Any]]) -> int:
        return 400 if any(a["uuid"].endswith("05") for a in alerts) else 200

    for batch in (1, 8):
        with workshop() as here, Receiver(answer) as receiver:
            done = forward(lines([alert(i) for i in range(20)]), hook(receiver, here, batch=batch, retry="20ms"))
            tap.check(done.returncode == 1 and "1 dropped" in done.stderr and "19 sent" in done.stderr, done.stderr)
            tap.check(numbers(receiver.uuids()) == [i for i in range(20) if i != 5], f"{numbers(receiver.uuids())}")


def killed() -> None:
    """Killed in the middle, again and again: every alert that was taken arrives, in order"""
    chance, total = random.Random(7), 600

    def answer(alerts: list[dict[str, Any]]) -> int:
        return 500 if chance.random() < 0.02 else 200

    with workshop() as here, Receiver(answer) as receiver:
        words = ["--output", hook(receiver, here, retry="20ms"), "--output", "json"]
        taken = 0
        for _ in range(5):
            with merlon.running([merlon.BINARY, "alerts", "forward", "--from", "-", *words], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as sender:
                assert sender.stdin and sender.stdout
                writer = threading.Thread(target=feed, args=(sender, range(taken, total)))
                writer.start()
                time.sleep(chance.uniform(0.02, 0.15))
                sender.send_signal(signal.SIGKILL)
                out = sender.stdout.read()
                writer.join()
            taken += out.count("\n")                    # of each, the spool had it before
        done = forward(lines([alert(i) for i in range(taken, total)]), hook(receiver, here, retry="20ms"), wait="20s")
        tap.check(done.returncode == 0, f"{done.returncode}: {done.stderr}")
        tap.check(taken > 0, "nothing was taken before the kill")
        delivered(receiver, total)


def feed(sender: subprocess.Popen[str], some: range) -> None:
    """Write alerts to a process that may die."""
    assert sender.stdin
    try:
        for i in some:
            sender.stdin.write(json.dumps(alert(i)) + "\n")
            sender.stdin.flush()
    except OSError:
        pass
    try:
        sender.stdin.close()
    except OSError:                                     # what it had not taken
        pass


def spool_is_bounded() -> None:
    """A spool gives up the oldest, and says how many"""
    with workshop() as here:
        with Receiver() as gone:
            port = gone.port
        words = f"webhook:http://127.0.0.1:{port}/,spool={here}/spool,max=2M,retry=100ms"
        big = "x" * 20000
        done = merlon.run("alerts", "forward", "--from", "-", "--wait", "1s", "--output", words, check=False,
                          input=lines([alert(i, more=big) for i in range(400)]))
        counted = words_of(done.stderr)
        tap.check(done.returncode == 1 and counted["dropped"] + counted["waiting"] == 400 and counted["dropped"] > 200,
                  f"{counted} {done.stderr}")
        tap.check(sum(f.stat().st_size for f in (here / "spool").iterdir()) <= 2 << 20, "the spool is too large")
        with Receiver(port=port) as receiver:
            forward("", words)
            tap.check(numbers(receiver.uuids()) == list(range(counted["dropped"], 400)), "the newest, in order")


def words_of(text: str) -> dict[str, int]:
    """The counters in the last line: "of: 4 taken 3 sent"."""
    words = text.strip().splitlines()[-1].rpartition(": ")[2].replace(",", "").split()
    return {name: int(number) for number, name in zip(words[::2], words[1::2])}


# --- other outputs ---------------------------------------------------------------------------------------------------

def syslog() -> None:
    """Syslog in the form of RFC 5424, to a socket and over UDP; JSON if asked for"""
    with workshop() as here, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        local.bind(str(here / "log"))
        udp.bind(("127.0.0.1", 0))
        done = forward(lines([alert(1, output=EVIL)]), f"syslog:{here}/log,facility=local0",
                       f"syslog:udp:127.0.0.1:{udp.getsockname()[1]},format=json")
        tap.check(done.returncode == 0, done.stderr)
        text = local.recv(65536).decode()
        tap.check(text.startswith("<132>1 2026-11-22T09:00:01.000000Z node-7 merlon - finding - Shell in a container: "
                                  "web: x\\n") and text.isprintable(), repr(text))
        text = udp.recv(65536).decode()
        tap.check(json.loads(text.partition(" - finding - - ")[2] or text.partition(" finding - ")[2])["output"] == EVIL, text)


@contextmanager
def small_disk(here: Path, size: str) -> Iterator[Path]:
    """A file system of that size."""
    disk = here / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], capture_output=True).returncode:
        tap.skip("no tmpfs can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def full_disk() -> None:
    """A full disk: no half lines, no damaged store, every alert that is lost is counted, the others arrive"""
    made = [alert(i, more="x" * 1000) for i in range(400)]
    with workshop() as here, small_disk(here, "256k") as disk, Receiver() as receiver:
        done = forward(lines(made), f"file:{disk}/log", hook(receiver, here))
        count = {line.split(":")[0]: words_of(line) for line in done.stderr.splitlines() if " taken" in line}
        tap.check(done.returncode == 1 and count["file"]["sent"] + count["file"]["dropped"] == 400, done.stderr)
        tap.check("No space left" in done.stderr and count["webhook"]["sent"] == 400, done.stderr)
        kept = [json.loads(line) for line in (disk / "log").read_text().splitlines()]
        tap.check(len(kept) == count["file"]["sent"], f"{len(kept)} lines")
        (disk / "log").unlink()
        done = merlon.run("alerts", "forward", "--from", "-", "--wait", "2s", "--output",
                          f"webhook:http://127.0.0.1:1/,spool={disk}/spool", check=False,
                          input=lines([alert(i, more="x" * 100000) for i in range(1000, 1004)]))
        words = words_of(done.stderr)
        tap.check(words["waiting"] + words["dropped"] == 4 and words["waiting"] >= 1 and
                  "spool cannot be written" in done.stderr, done.stderr)
        for file in (disk / "spool").iterdir():
            file.unlink()
        done = merlon.run("alerts", "import", "-", "--store", disk / "alerts.db", check=False, input=lines(made))
        tap.check(done.returncode == 6 and "full" in done.stderr, f"{done.returncode}: {done.stderr}")
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        merlon.run("alerts", "import", "-", "--store", disk / "alerts.db", input=lines(made))
        found = json.loads(merlon.run("alerts", "--limit", "0", "--json", "--store", disk / "alerts.db").stdout)
        tap.check(len(found) == 400, f"{len(found)} after there was room again")


def damaged_store() -> None:
    """A damaged store is moved aside, and named; a reader only says so"""
    with workshop() as here:
        (here / "alerts.db").write_bytes(os.urandom(20000))
        done = alerts(here, "list", check=False)
        tap.check(done.returncode == 6 and "alerts.db" in done.stderr, f"{done.returncode}: {done.stderr}")
        done = alerts(here, "import", "-", input=lines([alert(1)]))
        aside = [path for path in here.iterdir() if "damaged" in path.name]
        tap.check(len(aside) == 1 and aside[0].name in done.stderr and aside[0].stat().st_size == 20000, done.stderr)
        tap.check(len(listed(here)) == 1, "the new one")


def metrics() -> None:
    """/metrics tells what outputs did, /healthz that all is well"""
    with workshop() as here, Receiver() as receiver:
        with merlon.running([merlon.BINARY, "alerts", "forward", "--from", "-", "--metrics", "0", "--output",
                             hook(receiver, here)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sender:
            assert sender.stdin and sender.stderr
            port = int(sender.stderr.readline().split()[-1])
            sender.stdin.write(lines([alert(i) for i in range(25)]))
            sender.stdin.flush()
            receiver.wait(25)
            time.sleep(0.1)
            text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
            health = urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
            sender.stdin.close()
            sender.wait(10)
        tap.check(f'merlon_output_sent_total{{output="webhook:{receiver.url}"}} 25\n' in text, text)
        tap.check(health == b"ok\n", f"{health!r}")
        names = [line.split("{")[0].split()[0] for line in text.splitlines() if not line.startswith("#")]
        tap.check(all(f"# TYPE {name} " in text for name in names), text)


if __name__ == "__main__":
    with tap.Suite("outputs") as suite:
        for test in (imports, questions, people, of_all, follows, hostile, top_of_many, arrives, last_words, receiver_down, nobody_there, comes_back, sick_receiver,
                     refused, killed, spool_is_bounded, syslog, full_disk, damaged_store, metrics):
            suite.run(test)
