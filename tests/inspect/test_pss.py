#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the Pod Security Standards' own fixtures (kubernetes/pod-security-admission, test/testdata) through merlon inspect --pss.

    MERLON_PSS_FIXTURES=DIRECTORY tests/inspect/test_pss.py MERLON

DIRECTORY has baseline/ and restricted/, in each a folder per version (v1.0, ...) with pass/ and fail/. The files are not
ours and are not kept here; without the variable the test is skipped. A file passes if nothing is found in its pod; a file
of fail/ must have a finding, of the control that it is named after. Prints TAP, a test per level and version.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

VARIABLE = "MERLON_PSS_FIXTURES"
# What the fixtures of a control are called, and the controls of ours that may find it.
CONTROLS = {
    "allowprivilegeescalation": {"pss-privilege-escalation"},
    "apparmorprofile": {"pss-apparmor"},
    "capabilities_baseline": {"pss-capabilities", "pss-restricted-capabilities"},
    "capabilities_restricted": {"pss-restricted-capabilities"},
    "hostnamespaces": {"pss-host-namespaces"},
    "hostpathvolumes": {"pss-host-path-volumes", "pss-restricted-volumes"},
    "hostports": {"pss-host-ports"},
    "hostprobesandhostlifecycle": {"pss-host-probes"},
    "privileged": {"pss-privileged"},
    "procmount": {"pss-proc-mount", "pss-restricted-proc-mount"},
    "procmount_restricted": {"pss-restricted-proc-mount"},
    "restrictedvolumes": {"pss-restricted-volumes"},
    "runasnonroot": {"pss-non-root"},
    "runasuser": {"pss-non-root-user"},
    "seccompprofile_baseline": {"pss-seccomp", "pss-restricted-seccomp"},
    "seccompprofile_restricted": {"pss-restricted-seccomp"},
    "selinuxoptions": {"pss-selinux"},
    "sysctls": {"pss-sysctls"},
    "windowshostprocess": {"pss-host-process"},
}


def inspect(merlon: str, level: str, version: str, folder: Path) -> tuple[dict[str, set[str]], list[str]]:
    """The controls found per file below folder, and what could not be read."""
    command = [merlon, "inspect", "--pss", level, "--pss-version", version, "--json", "--fail-on", "never", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 5):
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    report = json.loads(done.stdout)
    found: dict[str, set[str]] = {}
    for item in report["findings"]:
        if item["outcome"] in ("fail", "warn"):
            found.setdefault(item["file"], set()).add(item["name"])
    return found, [str(problem) for problem in report.get("problems", [])]


def judge(merlon: str, level: str, folder: Path) -> tuple[int, list[str]]:
    """How many files of one level and version there are, and what is wrong."""
    wrong = []
    count = 0
    for word in ("pass", "fail"):
        found, problems = inspect(merlon, level, folder.name.lstrip("v"), folder / word)
        wrong += problems
        for path in sorted((folder / word).glob("*.yaml")):
            count += 1
            names = found.get(str(path), set())
            control = re.sub(r"\d+$", "", path.stem)
            if (word == "fail") != bool(names):
                wrong.append(f"{path}: {word} was expected, found: {sorted(names) or 'nothing'}")
            elif word == "fail" and not names & CONTROLS.get(control, set()):
                wrong.append(f"{path}: {control} was expected, found: {sorted(names)}")
    return count, wrong


def main() -> int:
    merlon = sys.argv[1]
    root = os.environ.get(VARIABLE)
    if not root:
        print(f"1..0 # SKIP {VARIABLE} names no directory of fixtures")
        return 0
    folders = sorted((p for level in ("baseline", "restricted") for p in (Path(root) / level).iterdir()),
                     key=lambda p: (p.parent.name, int(p.name.split(".")[1])))
    failed = 0
    print(f"1..{len(folders)}")
    for number, folder in enumerate(folders, 1):
        count, wrong = judge(merlon, folder.parent.name, folder)
        failed += bool(wrong) or not count
        print(f"{'not ' if wrong or not count else ''}ok {number} - {folder.parent.name} {folder.name}: {count} files")
        for line in wrong[:20]:
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
