#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The code checks themselves: what they must find, on small trees of their own. Prints TAP."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

TOOLS = Path(__file__).resolve().parents[2] / "tools"

LAYERS = """
layer base 1
layer uapi 2
layer sensor 4
layer rules 4
layer other 4 beside sensor
layer profile 5 only base uapi
system bpf/ sensor
generated made.h sensor
"""


def run(tool: str, files: dict[str, str]) -> tuple[int, str]:
    """The exit status and output of a tool on a tree of these files."""
    with tempfile.TemporaryDirectory() as root:
        everything = {"abi/record.h": "", "bpf/lib/a.h": "", "tools/layers.txt": LAYERS, "tools/size-allow.txt": "",
                      "tests/unit/x.c": "", "tests/fuzz/x.c": ""}
        everything.update({f"src/{name}/x.h": "" for name in ("base", "sensor", "rules", "other", "profile")})
        for name, text in {**everything, **files}.items():
            path = Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, TOOLS / tool, root], capture_output=True, text=True, timeout=60,
                              check=False)
        return done.returncode, done.stdout + done.stderr


def test_layers_allow() -> None:
    for name, text in {
        "src/base/a.c": '#include "base/x.h"\n#include <stdio.h>\n#include "abi/record.h"\n',
        "src/profile/a.c": '#include "profile/x.h"\n#include "base/x.h"\n',
        "src/sensor/a.c": '#include "base/x.h"\n#include <bpf/libbpf.h>\n#include "made.h"\n',
        "src/other/a.c": '#include "sensor/x.h"\n',
        "bpf/a.bpf.c": '#include "abi/record.h"\n#include "bpf/lib/a.h"\n#include <bpf/bpf_helpers.h>\n',
        "src/base/b.c": '/* "sensor/x.h" */\nconst char *s = "#include \\"sensor/x.h\\"";\n',
    }.items():
        status, output = run("check-layers", {name: text})
        assert status == 0, f"{name}: {output}"


def test_layers_refuse() -> None:
    for name, line, reason in [
        ("src/base/a.c", '#include "sensor/x.h"', "sensor (4) is above base (1)"),
        ("src/base/a.h", '#  include "profile/x.h"', "profile (5) is above base (1)"),
        ("src/base/deep/a.c", '#include "sensor/x.h"', "sensor (4) is above base (1)"),
        ("src/rules/a.c", '#include "sensor/x.h"', "sensor is beside rules (level 4)"),
        ("src/sensor/a.c", '#include "other/x.h"', "other is beside sensor (level 4)"),
        ("src/profile/a.c", '#include "sensor/x.h"', "profile sees only base, uapi"),
        ("src/profile/a.c", "#include <bpf/libbpf.h>", "<bpf/...> is for sensor only"),
        ("src/base/a.c", "#include <sensor/x.h>", "write it in quotes"),
        ("src/base/a.c", '#include "../sensor/x.h"', "write the path from src/"),
        ("src/base/a.c", '#include "x.h"', "belongs to no layer"),
        ("src/base/a.c", '#include "made.h"', "is for sensor only"),
        ("src/base/a.c", '#include "bpf/lib/a.h"', "belongs to no layer"),
        ("abi/record.h", '#include "base/x.h"', "abi/ includes nothing of ours"),
        ("bpf/a.bpf.c", '#include "base/x.h"', "bpf/ includes abi/ and bpf/lib/ only"),
    ]:
        status, output = run("check-layers", {name: f"\n{line}\n"})
        assert status == 1, f"{name}: {line}: {output}"
        assert f"{name}:2: {line.strip()}: " in output and reason in output, output
    status, output = run("check-layers", {"src/stranger/a.c": ""})
    assert status == 1 and "src/stranger: has no level" in output, output


def lines(count: int) -> str:
    return "\tx();\n" * count


def test_sizes_allow() -> None:
    for name, text in {
        "src/base/a.c": f"static int f(void)\n{{\n{lines(97)}}}\n",
        "src/base/b.c": "int x;\n" * 900,
        "src/base/c.h": "int x;\n" * 300,
        "bpf/a.bpf.c": f'SEC("tp_btf/sys_exit")\nint BPF_PROG(f, long ret)\n{{\n{lines(145)}}}\n',
        # braces and quotes that are none
        "src/base/d.c": "char a = '{';\nconst char *b = \"{\\\"{\"; /* { */ // {\n#define C(x) { \\\n\t{\n"
                        "static const int t[] = { 1, 2 };\nstruct s { int x; };\n" + "int f(int (*g)(int))\n{\n}\n" * 3,
    }.items():
        status, output = run("check-size", {name: text})
        assert status == 0, f"{name}: {output}"


def test_sizes_refuse() -> None:
    for name, text, want in [
        ("src/base/a.c", f"int z;\n\nstatic int f(void)\n{{\n{lines(98)}}}\n",
         "src/base/a.c:f (line 3): 101 lines, the limit is 100"),
        ("src/base/a.c", f"static int *f(int a,\n\t\tint b) __attribute__((x))\n{{\n{lines(100)}}}\n", "a.c:"),
        ("src/base/b.c", "int x;\n" * 901, "src/base/b.c (line 1): 901 lines, the limit is 900"),
        ("src/base/c.h", "int x;\n" * 301, "src/base/c.h (line 1): 301 lines, the limit is 300"),
        ("bpf/a.bpf.c", f'SEC("x")\nint BPF_PROG(f, long r)\n{{\n{lines(150)}}}\n', "bpf/a.bpf.c:f (line 1): 154 lines"),
        ("src/cli/main.c", f"int main(void)\n{{\n{lines(80)}}}\n", "src/cli/main.c:main (line 1): 83 lines"),
        ("src/base/a.c", "int f(void)\n{\n", "src/base/a.c: braces do not match"),
    ]:
        status, output = run("check-size", {name: text})
        assert status == 1 and want in output, f"{name}: {output}"


def test_size_exceptions() -> None:
    long = f"static int f(void)\n{{\n{lines(118)}}}\n"
    for allowed, status, want in [
        ("src/base/a.c:f 130 a table in code\n", 0, "ok 1"),
        ("src/base/a.c:f 120 too little\n", 1, "121 lines, the limit is 120"),
        ("src/base/a.c:f 130\n", 1, "NAME LIMIT REASON"),
        ("src/base/a.c:f 130 fine\nsrc/base/x.h 400 not needed\n", 1, "need no exception"),
        ("src/base/a.c:f 130 fine\nsrc/base/gone.c 400 of nothing\n", 1, "src/base/gone.c in tools/size-allow.txt"),
    ]:
        got, output = run("check-size", {"src/base/a.c": long, "tools/size-allow.txt": allowed})
        assert got == status and want in output, f"{allowed}: {output}"


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
