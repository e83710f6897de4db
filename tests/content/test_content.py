#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What must hold for the shipped rules as a whole.  Arguments: the program, the top of the sources.  Prints TAP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON, CONTENT = sys.argv[1], Path(sys.argv[2]) / "content"
RULES = CONTENT / "rules"
URGENT = {"Emergency", "Alert", "Critical", "Error", "Warning"}
TACTICS = {"initial_access", "execution", "persistence", "privilege_escalation", "defense_evasion", "credential_access",
           "discovery", "lateral_movement", "collection", "command_and_control", "exfiltration", "impact"}


def listed() -> list[dict]:
    done = subprocess.run([MERLON, "rules", "list", "--json", RULES], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def written() -> dict[str, str]:
    """The text of each rule, by its name."""
    texts = {}
    for file in sorted(RULES.glob("*.yaml")):
        for part in re.split(r"^- ", file.read_text(), flags=re.MULTILINE):
            if part.startswith("rule: "):
                texts[part.split("\n", 1)[0].removeprefix("rule: ")] = part
    return texts


def alerts(recording: Path) -> list[dict]:
    done = subprocess.run([MERLON, "rules", "test", "--json", "--events", recording, RULES], check=True,
                          capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_attack_is_named() -> None:
    for rule in listed():
        tactics = {tag.removeprefix("mitre_") for tag in rule["tags"] if tag.startswith("mitre_")}
        assert tactics and tactics <= TACTICS, f"{rule['rule']}: tactics {tactics}"
        assert any(re.fullmatch(r"T\d{4}(\.\d{3})?", tag) for tag in rule["tags"]), f"{rule['rule']}: no technique"


def test_advice_and_both_tests_are_there() -> None:
    texts = written()
    assert set(texts) == {rule["rule"] for rule in listed()}
    for name, text in texts.items():
        assert re.search(r"^  next:", text, re.MULTILINE), f"{name}: no advice"
        tests = text.split("\n  tests:\n", 1)[-1]
        silent = tests.count("expect: silent")
        assert silent, f"{name}: no benign test"
        assert len(re.findall(r"^    - name: ", tests, re.MULTILINE)) > silent, f"{name}: no attack"


def test_ordinary_containers_are_quiet() -> None:
    loud = [alert for alert in alerts(CONTENT / "events" / "quiet.jsonl") if alert["priority"] in URGENT]
    assert not loud, "\n".join(alert["output"] for alert in loud)


def test_a_scan_is_not_quiet() -> None:
    """The way in which the test above looks sees alerts."""
    assert [alert["rule"] for alert in alerts(CONTENT / "events" / "scan.jsonl")] == ["Scan from a container"]


def test_coverage_is_said_of_every_rule() -> None:
    """docs/coverage.md is made after `make test`, by tools/coverage-table: this sees whether somebody did."""
    rows = re.findall(r"^\| (.+?) \| [✓\d]", (CONTENT.parent / "docs" / "coverage.md").read_text(), re.MULTILINE)
    assert set(rows) - {"rule"} == {rule["rule"] for rule in listed()}


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
