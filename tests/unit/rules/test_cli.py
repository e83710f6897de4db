#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon rules and merlon events, as they are typed.  Arguments: the program, the top of the sources.  Prints TAP."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON, TOP = sys.argv[1], Path(sys.argv[2])
ROOT = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with

RULES = """\
# Shells in containers.
- list: shells
  items: [sh, bash]

- macro: spawned
  condition: evt.type in (execve, execveat)

- rule: Shell in a container
  desc: Somebody started a shell.
  condition: spawned and container.id != host and proc.name in (shells)
  output: Shell %proc.name in %container.name (command=%proc.cmdline)
  priority: WARNING
  tags: [container, shell]
  tests:
    - name: a shell
      events:
        - {event: execve, process: {name: bash, args: [-i], container: {id: c1, name: web}}}
      expect: match
      output: command=bash -i
    - name: no shell
      events: [{event: execve, process: {name: ls, container: {id: c1}}}]
      expect: silent
    - name: recorded
      file: shells.jsonl
      expect: 2

- rule: Many files
  desc: Reads many files.
  condition: evt.type = openat
  output: o
  priority: INFO
  enabled: false
  count: {at_least: 3, within: 10s, by: proc.pid}
  tests:
    - events: [{event: openat}, {event: openat}, {event: openat}]
      expect: 1
"""

EVENTS = """\
{"format":"merlon-events","version":1,"hostname":"node-7"}
{"define":"container","as":"web","id":"c1","name":"web"}
{"event":"execve","time":"2026-03-01T09:31:05Z","process":{"name":"sh","pid":5,"container":"web"}}
{"event":"execve","process":{"name":"ls","pid":6,"container":"web"}}
{"event":"execve","process":{"name":"bash","pid":7,"container":"web"}}
"""


def merlon(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([MERLON, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


def good(*words: str | Path, status: int = 0) -> str:
    """What a command prints that must end so."""
    done = merlon(*words)
    assert done.returncode == status, f"{words}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def place() -> tuple[Path, Path]:
    """A directory with the rules and events of above; removed with the process."""
    top = Path(tempfile.mkdtemp(dir=ROOT.name))
    (top / "shells.yaml").write_text(RULES)
    (top / "shells.jsonl").write_text(EVENTS)
    return top, top / "shells.yaml"


def test_check_says_what_is_wrong() -> None:
    top, rules = place()
    assert "1 file: 2 rules, 1 macro, 1 list; 0 errors, 0 warnings" in good("rules", "check", rules)
    assert "2 rules" in good("rules", "check", top)                # the directory
    bad = top / "z.yaml"
    bad.write_text("- rule: Bad\n  desc: d\n  condition: proc.nam = x\n  output: \"%foo.bar\"\n  priority: SOON\n")
    text = good("rules", "check", top, status=1)
    assert f"{bad}:3:14: error: there is no field \"proc.nam\" [unknown-field]" in text, text
    assert "     3 |   condition: proc.nam = x\n       |              ^\n         did you mean \"proc.name\"?" in text, text
    assert "foo.bar" in text and "SOON" in text and "3 errors" in text, text
    report = json.loads(good("rules", "check", "--json", top, status=1))
    assert [d["code"] for d in report["diagnostics"]] == ["unknown-field", "unknown-field", "bad-value"], report
    assert report["diagnostics"][0]["line"] == 3 and report["diagnostics"][0]["column"] == 14


def test_check_strict() -> None:
    top, _ = place()
    (top / "z.yaml").write_text("- list: unused\n  items: []\n")
    assert "1 warning" in good("rules", "check", top)
    good("rules", "check", "--strict", top, status=1)
    assert "unused" not in good("rules", "check", "--quiet", top)


def test_check_needs_files() -> None:
    top, _ = place()
    good("rules", "check", status=5)
    good("rules", "check", top / "nosuch.yaml", status=4)
    (top / "empty").mkdir()
    good("rules", "check", top / "empty", status=4)
    (top / "bin.yaml").write_bytes(b"a\0b")
    good("rules", "check", top / "bin.yaml", status=1)


def test_list_filters() -> None:
    _, rules = place()
    names = lambda *words: [r["rule"] for r in json.loads(good("rules", "list", "--json", *words, rules))]
    assert names() == ["Shell in a container", "Many files"]
    assert names("--tag", "shell") == ["Shell in a container"]
    assert names("--tag", "shell", "--tag", "none") == ["Shell in a container"]
    assert names("--priority", "warning") == ["Shell in a container"]
    assert names("--source", "k8s_audit") == []
    assert "Informational syscall   off     Many files" in good("rules", "list", rules)
    good("rules", "list", "--priority", "soon", rules, status=5)


def test_show_prints_a_rule() -> None:
    _, rules = place()
    text = good("rules", "show", "Shell", rules)
    assert "spawned and container.id != host and proc.name in (sh, bash)" in text and "tags: container, shell" in text, text
    rule = json.loads(good("rules", "show", "--json", "Shell in a container", rules))
    assert rule["expanded"].startswith("evt.type in (execve, execveat) and"), rule
    good("rules", "show", "nosuch", rules, status=4)
    good("rules", "show", "n", rules, status=4)                    # both have it in their names


def test_explain_prints_needs() -> None:
    _, rules = place()
    needs = json.loads(good("rules", "explain", "--json", "Shell", rules))
    assert set(needs["events"]) == {"execve", "execveat"} and needs["hooks"] == ["exec"], needs
    assert needs["events"]["execve"] == "container.id != host and proc.name in (sh, bash)", needs
    fields = {f["field"]: f for f in needs["fields"]}
    assert fields["proc.name"]["kernel"] and fields["proc.name"]["uses"] == ["condition", "output"], fields
    assert fields["container.name"]["uses"] == ["output"], fields
    exec_, = needs["decidedInKernel"]["execve that succeeds"]
    assert exec_["decided"] == "partly" and exec_["kernel"] == "comm in (sh, bash)", exec_
    assert [u["field"] for u in exec_["user"]] == ["container.id"], exec_
    text = good("rules", "explain", "Shell", rules)
    assert "execve that succeeds, execveat that succeeds\n" in text and "kernel: comm in (sh, bash)\n" in text, text
    many = json.loads(good("rules", "explain", "--json", "Many files", rules))
    assert many["stateBytes"] > 0 and many["hooks"] == ["open"], many


def test_fields_are_documented() -> None:
    page = (TOP / "docs" / "rules-fields.md").read_text()
    assert page == good("rules", "fields", "--markdown"), "run: merlon rules fields --markdown >docs/rules-fields.md"
    fields = json.loads(good("rules", "fields", "--json"))
    assert len(fields) > 200 and all(f["meaning"] and f["type"] for f in fields)
    assert good("rules", "fields", "proc.nam*").startswith("proc.name ")
    good("rules", "fields", "nosuch", status=1)


def test_fmt_changes_files() -> None:
    top, rules = place()
    assert good("rules", "fmt", rules) == RULES, good("rules", "fmt", rules)
    odd = top / "odd.yaml"
    odd.write_text("# why\n-  macro:  m\n   condition: (a.b   =c)\n")
    assert good("rules", "fmt", "--check", rules, odd, status=1) == f"{odd}\n"
    good("rules", "fmt", "--write", rules, odd)
    assert odd.read_text() == "# why\n- macro: m\n  condition: a.b = c\n", odd.read_text()
    good("rules", "fmt", "--check", rules, odd)
    odd.write_text("- {list: x, items: [y]}\n")
    good("rules", "fmt", "--write", odd, status=5)
    assert odd.read_text() == "- {list: x, items: [y]}\n"


def test_rules_are_tested() -> None:
    top, rules = place()
    text = good("rules", "test", rules)
    assert text.count("\nok ") == 3 and text.startswith("ok 1 - Shell in a container: a shell\n"), text
    assert text.endswith("1..4\n")
    assert good("rules", "test", "--rule", "Many*", rules).endswith("1..1\n")
    rules.write_text(RULES.replace("expect: silent", "expect: match").replace("expect: 2", "expect: 3")
                     .replace("command=bash -i", "nothing of it"))
    text = good("rules", "test", rules, status=1)
    assert "not ok 2 - Shell in a container: no shell" in text and "no alert, expected one" in text, text
    assert "2 alerts, expected 3" in text and "does not contain \"nothing of it\"" in text, text
    report = json.loads(good("rules", "test", "--json", rules, status=1))
    assert (report["passed"], report["failed"]) == (1, 3), report
    rules.write_text(RULES.replace("event: execve, process: {name: ls", "event: exec, process: {name: ls"))
    text = good("rules", "test", rules, status=1)
    assert "line 21: " in text and "there is no event \"exec\"" in text, text


def test_events_are_evaluated() -> None:
    top, rules = place()
    events = top / "shells.jsonl"
    text = good("rules", "test", "--events", events, "--expect", "Shell in a container=2", rules)
    assert text.splitlines()[0] == "09:31:05.000000000: Warning Shell sh in web (command=sh)", text
    alerts = [json.loads(line) for line in good("rules", "test", "--json", "--events", events, rules).splitlines()]
    assert [a["output_fields"]["proc.name"] for a in alerts] == ["sh", "bash"], alerts
    assert alerts[0]["hostname"] == "node-7" and alerts[0]["tags"] == ["container", "shell"], alerts
    good("rules", "test", "--events", events, "--expect", "Shell in a container=1", rules, status=1)
    good("rules", "test", "--events", events, "--expect", "No such=1", rules, status=4)
    good("rules", "test", "--events", top / "nosuch", rules, status=4)
    events.write_text("{\"event\":\"execve\",\"foo\":1}\n")
    done = merlon("rules", "test", "--events", events, rules)
    assert done.returncode == 5 and f"{events}:1: /: an event has no member \"foo\"" in done.stderr, done.stderr


def test_events_are_converted() -> None:
    top, rules = place()
    binary, again = top / "e.mev", top / "again.jsonl"
    good("events", "convert", "-o", binary, top / "shells.jsonl")
    assert binary.read_bytes().startswith(b"MERLNEVT")
    good("events", "convert", "-o", again, binary)
    twice = top / "twice.mev"
    good("events", "convert", "--to", "binary", "-o", twice, again)
    assert twice.read_bytes() == binary.read_bytes()
    assert good("rules", "test", "--events", binary, rules) == good("rules", "test", "--events", again, rules) != ""
    binary.write_bytes(binary.read_bytes()[:-3])
    done = merlon("events", "convert", binary)
    assert done.returncode == 5 and "is not well-formed" in done.stderr, done.stderr
    assert "execve" in good("events", "types") and json.loads(good("events", "types", "--json"))


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
