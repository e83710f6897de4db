#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line's face: doctor, help, man pages, completion; all made from tables, and all true."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import merlon  # first: it puts the rig on the path
import tap


def doctor() -> dict[str, dict[str, str]]:
    """What doctor says, by name."""
    done = merlon.run("doctor", "--json", check=False)
    tap.check(done.returncode in (0, 1), f"exit {done.returncode}: {done.stderr}")
    return {item["name"]: item for item in json.loads(done.stdout)}


def doctor_is_complete() -> None:
    """doctor names kernel, features, hooks, security modules, control groups and runtimes, and what is missing costs"""
    found = doctor()
    for name in ("release", "btf", "tp_btf", "lsm", "fmod_ret", "fentry", "kprobe", "rung", "files", "capabilities",
                 "seccomp", "apparmor", "selinux", "cgroups", "cgroup driver", "runc", "crun"):
        tap.check(name in found, f"{name} is missing in {sorted(found)}")
    tap.check(os.uname().release in found["release"]["value"], found["release"]["value"])
    for item in found.values():
        tap.check(item["state"] in ("ok", "less", "missing", "info"), str(item))
        if item["state"] in ("less", "missing"):
            tap.check(item.get("cost") and item.get("remedy"), f"does not say what it costs and how to get it: {item}")
    version = subprocess.run(["runc", "--version"], capture_output=True, text=True).stdout.split()[2]
    tap.check(version in found["runc"]["value"], f"runc is {version}: {found['runc']['value']}")
    text = merlon.run("doctor", check=False).stdout
    tap.check("Kernel" in text and "costs:" in text and "how to get it:" in text, text)


def rung(expected: str, hooks: str) -> None:
    """The rung that this kernel has, and the hooks that follow from it"""
    found = doctor()
    tap.check(found["rung"]["value"].startswith(expected + ":"), f"rung {found['rung']['value']}: not {expected}; "
              f"lsm: {found['lsm']['value']}; fmod_ret: {found['fmod_ret']['value']}")
    tap.check(found["files"]["value"].startswith(hooks), f"files by {found['files']['value']}, not {hooks}")


def module(name: str) -> None:
    """A security module that was switched on is seen"""
    found = doctor()[name]
    tap.check(found["state"] == "ok", f"{found}")


def commands() -> list[list[str]]:
    """Every command and subcommand, as help lists them."""
    names = re.findall(r"^  ([a-z]+) ", merlon.run("help").stdout.split("Exit codes")[0], re.M)
    found = []
    for name in names:
        text = merlon.run("help", name).stdout
        part = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
        subs = re.findall(r"^  ([a-z]+) ", part[1], re.M) if part else []
        found += [[name, sub] for sub in subs] + ([[name]] if "Options:" in text else [])
    return found


def every_command_has_help() -> None:
    """Every command explains itself: --help and help agree"""
    tap.check(["record"] in commands() and ["profile", "export"] in commands(), f"{commands()}")
    for command in commands():
        by_option, by_name = merlon.run(*command, "--help").stdout, merlon.run("help", *command).stdout
        tap.check(by_option == by_name and by_option.startswith(f"merlon {' '.join(command)}: "), by_option)
        tap.check("Usage: merlon " in by_option and "--help" in by_option, by_option)


def man_pages() -> None:
    """Man pages: one for every command, without a complaint of the formatter"""
    with tempfile.TemporaryDirectory() as directory:
        merlon.run("help", "--man", directory)
        pages = {path.name for path in Path(directory).iterdir()}
        wanted = {"merlon.1"} | {f"merlon-{'-'.join(command)}.1" for command in commands()}
        tap.check(wanted <= pages, f"missing: {wanted - pages}")
        formatter = shutil.which("groff")
        if not formatter:
            tap.skip("groff is not installed")
        for page in sorted(pages):
            done = subprocess.run([formatter, "-man", "-Tutf8", "-ww", "-z", Path(directory, page)],
                                  capture_output=True, text=True)
            tap.check(done.returncode == 0 and not done.stderr, f"{page}: {done.stderr}")
        options = set(re.findall(r"--([a-z-]+)", merlon.run("record", "--help").stdout))
        page = Path(directory, "merlon-record.1").read_text().replace("\\-", "-")
        tap.check(all(f"--{option}" in page for option in options), "the page lacks options")


def bash_completion() -> None:
    """Completion for bash completes commands, options and their values"""
    script = merlon.run("completion", "bash").stdout

    def complete(*words: str) -> set[str]:
        program = (f"{script}\nCOMP_WORDS=({shlex.join(words)})\nCOMP_CWORD={len(words) - 1}\n_merlon\n"
                   'printf "%s\\n" "${COMPREPLY[@]}"\n')
        return set(subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True).stdout.split())

    tap.check({"record", "profile", "doctor"} <= complete("merlon", ""), f"{complete('merlon', '')}")
    tap.check(complete("merlon", "rec") == {"record"}, f"{complete('merlon', 'rec')}")
    tap.check({"show", "explain", "export"} <= complete("merlon", "profile", ""), "profile's commands")
    tap.check(complete("merlon", "record", "--dur") == {"--duration"}, f"{complete('merlon', 'record', '--dur')}")
    tap.check(complete("merlon", "record", "--hooks", "") == {"fentry", "kprobe", "tracepoint"}, "values of --hooks")


def other_completions() -> None:
    """Completion for zsh and fish names every command; an unknown shell is refused"""
    for shell in ("zsh", "fish"):
        text = merlon.run("completion", shell).stdout
        tap.check(all(word in text for command in commands() for word in command), shell)
        if interpreter := shutil.which(shell):
            done = subprocess.run([interpreter, "-n"], input=text, capture_output=True, text=True)
            tap.check(done.returncode == 0, done.stderr)
    tap.check(merlon.run("completion", "tcsh", check=False).returncode == 2, "tcsh")


def main() -> None:
    """On the host all of it; in a machine with --rung=X:HOOKS or --module=NAME what its kernel must have."""
    expectations = [a for a in sys.argv[1:] if a.startswith(("--rung=", "--module="))]
    with tap.Suite("command line") as suite:
        for expectation in expectations:
            kind, _, value = expectation.partition("=")
            if kind == "--rung":
                expected, _, hooks = value.partition(":")
                suite.run(rung, expected, hooks, name=f"the kernel's rung is {expected}, files by {hooks}")
            else:
                suite.run(module, value, name=f"{value} is active, and doctor says so")
        if expectations:
            return
        for test in (doctor_is_complete, every_command_has_help, man_pages, bash_completion, other_completions):
            suite.run(test)


if __name__ == "__main__":
    main()
