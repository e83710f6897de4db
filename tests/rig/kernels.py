# SPDX-License-Identifier: Apache-2.0
"""Debian's own cloud kernels for the test VMs.

`python3 tests/rig/kernels.py DIR [VERSION...]` leaves, for each version, in DIR/VERSION:

    vmlinuz   the kernel
    release   what `uname -r` will say
    config    its build configuration
    modules/  what /lib/modules holds in the VM
"""

from __future__ import annotations

import lzma
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import artefact
from archive import Archive, ArchiveError

# Which suites have the kernel, best first.  All are tried: an old release leaves the mirrors one day.
SUITES = {
    "5.10": ("bullseye",),
    "6.1": ("bookworm", "bullseye-backports"),
    "6.12": ("trixie", "bookworm-backports"),
}
META = "linux-image-cloud-amd64"
LAYOUT = "1"        # of the directory: change it to have all fetched anew


def kernel(version: str, directory: Path | None = None) -> Path:
    """The directory of one kernel, fetched if it is not there yet.

    A kernel once fetched is kept: a newer point release does not change under a test run.  Delete the directory
    to take the newest.
    """
    if version not in SUITES:
        raise ValueError(f"no kernel {version}; there are {', '.join(SUITES)}")
    directory = directory or artefact.rig_dir() / "kernels"
    stamp = artefact.recipe(META, LAYOUT, version)
    return artefact.build(directory / version, stamp, lambda aside: _fetch(version, aside))


def modules_needed(kernel_dir: Path, names: tuple[str, ...]) -> list[Path]:
    """Module files to insert, in order, to have `names`; those built into the kernel need none."""
    root = kernel_dir / "modules" / (kernel_dir / "release").read_text()
    dependencies = {}
    for line in (root / "modules.dep").read_text().splitlines():
        file, _, needs = line.partition(":")
        dependencies[_module_name(file)] = (file, [_module_name(need) for need in needs.split()])
    order: list[str] = []

    def visit(name: str) -> None:
        file, needs = dependencies[name]
        for need in needs:
            visit(need)
        if file not in order:
            order.append(file)

    for name in names:
        if name in dependencies:
            visit(name)
    return [root / file for file in order]


def module_image(file: Path) -> bytes:
    """A module as insmod wants it: newer kernels' packages have them compressed."""
    return lzma.decompress(file.read_bytes()) if file.suffix == ".xz" else file.read_bytes()


def _module_name(file: str) -> str:
    return Path(file).name.split(".ko")[0].replace("-", "_")


def _fetch(version: str, into: Path) -> None:
    reasons = []
    for suite in SUITES[version]:
        artefact.say(f"kernel {version}: looking in {suite}")
        with tempfile.TemporaryDirectory(prefix="merlon-kernel-") as scratch:
            try:
                package = _download(version, suite, Path(scratch))
            except ArchiveError as error:
                reasons.append(f"{suite}: {error}")
                continue
            _unpack(package, into, Path(scratch) / "tree")
            return
    raise ArchiveError(f"no kernel {version}: " + "; ".join(reasons))


def _download(version: str, suite: str, scratch: Path) -> Path:
    archive = Archive(scratch / "apt", (suite,))
    archive.update()
    package = archive.dependency(META, rf"linux-image-{re.escape(version)}\.\d+.*-cloud-amd64")
    artefact.say(f"kernel {version}: downloading {package}")
    return archive.download(package, scratch)


def _unpack(package: Path, into: Path, tree: Path) -> None:
    subprocess.run(["dpkg", "-x", package, tree], check=True)
    into.mkdir()
    image = next((tree / "boot").glob("vmlinuz-*"))
    release = image.name.removeprefix("vmlinuz-")
    shutil.move(image, into / "vmlinuz")
    shutil.move(tree / "boot" / f"config-{release}", into / "config")
    (into / "release").write_text(release)
    if not (tree / "lib").exists():                     # merged-/usr packages
        (tree / "lib").symlink_to("usr/lib")
    subprocess.run(["depmod", "-b", tree, release], check=True)
    shutil.move((tree / "lib" / "modules").resolve(), into / "modules")


def main() -> None:
    """Fetch the kernels named on the command line, or all."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for version in sys.argv[2:] or SUITES:
        path = kernel(version, directory)
        print(f"{version}\t{(path / 'release').read_text()}\t{path}")


if __name__ == "__main__":
    main()
