#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the shipped policies do about the shipped rules.  Arguments: the program, the top of the sources.  Prints TAP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

MERLON, CONTENT = sys.argv[1], Path(sys.argv[2]) / "content"

# policy, rule, more of who did it -> entry, responses; each entry has a row, and so has each that must be left alone.
ROWS = (
    ("careful", "Reverse shell", [], "reverse shells are kept and cut off", ["capture", "isolate"]),
    ("careful", "Reverse shell", ["-n", "kube-system"], "what runs the cluster is left to people", ["alert"]),
    ("careful", "Reverse shell", ["--host"], None, []),
    ("careful", "Miner started", ["-n", "shop"], "miners are kept and frozen", ["capture", "freeze"]),
    ("careful", "Connection to a port of mining pools", [], None, []),
    ("careful", "Program run from a temporary directory", ["-n", "shop"], "programs that were dropped are taken away", ["quarantine"]),
    ("careful", "Program run from a temporary directory", ["-n", "ci-7"], None, []),
    ("careful", "Terminal shell in a container", [], None, []),
)


def explain(policy: str, rule: str, who: list[str]) -> dict:
    done = subprocess.run([MERLON, "policy", "explain", "--json", "-r", CONTENT / "rules", "--rule", rule, *who,
                           CONTENT / "policies" / f"{policy}.yaml"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def checked(policy: Path) -> str:
    done = subprocess.run([MERLON, "policy", "check", "--json", "-r", CONTENT / "rules", policy], capture_output=True, text=True)
    said = json.loads(done.stdout)
    return "" if done.returncode == 0 and not said["diagnostics"] else str(said["diagnostics"])


def main() -> int:
    results = []
    for policy in sorted((CONTENT / "policies").glob("*.yaml")):
        results.append((f"{policy.name} has no problem", checked(policy)))
    for policy, rule, who, entry, responses in ROWS:
        got = explain(policy, rule, who)
        good = got.get("entry") == entry and [r.split()[0] for r in got["responses"]] == responses and got["mode"] != "enforce"
        results.append((f"{policy}: {rule} {' '.join(who)}", "" if good else str(got)))
    print(f"1..{len(results)}")
    for number, (name, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}" + (f"\n# {wrong}" if wrong else ""))
    return any(wrong for _, wrong in results)


if __name__ == "__main__":
    sys.exit(main())
