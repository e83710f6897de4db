#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports of merlon inspect against what their readers publish: SARIF's schema and GitHub's demands, JUnit's schema; and
with names that nobody should give.  Argument: the program.  Prints TAP.

The schemas are fetched by npm (tests/rig/published.py); without it, or without a validator, a test says so and is skipped.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import xml.dom.minidom
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import published  # noqa: E402  # pylint: disable=wrong-import-position
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = os.path.abspath(sys.argv[1])
HERE = Path(__file__).resolve().parent
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: "%s", annotations: {merlon/exempt-host-ipc: "it has to"}}
spec:
  hostIPC: true
  containers:
  - {name: "%s", image: i, securityContext: {privileged: true}}
"""
# Letters that mean something to terminals, markup, spreadsheets or parsers of XML; and a name of a file that is no UTF-8.
NAME, CONTAINER = "=a\\u001b[31m<b>&\\\"\\uffff\\u200b", "c|\\ud83d\\ude00\\u202e\\ufeff\\udb40\\udc41"
FILE = b"b\xff\x1b[31m<i>|\xef\xbf\xbf\xe2\x80\xae\xe2\x80\x8d.yaml"
HIDDEN = re.compile("[\x1b\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")
GITHUB_RESULTS = 25_000


def merlon(*args: str | Path | bytes, cwd: str | Path | None = None) -> bytes:
    done = subprocess.run([MERLON, "inspect", "--fail-on", "never", *args], capture_output=True, timeout=60, check=False, cwd=cwd)
    assert done.returncode in (0, 5), done.stderr.decode()
    return done.stdout


def schema(name: str) -> Path:
    held = published.find()
    if not held:
        raise tap.Skip("there is no npm that fetches the schema")
    return held / name


def sarif(*args: str | Path | bytes, cwd: str | Path | None = None) -> dict[str, Any]:
    return json.loads(merlon("-f", "sarif", *args, cwd=cwd))


def hostile(top: str) -> None:
    Path(top, "a.yaml").write_text(POD % (NAME, CONTAINER))
    Path(top, "half.yaml").write_text("a: [")
    Path(os.fsdecode(os.fsencode(top) + b"/" + FILE)).write_text(POD % (NAME, CONTAINER) + "---\na: [\n")


def test_sarif_is_what_its_schema_says() -> None:
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise tap.Skip("there is no python3-jsonschema") from None
    rules = json.loads(schema("sarif.json").read_text())
    validator = jsonschema.validators.validator_for(rules)(rules)
    with tempfile.TemporaryDirectory() as top:
        hostile(top)
        for operand in (top, HERE, HERE / "good.yaml"):
            wrong = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(sarif("--passed", operand))]
            assert not wrong, wrong[:5]
        store = ("--store", "--store-file", Path(top, "store.db"), Path(top, "a.yaml"))
        for state in ("new", "unchanged"):
            log = sarif(*store)
            assert not list(validator.iter_errors(log))
            states = {r.get("baselineState") for r in log["runs"][0]["results"] if not r.get("suppressions")}
            assert states == ({state} if state == "unchanged" else states), states


def test_sarif_is_what_github_wants() -> None:
    with tempfile.TemporaryDirectory() as top:
        for name in ("r/deploy/a.yaml", "outside.yaml"):
            Path(top, name).parent.mkdir(parents=True, exist_ok=True)
            Path(top, name).write_text(POD % ("a b", "c"))
        repository = Path(top, "r")
        log = {name: sarif(name, cwd=repository) for name in ("deploy", "./deploy/../deploy/", str(repository), "../outside.yaml")}
        for name, held in log.items():
            run = held["runs"][0]
            rules = run["tool"]["driver"]["rules"]
            assert len({rule["id"] for rule in rules}) == len(rules) <= GITHUB_RESULTS
            for rule in rules:
                assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"], rule
                assert 0 < float(rule["properties"]["security-severity"]) <= 10 and len(rule["properties"]["tags"]) <= 10
            for result in run["results"]:
                assert rules[result["ruleIndex"]]["id"] == result["ruleId"] and result["message"]["text"]
                place = result["locations"][0]["physicalLocation"]
                wanted = f"file://{os.path.realpath(top)}/outside.yaml" if "outside" in name else "deploy/a.yaml"
                assert place["artifactLocation"]["uri"] == wanted, place
                assert place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1
            prints = [r["partialFingerprints"]["merlonFinding/v1"] for r in run["results"]]
            assert len(set(prints)) == len(prints) > 10
            assert [r["ruleId"] for r in run["results"] if r.get("suppressions")] == ["MRL-103"]
        assert log["deploy"]["runs"][0]["results"] == log[str(repository)]["runs"][0]["results"]
        Path(repository, "deploy/a.yaml").write_text("# one line more\n" + POD % ("a b", "c"))
        moved = sarif("deploy", cwd=repository)["runs"][0]["results"]
        before = log["deploy"]["runs"][0]["results"]
        assert [r["partialFingerprints"] for r in moved] == [r["partialFingerprints"] for r in before] and moved != before


FIXED = """\
# the first
kind: ConfigMap
apiVersion: v1
metadata: {name: "é"}
---
apiVersion: v1
kind: Pod
metadata: {name: web}   # \u00e9\U0001f600
spec:
  containers:
  - name: c
    image: i
    securityContext: {privileged: true}
  - {name: d, image: i}
  - name: e
    image: i
    ports: [{containerPort: 80}]
"""


def changed(text: str, change: dict[str, Any]) -> str:
    """A text with one change of a fix, as an editor makes it."""
    lines = text.splitlines(keepends=True) + [""]
    for one in reversed(change["replacements"]):
        region = one["deletedRegion"]
        start, end = (sum(len(line) for line in lines[:region[f"{at}Line"] - 1]) + region[f"{at}Column"] - 1 for at in ("start", "end"))
        text = text[:start] + one["insertedContent"]["text"] + text[end:]
    return text


def test_each_fix_in_sarif_mends_its_result() -> None:
    with tempfile.TemporaryDirectory() as top:
        file = Path(top, "a.yaml")
        file.write_text(FIXED)
        results = sarif("a.yaml", cwd=top)["runs"][0]["results"]
        fixed = [r for r in results if "fixes" in r]
        assert len(fixed) == 8, [r["ruleId"] for r in fixed]
        assert not [r for r in fixed if r["ruleId"] == "MRL-101"], "privileged was set on purpose"
        for result in fixed:
            change = result["fixes"][0]["artifactChanges"][0]
            assert change["artifactLocation"]["uri"] == "a.yaml" and result["fixes"][0]["description"]["text"]
            file.write_text(changed(FIXED, change))
            again = {r["partialFingerprints"]["merlonFinding/v1"] for r in sarif("a.yaml", cwd=top)["runs"][0]["results"]}
            assert result["partialFingerprints"]["merlonFinding/v1"] not in again, (result, file.read_text())
        for text, why in ((json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": []}}), "JSON"),
                          (FIXED.replace("web", "{{ .Values.name }}"), "a template")):
            file.write_text(text)
            assert not [r for r in sarif("a.yaml", cwd=top)["runs"][0]["results"] if "fixes" in r], why


def test_fixes_without_room_in_sarif_are_told_of() -> None:
    with tempfile.TemporaryDirectory() as top:
        Path(top, "a.yaml").write_text("---\n".join([FIXED] * 1500))
        run = sarif("a.yaml", cwd=top)["runs"][0]
        told = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
        assert sum("fixes of what follows are not shown" in text for text in told) == 1, told
        assert 0 < sum("fixes" in r for r in run["results"]) < 1500


def test_sarif_has_room_for_the_worst() -> None:
    with tempfile.TemporaryDirectory() as top:
        Path(top, "many.yaml").write_text("---\n".join(POD % (f"p{n}", "c") for n in range(2000)))
        run = sarif(top)["runs"][0]
        everything = json.loads(merlon("--json", top))["summary"]["severities"]
        assert len(run["results"]) == GITHUB_RESULTS < sum(everything.values())
        kept = {level: sum(r["level"] == level for r in run["results"]) for level in ("error", "warning")}
        assert kept["error"] == everything["critical"] + everything["high"], (kept, everything)
        told = run["invocations"][0]["toolExecutionNotifications"]
        left = sum(everything.values()) + 2000 - GITHUB_RESULTS  # and 2000 that are exempt
        assert [n["message"]["text"] for n in told] == [f"{left} findings more, none of them worse, are left out"], told


def test_what_can_not_be_read_is_in_every_report() -> None:
    with tempfile.TemporaryDirectory() as top:
        Path(top, "half.yaml").write_text("a: [")
        invocation = sarif(top)["runs"][0]["invocations"][0]
        assert not invocation["executionSuccessful"]
        place = invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].endswith("/half.yaml") and place["region"]["startLine"]
        for form in ("text", "json", "junit", "markdown", "html"):
            assert b"half.yaml" in merlon("-f", form, top), form


def test_junit_is_what_its_schema_says() -> None:
    if not shutil.which("xmllint"):
        raise tap.Skip("there is no xmllint (libxml2-utils)")
    rules = schema("junit.xsd")
    with tempfile.TemporaryDirectory() as top:
        hostile(top)
        for operand in (top, HERE):
            text = merlon("-f", "junit", "--passed", operand)
            done = subprocess.run(["xmllint", "--noout", "--schema", rules, "-"], input=text, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode()[:1000]
            suites = xml.dom.minidom.parseString(text).documentElement
            for suite in suites.getElementsByTagName("testsuite"):
                for kind, element in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                    assert int(suite.getAttribute(kind)) == len(suite.getElementsByTagName(element)), kind


def test_no_name_drives_a_terminal_or_breaks_a_form() -> None:
    with tempfile.TemporaryDirectory() as top:
        hostile(top)
        for form in ("text", "json", "sarif", "junit", "csv", "markdown", "html"):
            found = HIDDEN.findall(merlon("-f", form, top).decode())
            assert not found, (form, found)
        told = {f["file"] for f in json.loads(merlon("--json", top))["findings"]}
        assert told == {f"{top}/a.yaml", f"{top}/{FILE.decode(errors='replace')}"}, told
        xml.dom.minidom.parseString(merlon("-f", "junit", top))
        rows = list(csv.reader(io.StringIO(merlon("-f", "csv", top).decode())))
        assert len({len(row) for row in rows}) == 1 and not [c for row in rows for c in row if c.startswith(("=", "+", "@"))]
        uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in sarif(top, cwd=top)["runs"][0]["results"]}
        assert uris == {"a.yaml", "b%FF%1B%5B31m%3Ci%3E%7C%EF%BF%BF%E2%80%AE%E2%80%8D.yaml"}, uris


def at_terminal(columns: int, *args: str | Path, **environment: str) -> str:
    """What a terminal of that width is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen([MERLON, "inspect", "--fail-on", "never", *args], stdout=theirs, stderr=theirs,
                          env=os.environ | {"TERM": "xterm", "NO_COLOR": ""} | environment) as process:
        os.close(theirs)
        text = b""
        with contextlib.suppress(OSError):  # EIO is the end of it
            while part := os.read(ours, 65536):
                text += part
        os.close(ours)
    assert process.returncode == 0
    return text.decode().replace("\r\n", "\n")


def test_text_fits_the_terminal() -> None:
    plain = merlon(HERE / "privilege.yaml").decode()
    assert "\033" not in plain
    for columns in (40, 60, 80, 120):
        text = at_terminal(columns, HERE / "privilege.yaml")
        assert "\033[1;31mcritical\033[0m" in text
        bare = re.sub("\033\\[[0-9;]*m", "", text)
        assert bare.split() == plain.split(), "the same words"
        # Explanations and suggestions are wrapped; names, titles and paths are as long as they are.
        for line in bare.splitlines():
            if re.match(r" {12}\S", line) and ":" not in line and " " in line.strip():
                assert len(line) <= columns, (columns, line)
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\033" not in at_terminal(80, HERE / "privilege.yaml", **environment), environment


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
