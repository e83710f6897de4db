#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML report in a real browser: filter, search, dark, narrow, printed, large, and what axe says of it.

Argument: the program.  Prints TAP.  Skipped where there is no chromium.  With MERLON_PICTURES=DIRECTORY it leaves pictures
there, for a person to look at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import browser  # noqa: E402  # pylint: disable=wrong-import-position
import published  # noqa: E402  # pylint: disable=wrong-import-position
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = os.path.abspath(sys.argv[1])
PICTURES = os.environ.get("MERLON_PICTURES")
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {space}}}
spec:
  hostPID: {bad}
  containers:
  - {{name: c, image: i, securityContext: {{privileged: {bad}}}}}
"""
SHOWN = "[...document.querySelectorAll('section tbody tr')].filter(r => !r.hidden && !r.closest('details').hidden)"
LARGE = 10_000


def report(into: Path, pods: int, *options: str | Path) -> Path:
    text = "---\n".join(POD.format(name=f"web{n}", space=f"team{n % 3}", bad=str(n % 2 == 0).lower()) for n in range(pods))
    (into / "pods.yaml").write_text(text)
    page = into / "report.html"
    subprocess.run([MERLON, "inspect", "--fail-on", "never", "-f", "html", "-o", page, *options, into / "pods.yaml"], check=True)
    return page


def ask(page: browser.Browser, text: str = "", severity: str = "", category: str = "") -> tuple[int, float]:
    """How many findings are seen then, and how long it took."""
    values = json.dumps({"text": text, "severity": severity, "category": category})
    seconds = page.run(f"""(() => {{ const f = document.getElementById('filter');
        for (const [name, value] of Object.entries({values})) f[name].value = value;
        const began = performance.now(); f.requestSubmit(); document.body.offsetHeight;
        return (performance.now() - began) / 1000; }})()""")
    shown = page.run(f"{SHOWN}.length")
    assert page.run("document.getElementById('shown').textContent").split()[0] == str(shown)
    return shown, seconds


def test_filter_and_search(page: browser.Browser, top: Path) -> None:
    page.open(report(top, 6))
    everything = page.run("document.querySelectorAll('section tbody tr').length")
    assert page.run("document.getElementById('shown').textContent") == f"{everything} findings are shown"
    assert ask(page)[0] == everything > 50
    assert ask(page, "MRL-101")[0] == 3 and ask(page, "mrl-101 web2")[0] == 1 and ask(page, "no such thing")[0] == 0
    assert page.run("document.querySelectorAll('section>details:not([hidden])').length") == 0
    assert ask(page, severity="critical")[0] == 3 and ask(page, severity="low")[0] == everything
    assert 0 < ask(page, category="image")[0] < everything
    assert ask(page, "team1", "high")[0] < ask(page, "team1")[0]
    assert page.run(f"{SHOWN}.every(r => r.closest('details').open)"), "what is found is open"
    assert ask(page)[0] == everything
    page.run("(() => { const f = document.getElementById('filter'); f.text.value = 'web3'; f.text.dispatchEvent(new Event('input', {bubbles: true})) })()")
    page.run("new Promise(done => setTimeout(done, 400))")
    assert page.run("document.querySelectorAll('section>details:not([hidden])').length") == 1, "as one types"


def test_it_loads_nothing_and_complains_of_nothing(page: browser.Browser, top: Path) -> None:
    path = report(top, 2)
    page.open(path)
    ask(page, "web1")
    assert page.asked_for() == [path.resolve().as_uri()] and not page.complaints(), (page.asked_for(), page.complaints())


def test_light_and_dark_and_narrow(page: browser.Browser, top: Path) -> None:
    page.open(report(top, 3))
    seen = set()
    for name, width, dark in (("light", 1280, False), ("dark", 1280, True), ("narrow", 360, False)):
        page.look(width, dark)
        seen.add(page.run("getComputedStyle(document.body).backgroundColor"))
        over = page.run("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{name}: {over} pixels are out of sight"
        if PICTURES:
            page.picture(Path(PICTURES, f"{name}.png"))
    assert len(seen) == 2, seen


def test_axe_finds_nothing(page: browser.Browser, top: Path) -> None:
    held = published.find()
    if not held:
        raise tap.Skip("there is no npm that fetches axe")
    store = ("--store", "--store-file", top / "store.db")
    for _ in range(3):
        path = report(top, 3, *store)
    page.open(path)
    page.run((held / "axe.js").read_text() + ";0")
    for width, dark in ((1280, False), (1280, True), (360, False)):
        page.look(width, dark)
        found = page.run("axe.run().then(r => r.violations.map(v => [v.id, v.impact, v.nodes[0].html.slice(0, 200)]))")
        assert not found, (width, dark, found)


def test_the_trend_is_drawn(page: browser.Browser, top: Path) -> None:
    store = ("--store", "--store-file", top / "store.db")
    for pods in (4, 6):
        path = report(top, pods, *store)
    page.open(path)
    assert page.run("document.querySelectorAll('svg rect').length") >= 2
    assert page.run("document.querySelectorAll('section .new').length") > 10, "what is new is marked"
    if PICTURES:
        page.look(1280)
        page.picture(Path(PICTURES, "trend.png"))


def test_it_prints_all(page: browser.Browser, top: Path) -> None:
    page.open(report(top, 12))
    page.run("document.querySelectorAll('details').forEach(d => { d.open = false })")
    closed = len(page.printed())
    assert page.run("[...document.querySelectorAll('section>details')].every(d => d.open)") and closed > 20_000, closed
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.run("getComputedStyle(document.getElementById('filter')).display") == "none"
    page.call("Emulation.setEmulatedMedia", media="")


def test_ten_thousand_findings_are_still_of_use(page: browser.Browser, top: Path) -> None:
    path = report(top, 700)
    began = time.monotonic()
    page.open(path)
    loaded = time.monotonic() - began
    count = page.run("document.querySelectorAll('section tbody tr').length")
    assert count >= LARGE, count
    first = ask(page, "web12")[1]
    slowest = max(ask(page, *asked)[1] for asked in (("privileged",), ("team1", "high"), ("", "", "image"), ()))
    print(f"# {count} findings: {loaded:.1f} s to load, {first:.2f} s for the first search, {slowest:.2f} s for the slowest other")
    assert loaded < 15 and first < 4 and slowest < 2, (loaded, first, slowest)
    assert page.run("document.querySelectorAll('section>details[open]').length") < 50


def main() -> int:
    def on_page(test: Callable[[browser.Browser, Path], None]) -> None:
        page.look(1280)
        with tempfile.TemporaryDirectory() as top:
            test(page, Path(top))

    if not browser.program():
        print("1..0 # SKIP there is no chromium")
        return 0
    with browser.Browser() as page:
        return tap.run_functions(globals(), on_page)


if __name__ == "__main__":
    sys.exit(main())
