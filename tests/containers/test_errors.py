#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong is said, with a documented exit code, and loses nothing."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import merlon  # first: it puts the rig on the path
import tap
from container import available, container
from workloads import WORKLOADS

USAGE, DENIED, NOT_FOUND, BAD_INPUT, SYSTEM = 2, 3, 4, 5, 6


def says(arguments: list[str | Path], status: int, *words: str, **options: object) -> None:
    """Run merlon; it must exit with this status and say these words, and nothing that looks like a crash."""
    done = merlon.run(*arguments, check=False, **options)
    text = done.stderr
    tap.check(done.returncode == status, f"{arguments}: exit {done.returncode}, not {status}: {text}")
    for word in words:
        tap.check(word in text, f"{arguments}: does not say {word!r}: {text}")


def command_line() -> None:
    """The command line: unknown things get a suggestion, values are checked"""
    says(["recrod"], USAGE, "unknown command", 'did you mean "record"')
    says(["profile", "exprot"], USAGE, "unknown command", '"export"')
    says(["record", "--contaner", "x"], USAGE, "--container?")
    says(["record"], USAGE, "nothing to record")
    says(["record", "-c"], USAGE, "needs a value")
    says(["record", "-c", "x", "--", "ls"], USAGE, "either containers or a command")
    says(["record", "-c", "x", "-d", "soon"], USAGE, "not a duration")
    says(["record", "-c", "x", "--capacity", "0"], USAGE, "1 to 4096")
    says(["record", "-c", "x", "--hooks", "magic"], USAGE, "fentry, kprobe or tracepoint")
    says(["record", "--name", "a/../b", "-c", "x"], BAD_INPUT, "letters, digits")
    says(["confine"], USAGE, "--profile")
    says(["profile", "export", "-f", "pdf", "x"], USAGE, "seccomp", "capabilities")
    tap.check(merlon.run("--help").stdout.startswith("merlon "), "--help")
    tap.check("Exit codes" in merlon.run("help").stdout, "help does not list the exit codes")


def nothing_there() -> None:
    """No such container, control group, recording, profile, program"""
    says(["record", "-c", "no-such-container"], NOT_FOUND, 'no running container is called "no-such-container"', "--wait")
    says(["record", "--cgroup", "/no/such/group"], NOT_FOUND, "/no/such/group")
    says(["record", "--snapshot", "nothing"], NOT_FOUND, 'no recording is called "nothing"')
    says(["record", "--end", "nothing"], NOT_FOUND, "nothing")
    says(["record", "--", "/no/such/program"], NOT_FOUND, "cannot run /no/such/program")
    says(["profile", "show", "/no/such/file"], NOT_FOUND, "/no/such/file")
    tap.check(not merlon.recordings(), f"left behind: {merlon.recordings()}")


def no_privilege() -> None:
    """Without root"""
    if os.geteuid():
        tap.skip("this test must begin as root")
    as_nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        binary = Path(directory, "merlon")
        binary.write_bytes(merlon.BINARY.read_bytes())
        binary.chmod(0o755)
        done = subprocess.run([binary, "record", "--", "true"], capture_output=True, text=True, **as_nobody)
        tap.check(done.returncode == DENIED and "root" in done.stderr, f"exit {done.returncode}: {done.stderr}")
        done = subprocess.run([binary, "doctor"], capture_output=True, text=True, **as_nobody)
        tap.check(done.returncode in (0, 1) and "uid 65534" in done.stdout, f"{done.returncode}: {done.stdout}")


def same_name() -> None:
    """Two recordings of one name"""
    with merlon.Recording("--", "sleep", "1000", name="twice") as first:
        says(["record", "--name", "twice", "--", "true"], SYSTEM, "running already", "--snapshot")
        assert first.process
        tap.check(first.process.poll() is None, "the first one died of it")


def full_disk() -> None:
    """The disk is full: the recording stays in the kernel until there is room"""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "full", directory], check=True)
        try:
            Path(directory, "ballast").write_bytes(b"x" * 12288)
            says(["record", "-q", "-o", directory, "--name", "full", "--", "ls", "/"], SYSTEM,
                 "No space left on device", "--end full")
            left = sorted(p.name for p in Path(directory).iterdir())
            tap.check(left == ["ballast"], f"half-written files: {left}")
        finally:
            subprocess.run(["umount", directory], check=True)
        out = Path(directory, "room")
        merlon.run("record", "--end", "full", "-o", out)
        tap.check("getdents64" in merlon.Profile(out / "full.merlon.json").names(), "what was recorded is lost")


def gone_meanwhile(runtime: str) -> None:
    """The container is killed while it is recorded"""
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec()) as box:
        box.run()
        workload.ready(box)
        with merlon.Recording("-c", box.id, name="gone") as recording:
            workload.drive(box)
            box.kill()
            box.wait(30)
            box.delete()
            tap.check(recording.wait(30) == 0, recording.log.read_text())
            tap.check("accept4" in recording.profile().names(), "what it did before is lost")


def hostile_profiles() -> None:
    """Truncated, forged and hostile profile files are refused with a place"""
    with merlon.Recording("--", "ls", "/", name="sound") as recording:
        recording.wait()
        text = recording.profile().path.read_text()
    sound = text.replace('"name": "sound"', '"name": "x"', 1)
    changes = {
        "truncated": (text[: len(text) // 2], ":"),
        "empty": ("", ":1:"),
        "not ours": ('{"format": "other", "version": 1}', "not a Merlon profile"),
        "newer": (text.replace('"version": 1', '"version": 99', 1), "format 99"),
        "forged name": (text.replace('"name": "read"', '"name": "mount"', 1), "/syscalls/"),
        "unknown architecture": (text.replace('"arch": "x86_64"', '"arch": "pdp11"', 1), "pdp11"),
        "no such executable": (text.replace('"executable": 0', '"executable": 4000000', 1), "no executable"),
        "negative": (text.replace('"count": ', '"count": -', 1), "/evidence/"),
        "deep": ("[" * 100000, ":1:"),
        "control characters": (sound.replace("getdents64", "get\\u001b[31mdents"), "/syscalls/"),
    }
    for what, (changed, word) in changes.items():
        with tempfile.NamedTemporaryFile("w", suffix=".merlon.json") as file:
            tap.check(changed != text, f"{what}: the test changes nothing")
            file.write(changed)
            file.flush()
            for command in (["profile", "show"], ["profile", "export", "-f", "seccomp"], ["profile", "explain"]):
                done = merlon.run(*command, file.name, check=False)
                tap.check(done.returncode == BAD_INPUT, f"{what}: exit {done.returncode}: {done.stderr}")
                tap.check(word in done.stderr, f"{what}: does not say {word!r}: {done.stderr}")
                tap.check("\x1b" not in done.stderr, f"{what}: an escape sequence reaches the terminal")


def main() -> None:
    """All of it."""
    with tap.Suite("errors: said, coded, nothing lost") as suite:
        for test in (command_line, nothing_there, no_privilege, same_name, full_disk, hostile_profiles):
            suite.run(test)
        works, why = available("runc")
        if works:
            suite.run(gone_meanwhile, "runc")
        else:
            suite.skip("the container is killed while it is recorded", why)


if __name__ == "__main__":
    main()
