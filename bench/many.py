# SPDX-License-Identifier: Apache-2.0
"""A thousand containers under fifty policies: how long it takes to put them in force, and what they need.

Containers are control groups as Docker makes them, with a process that sleeps in each: to the guard and to what denies they are
containers that run.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator

POLICIES = 50
DENIED = """
- rule: Not for container {n}
  desc: one of many
  condition: evt.type in (open, openat, openat2, creat) and container.id != host and fd.name startswith /srv/secret-{n}/
  output: "%fd.name"
  priority: WARNING
  response: deny
"""
ENTRY = """  - name: entry {n}
    select: {{rule: "*miner {n}*", container: "web-{n}-*", namespace: [shop-{n}, "shop-{n}-*"]}}
    mode: dry-run
    respond: [{{kill: container}}, capture]
"""


@contextlib.contextmanager
def groups(count: int) -> Iterator[None]:
    """So many containers."""
    import cgroups

    top = cgroups.ROOT / ("" if cgroups.mode() == "v2" else "pids") / f"merlon-many-{os.getpid()}"
    made, sleepers = [top, top / "docker"], []
    top.mkdir()
    (top / "docker").mkdir()
    try:
        for _ in range(count):
            made.append(top / "docker" / secrets.token_hex(32))
            made[-1].mkdir()
            pid = os.fork()
            if not pid:
                os.chroot(tempfile.gettempdir())    # without a root of its own it would be one that is only being made
                signal.pause()
                os._exit(0)
            sleepers.append(pid)
            (made[-1] / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for pid in sleepers:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for path in reversed(made):
            for _ in range(100):        # until the kernel has let go of the process
                with contextlib.suppress(OSError):
                    path.rmdir()
                    break
                time.sleep(0.01)


def kernel_memory() -> dict[int, int]:
    """What each BPF map takes, by its number."""
    done = subprocess.run(["bpftool", "-j", "map", "show"], stdout=subprocess.PIPE, check=True, text=True)
    return {m["id"]: int(m.get("bytes_memlock", 0)) for m in json.loads(done.stdout)}


def memory_of(pid: int) -> int:
    """Of a process and its children, each page once."""
    size = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            size = int(line.split()[1]) << 10
    return size + sum(memory_of(int(c)) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def since(before: dict[int, int]) -> float:
    """Mebibytes of maps made since."""
    return sum(size for number, size in kernel_memory().items() if number not in before) / (1 << 20)


# In a BPF file system of its own: what is in force on this machine stays so, and this ends with the shell.
DENY = """
mount -t bpf bpf /sys/fs/bpf
mkdir -p /run/merlon
mount -t tmpfs none /run/merlon
date +%s%N
"$0" deny on "$1" >&2 || exit 1
date +%s%N
bpftool -j map show
"$0" deny status --json | tr -d '\\n'
"""


def deny(build: Path, rules: Path) -> tuple[float, float, int]:
    """Seconds until rules are in force, MiB of maps, containers that they are in force in."""
    before = kernel_memory()
    done = subprocess.run(["unshare", "--mount", "sh", "-c", DENY, build / "merlon", rules], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    began, ended, maps, status = done.stdout.splitlines()
    made = sum(int(m.get("bytes_memlock", 0)) for m in json.loads(maps) if m["id"] not in before)
    return (int(ended) - int(began)) / 1e9, made / (1 << 20), json.loads(status)["containers"]


def guard(build: Path, rules: Path, policy: Path, directory: Path) -> tuple[float, float, float]:
    """Seconds until it watches, MiB of its processes, MiB of maps."""
    before = kernel_memory()
    began = time.monotonic()
    with subprocess.Popen([build / "merlon", "guard", "--json", "--no-store", "-r", rules, "--policy", policy, "--responses",
                           directory / "ledger", "--status", directory / "status"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("guarding"):
                break
        took = time.monotonic() - began
        time.sleep(2)       # until it is at rest
        size, maps = memory_of(process.pid) / (1 << 20), since(before)
        process.send_signal(signal.SIGINT)
        process.communicate()
    return took, size, maps


def many(build: Path, content: Path, counts: tuple[int, ...], out: Callable[[str], None]) -> None:
    """Few containers beside many."""
    out(f"| containers, under {POLICIES} policies | guard: s until it watches | its memory, MiB | its maps, MiB | deny on: s | its maps, MiB | in force in |")
    out("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o777)
        (directory / "denied.yaml").write_text("".join(DENIED.format(n=n) for n in range(POLICIES)))
        (directory / "policy.yaml").write_text("policy: many\nentries:\n" + "".join(ENTRY.format(n=n) for n in range(POLICIES)))
        for count in counts:
            with groups(count):
                took, size, maps = guard(build, content / "rules", directory / "policy.yaml", directory)
                seconds, mapped, places = deny(build, directory / "denied.yaml")
                out(f"| {count:,} | {took:.2f} | {size:.1f} | {maps:.1f} | {seconds:.2f} | {mapped:.1f} | {places:,} |")
