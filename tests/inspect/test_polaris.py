#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads the checks of Polaris itself with --checks, and runs its own examples of each.

    MERLON_POLARIS=DIRECTORY tests/inspect/test_polaris.py MERLON

DIRECTORY is a copy of FairwindsOps/polaris; the files are not ours and are not kept here. Without the variable the test is
skipped. A check without a schema is left out by merlon, and skipped here. Prints TAP, a test per check.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

VARIABLE = "MERLON_POLARIS"


def outcomes(merlon: str, check: Path, name: str, manifest: Path) -> set[str]:
    done = subprocess.run([merlon, "inspect", "--checks", check, "--check", name, "--passed", "--json", "--fail-on", "never",
                           "--no-annotations", manifest], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 5):
        raise RuntimeError(done.stderr)
    return {finding["outcome"] for finding in json.loads(done.stdout)["findings"] if finding["check"] == name}


def judge(merlon: str, check: Path, name: str, examples: Path) -> list[str]:
    wrong = []
    for manifest in sorted(examples.glob("*.yaml")):
        if manifest.name == "check.yaml" or "mutated" in manifest.name:
            continue
        if re.search(r"^apiVersion: v1\nkind: Deployment", manifest.read_text(), re.MULTILINE):
            continue  # there is no such object: Polaris asks for the kind alone
        found = outcomes(merlon, check, name, manifest)
        bad = bool(found & {"fail", "warn"})
        if bad != ("failure" in manifest.name):
            wrong.append(f"{manifest}: {sorted(found) or 'not asked'}")
    return wrong


def main() -> int:
    merlon = sys.argv[1]
    root = os.environ.get(VARIABLE)
    if not root:
        print(f"1..0 # SKIP {VARIABLE} names no copy of Polaris")
        return 0
    examples = sorted(p for p in (Path(root) / "test" / "checks").iterdir() if p.is_dir() and not p.name.startswith("_"))
    failed = 0
    print(f"1..{len(examples)}")
    for number, folder in enumerate(examples, 1):
        check, name = folder / "check.yaml", "check"
        if not check.exists():
            check, name = Path(root) / "pkg" / "config" / "checks" / f"{folder.name}.yaml", folder.name
        loaded = subprocess.run([merlon, "checks", "--checks", check], capture_output=True, text=True, check=False)
        if loaded.returncode == 0 and "is left out" in loaded.stderr:
            print(f"ok {number} - {folder.name} # SKIP {loaded.stderr.split('is left out: ')[1].split(' [')[0].strip()}")
            continue
        wrong = [loaded.stderr.strip()] if loaded.returncode else judge(merlon, check, name, folder)
        failed += bool(wrong)
        print(f"{'not ' if wrong else ''}ok {number} - {folder.name}")
        for line in wrong:
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
