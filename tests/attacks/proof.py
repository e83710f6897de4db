# SPDX-License-Identifier: Apache-2.0
"""How a shipped rule is proven: an attack that must raise it, a look-alike that must not, and the containers for both."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import merlon  # noqa: F401  (it puts the rig on the path)
from spec import CAPABILITIES, Spec

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Proof:
    """One rule of content/rules.  Attack and look-alike are shell or Python, run as root with nothing on stdin, and must
    end with status 0: an attack that the machine refuses, as it should, ends in `|| true`."""

    rule: str
    attack: str = ""
    others: tuple[str, ...] = ()    # other ways to do it, each of which must raise the rule too
    look_alike: str = ""
    box: str = "ordinary"       # which container of BOXES
    vm_only: bool = False       # too near to the machine that it runs on
    before: str = ""            # shell, run before both, whose alerts nobody looks at
    reason: str = ""            # why there is no proof: shown in the table in place of one


@dataclass
class Box(Spec):
    """A container for steps."""

    args: list[str] = field(default_factory=lambda: ["/usr/bin/python3", "/steps/steps.py"])
    open_proc: bool = False     # as engines do it with --privileged: /proc and /sys writable
    devices: bool = False       # every device may be made and opened

    def config(self, root: Path) -> dict[str, Any]:
        """See Spec."""
        config = super().config(root)
        if self.open_proc:
            config["linux"]["maskedPaths"] = config["linux"]["readonlyPaths"] = []
        if self.devices:
            config["linux"]["resources"]["devices"] = [{"allow": True, "access": "rwm"}]
        return config


# What a container may, by the name that a proof gives.
BOXES: dict[str, dict[str, Any]] = {
    "ordinary": {},
    "admin": {"capabilities": (*CAPABILITIES, "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH",
                               "CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF")},
    "privileged": {"capabilities": (*CAPABILITIES, "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH",
                                    "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_BOOT", "CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"),
                   "open_proc": True, "devices": True},
}

# Laid into each container: calls.py, and what runs the steps.
PROGRAMS: dict[str, bytes | Path] = {f"/steps/{name}": (HERE / name).read_bytes() for name in ("calls.py", "steps.py")}


class Python(str):
    """A step in Python rather than shell: by a process forked from what runs the steps, which costs no start of one."""


def step_files(directory: str, steps: dict[str, str]) -> dict[str, bytes | Path]:
    """What steps.py finds."""
    return {f"{directory}/{name}.{'py' if isinstance(script, Python) else 'sh'}": script.encode()
            for name, script in steps.items()}


def box(name: str, kind: str, steps: dict[str, str]) -> Box:
    """A container that runs these steps, by name, in the order of the names."""
    # Rules know the first twelve characters of an identifier.
    return Box(name=f"{kind}-{name}", id=f"{secrets.token_hex(6)}-{kind}-{name}",
               files=PROGRAMS | step_files("/steps", steps), **BOXES[name])
