# SPDX-License-Identifier: Apache-2.0
"""Debian's archive as this machine is configured to reach it.

The mirror is read from the machine's own apt configuration, so nothing here names a host, and a machine with a
local mirror uses it.  Packages of other releases come through a private apt state: signatures are checked as
always, and the machine's own sources, lists and cache stay as they are.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import tempfile
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

_FORMAT = "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)\t$(CODENAME)"


class ArchiveError(RuntimeError):
    """Something could not be had from the archive."""


class Archive:
    """Debian's archive, seen through an apt state of its own that lives in `state` and lists only `suites`.

    Without suites it lists what the machine itself lists.
    """

    def __init__(self, state: Path, suites: tuple[str, ...] = (), sources: bool = False) -> None:
        self.state = state
        for directory in ("lists/partial", "cache/archives/partial"):
            (state / directory).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        options = {
            "Dir::State": state, "Dir::State::lists": state / "lists", "Dir::State::status": state / "status",
            "Dir::Cache": state / "cache", "APT::Sandbox::User": "root", "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        if suites:
            uri = mirror()
            types = ("deb", "deb-src") if sources else ("deb",)
            lines = [f"{kind} [signed-by={KEYRING}] {uri} {suite} main\n" for kind in types for suite in suites]
            (state / "sources.list").write_text("".join(lines))
            options |= {"Dir::Etc::sourcelist": state / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
                        "Dir::Etc::preferences": "/dev/null", "Dir::Etc::preferencesparts": "/dev/null"}
        (state / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in options.items()))

    def update(self) -> None:
        """Fetch and check the package lists."""
        self._apt("apt-get", "update", "-q", "--error-on=any")

    def dependency(self, package: str, pattern: str) -> str:
        """The dependency of `package` whose name matches `pattern`: what a meta package stands for today."""
        for name in re.findall(r"Depends: (\S+)", self._apt("apt-cache", "depends", package)):
            if re.fullmatch(pattern, name):
                return str(name)
        raise ArchiveError(f"{package} depends on nothing like {pattern}")

    def download(self, package: str, into: Path) -> Path:
        """Download one package, checked against the signed lists; returns the .deb."""
        before = set(into.glob("*.deb"))
        self._apt("apt-get", "download", "-q", package, cwd=into)
        new = set(into.glob("*.deb")) - before
        if len(new) != 1:
            raise ArchiveError(f"download of {package} left {len(new)} new files")
        return new.pop()

    def download_source(self, package: str, into: Path) -> None:
        """Download the files of a source package; the archive must have been opened with sources."""
        self._apt("apt-get", "source", "-q", "--download-only", "--only-source", package, cwd=into)

    def download_missing(self, root: Path, packages: tuple[str, ...], into: Path) -> None:
        """Download packages and what else they need that the Debian system at `root` does not have."""
        self._apt("apt-get", "install", "-q", "-y", "--download-only", "--no-install-recommends",
                  "-o", f"Dir::State::status={root}/var/lib/dpkg/status", "-o", f"Dir::Cache::archives={into}", *packages)

    def targets(self) -> list[tuple[str, str, str]]:
        """(uri, suite, component) of every Debian repository that is listed."""
        lines = self._apt("apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages").splitlines()
        return _debian(lines)

    def _apt(self, *command: str, cwd: Path | None = None) -> str:
        environment = os.environ | {"APT_CONFIG": str(self.state / "apt.conf"), "LC_ALL": "C.UTF-8"}
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise ArchiveError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


def sources() -> list[str]:
    """The machine's own Debian repositories, as lines of a sources.list that name Debian's keyring."""
    return [f"deb [signed-by={KEYRING}] {uri} {suite} {component}" for uri, suite, component in _machine()]


def mirror() -> str:
    """The URI that the machine has Debian's main archive (neither security nor updates) from."""
    for uri, suite, component in _machine():
        if component == "main" and "-" not in suite and "/" not in suite:
            return uri
    raise ArchiveError("this machine's apt configuration has no Debian release to take the mirror from")


@functools.cache
def _machine() -> list[tuple[str, str, str]]:
    done = subprocess.run(["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"],
                          capture_output=True, text=True, check=True)
    found = _debian(done.stdout.splitlines())
    if found:
        return found
    # The machine's lists are empty (nobody ran apt-get update): ask through a private state, leave them empty.
    with tempfile.TemporaryDirectory(prefix="merlon-apt-") as state:
        archive = Archive(Path(state))
        archive.update()
        return archive.targets()


def _debian(lines: list[str]) -> list[tuple[str, str, str]]:
    found = []
    for line in lines:
        uri, suite, component, origin, _ = (line + "\t\t\t\t").split("\t")[:5]
        if origin == "Debian" and (uri, suite, component) not in found:
            found.append((uri, suite, component))
    return found
