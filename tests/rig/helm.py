#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real helm: the one inside an npm package, as Debian has none.

    tests/rig/helm.py               fetches it if it is not there (25 MB) and prints where it is

The package is made for functions that install charts; the program is in an archive in it.  Nothing is installed and no
script of the package runs; npm compares the package with the hash that its registry has.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import artefact

PACKAGE = "@aws-cdk/asset-kubectl-v20@2.1.4"
MEMBER = "package/lib/layer.zip"


def directory() -> Path:
    """Where the program is, or will be."""
    return artefact.rig_dir().absolute() / "helm"


def find() -> str | None:
    """The helm that is installed, or that of the rig; None if there is neither."""
    ours = directory() / "helm"
    return shutil.which("helm") or (str(ours) if ours.exists() else None)


def build() -> Path:
    """The directory with the program, which is fetched unless it is there."""
    return artefact.build(directory(), artefact.recipe(PACKAGE), _make)


def _make(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".helm-", dir=into.parent) as scratch:
        artefact.say(f"helm: fetching {PACKAGE}")
        subprocess.run(["npm", "pack", "--ignore-scripts", "--silent", PACKAGE], cwd=scratch, check=True, capture_output=True)
        package = next(Path(scratch).glob("*.tgz"))
        with tarfile.open(package) as tar:
            archive = tar.extractfile(MEMBER)
            assert archive, f"{PACKAGE} has no {MEMBER}"
            with zipfile.ZipFile(archive) as members:
                into.mkdir()
                (into / "helm").write_bytes(members.read("helm/helm"))
        (into / "helm").chmod(0o755)


if __name__ == "__main__":
    print(build() / "helm")
