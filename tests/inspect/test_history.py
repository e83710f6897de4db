#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon inspect --store, --watch, history, and of charts and kustomizations.  Argument: the program.  Prints TAP."""

from __future__ import annotations

import html.parser
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = sys.argv[1]
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: %s
  containers:
  - name: c
    image: r.example.com/i:1
    securityContext: {privileged: %s}
"""
ONLY = ("--check", "MRL-101", "--check", "MRL-102")


def merlon(*args: str | Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run([MERLON, *map(str, args)], capture_output=True, text=True, timeout=60, check=False, env=env)
    return done.returncode, done.stdout, done.stderr


@contextmanager
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def stored(base: Path, *args: str) -> str:
    return merlon("inspect", *ONLY, "--fail-on", "never", "--store-file", base / "h.db", *args, base / "pod.yaml")[1]


def test_trend() -> None:
    with directory() as base:
        pod = base / "pod.yaml"
        pod.write_text(POD % ("false", "true"))
        assert "first inspection" in stored(base)
        pod.write_text(POD % ("true", "false"))
        text = stored(base)
        assert "1 new, 1 mended, 0 still there" in text, text
        assert "spec.hostPID: true (new)" in text and "mended  critical  MRL-101" in text, text
        report = json.loads(stored(base, "--json"))
        assert report["trend"]["standing"] == 1 and len(report["trend"]["runs"]) == 3, report["trend"]
        assert report["findings"][0]["new"] is False
        # Half a file is not half mended.
        pod.write_text("a: [\n")
        assert "0 new, 0 mended, 1 still there" in stored(base)


def test_history() -> None:
    with directory() as base:
        pod, store = base / "pod.yaml", ("--store-file", base / "h.db")
        assert merlon("inspect", "history", *store)[0] == 4
        for values in (("false", "true"), ("true", "false")):
            pod.write_text(POD % values)
            stored(base)
        merlon("inspect", "--store-file", base / "h.db", base / "pod.yaml")  # asked for more: another subject
        runs = json.loads(merlon("inspect", "history", "--json", *store)[1])
        assert [run["new"] for run in runs] == [0, 1, 0] and runs[1]["subject"] == runs[2]["subject"] != runs[0]["subject"]
        one = json.loads(merlon("inspect", "history", "--json", *store, "2")[1])
        assert [item["check"] for item in one["new"]] == ["MRL-102"] and one["mended"][0]["check"] == "MRL-101"
        text = merlon("inspect", "history", *store)[1]
        assert str(pod) in text and len(text.splitlines()) == 4, text
        assert len(merlon("inspect", "history", *store, "--limit", "1")[1].splitlines()) == 2
        assert merlon("inspect", "history", *store, "99")[0] == 4
        assert merlon("inspect", "history", *store, "x")[0] == 2


class Page(html.parser.HTMLParser):
    """What is in a page, and whether all that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.bars = 0
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bars += tag == "rect"
        if tag not in ("meta", "input", "br", "wbr", "rect", "line", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "line", "circle", "polyline"):
            closed = self.open.pop()
            assert closed == tag or closed == "option", (closed, tag)


def test_html() -> None:
    with directory() as base:
        for values in (("true", "true"), ("false", "true"), ("true", "false")):
            (base / "pod.yaml").write_text(POD % values)
            text = stored(base, "--format", "html")
        page = Page(text)
        assert page.bars == 4, page.bars
        assert "1 new</b>" in text and "Mended since then: 1" in text and 'class="new high"' in text


@contextmanager
def watching(*args: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([MERLON, "inspect", "--watch", *map(str, args)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, bufsize=0)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def change(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout
    assert select.select([process.stdout], [], [], 20)[0], "nothing is told"
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_watch() -> None:
    with directory() as base:
        pod = base / "deep" / "pod.yaml"
        pod.parent.mkdir()
        pod.write_text(POD % ("false", "true"))
        with watching(*ONLY, "--json", "--store-file", base / "h.db", base) as process:
            assert change(process)["change"] == "found"
            time.sleep(0.3)
            new = base / "deep" / ".pod"
            new.write_text(POD % ("true", "false"))
            new.rename(pod)  # as editors do
            told = {(one["change"], one["check"]) for one in (change(process), change(process))}
            assert told == {("mended", "MRL-101"), ("new", "MRL-102")}, told
            (base / "more").mkdir()
            time.sleep(0.5)
            (base / "more" / "b.yaml").write_text(POD.replace("name: p", "name: q") % ("false", "true"))
            told_now = change(process)
            assert (told_now["change"], told_now["object"]) == ("new", "n/q"), told_now
            pod.unlink()
            assert change(process)["change"] == "mended"
        runs = json.loads(merlon("inspect", "history", "--json", "--store-file", base / "h.db")[1])
        assert len(runs) == 4, runs


def test_watch_a_file_that_breaks() -> None:
    """saved half-written, then whole: what changed since it was whole is told, and nothing else"""
    with directory() as base:
        pod = base / "pod.yaml"
        pod.write_text(POD % ("false", "true"))
        with watching(*ONLY, "--json", pod) as process:
            assert change(process)["check"] == "MRL-101"
            for text in ("a: [\n", POD % ("true", "true"), "a: [\n", POD % ("true", "false")):
                time.sleep(0.6)
                pod.write_text(text)
            told = [(one["change"], one["check"]) for one in (change(process), change(process))]
            assert told == [("new", "MRL-102"), ("mended", "MRL-101")], told


def test_watch_what_a_kustomization_builds_upon() -> None:
    if not shutil.which("kubectl"):
        raise tap.Skip("there is no kubectl")
    with directory() as base:
        top = overlay(base)
        with watching("--check", "MRL-101", "--json", top) as process:
            time.sleep(1)
            (base / "base" / "pod.yaml").write_text(POD % ("false", "true"))
            assert change(process)["change"] == "new"


def test_watch_host() -> None:
    with directory() as base:
        (base / "etc" / "docker").mkdir(parents=True)
        config = base / "etc" / "docker" / "daemon.json"
        config.write_text('{"log-level": "debug"}')
        with watching("--host", "--root", base, "--check", "MRL-1010", "--interval", "1", "--json") as process:
            assert change(process)["change"] == "found"
            config.write_text("{}")
            assert change(process)["change"] == "mended"


def test_watch_usage() -> None:
    assert merlon("inspect", "--watch", "-")[0] == 2
    assert merlon("inspect", "--watch", "--fix", ".")[0] == 2
    assert merlon("inspect", "--watch", "--interval", "0", ".")[0] == 2


def overlay(base: Path) -> Path:
    (base / "base").mkdir()
    (base / "base" / "pod.yaml").write_text(POD % ("false", "false"))
    (base / "base" / "kustomization.yaml").write_text("resources: [pod.yaml]\n")
    top = base / "prod"
    top.mkdir()
    (top / "kustomization.yaml").write_text(
        "resources: [../base]\npatches:\n- patch: |\n    - {op: replace, path: /spec/hostPID, value: true}\n"
        "  target: {kind: Pod}\n")
    return top


def test_kustomize() -> None:
    if not shutil.which("kubectl"):
        return
    with directory() as base:
        top = overlay(base)
        code, out, err = merlon("inspect", *ONLY, "--json", top)
        report = json.loads(out)
        assert code == 1 and [f["check"] for f in report["findings"]] == ["MRL-102"], out + err
        assert report["findings"][0]["file"] == f"{top} (kubectl)"
        assert merlon("inspect", *ONLY, "--no-render", top)[0] == 0
        (top / "kustomization.yaml").write_text("resources: [nowhere]\n")
        code, out, err = merlon("inspect", *ONLY, top)
        assert code == 5 and "kubectl kustomize failed" in err and "nowhere" in err, err
        # Bases elsewhere are not fetched.
        (top / "kustomization.yaml").write_text("resources: ['https://127.0.0.1:9/x.yaml']\n")
        assert merlon("inspect", *ONLY, top)[0] == 5


def test_programs_that_are_not_there() -> None:
    with directory() as base:
        (base / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 1.0.0\n")
        code, _, err = merlon("inspect", base, env=os.environ | {"PATH": "/nowhere"})
        assert code == 4 and "helm is needed" in err, err
        assert merlon("inspect", "--no-render", base)[0] == 0


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
