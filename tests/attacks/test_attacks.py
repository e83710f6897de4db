#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every shipped rule, by a real attack that must raise it and a look-alike that must not, in real containers.

    test_attacks.py [--runtime NAME] [--attacks] [--show]

--attacks leaves out the look-alikes, for one more kernel in little time. --show prints every alert.  $MERLON_TEST is a regular expression for the rules to prove; without it, what was proven is
written into the directory $MERLON_RESULTS, for docs/coverage.md (tools/coverage-table).  README.md says how to add one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "containers"))

import merlon   # first: it puts the rig on the path
import commands
import credentials
import dropped
import escape
import kubernetes
import mining
import network
import persistence
import tampering
import tap
from guarding import RULES
from proof import Proof
from stage import IN_VM, Run, execute, execute_on_host, runs
from watch import URGENT, Alerts, described, urgent

PROOFS: list[Proof] = [proof for table in (escape, commands, dropped, credentials, tampering, persistence, mining,
                                           network, kubernetes) for proof in table.PROOFS]


def judge(run: Run, proof: Proof, step: str, alerts: Alerts) -> str:
    """What is wrong with one step of a run; empty: nothing."""
    status, said = run.status(step)
    if status:
        return f"{run.kind} {step}: exit status {status}: {said}\n"
    if not alerts.saw(run.id, step):
        return f"{run.kind} {step}: the guard did not see it begin\n"
    raised = alerts.of(run.id, step)
    if run.kind == "attack":
        fits = any(a["rule"] == proof.rule for a in raised)
        return "" if fits else f"attack {step} raised: {described(raised)}\n{run.steps[step]}\n{said}\n"
    wrong = [a for a in raised if a["rule"] == proof.rule or a["priority"] in URGENT]
    return f"the look-alike raised: {described(wrong)}\n" if wrong else ""


def prove(runtime: str, kinds: tuple[str, ...], show: bool) -> None:
    """Run all, and say of each rule whether it is proven."""
    only = re.compile(os.environ.get("MERLON_TEST", ""))
    proofs = [p for p in PROOFS if only.search(p.rule)]
    todo = runs(proofs, kinds)
    started = time.monotonic()
    on_host, contained = ([run for run in todo if (run.box == "host") == wanted] for wanted in (True, False))
    parts: list[tuple[Run, Alerts]] = []
    if contained:
        alerts = execute(contained, runtime)
        parts += [(run, alerts) for run in contained]
    if on_host:
        alerts = execute_on_host(on_host)
        parts += [(run, alerts) for run in on_host]
    wrong: dict[str, str] = {}
    with tap.Suite("the shipped rules, by attack and look-alike") as suite:
        print(f"# {len(todo)} containers in {time.monotonic() - started:.1f} s")
        for seconds, container, step in parts[0][1].slowest(5) if parts else []:
            run = next(run for run in contained if run.id == container)
            print(f"# slow: {run.kind} {step}, {run.proof(step).rule}: {seconds:.1f} s")
        for run, alerts in parts:
            begun = urgent(alerts.of(run.id, ""))
            suite.ok(not begun, f"{run.kind}s, {run.box}: quiet until the first step", described(begun))
            for number, proof in enumerate(run.proofs):
                for step in run.of(number):
                    if show:
                        print(f"# -- {run.kind} {step}: {proof.rule}\n# {described(alerts.of(run.id, step))}")
                    if why := judge(run, proof, step, alerts):
                        wrong[proof.rule] = wrong.get(proof.rule, "") + why
        said: dict[str, str] = {}
        for proof in proofs:
            if proof.reason or (proof.vm_only and not IN_VM):
                said[proof.rule] = proof.reason or "needs a machine of its own: proven in those"
                suite.skip(proof.rule, said[proof.rule])
            else:
                said[proof.rule] = "" if proof.rule not in wrong else "not proven"
                suite.ok(proof.rule not in wrong, proof.rule, wrong.get(proof.rule, ""))
        listed = {rule["rule"] for rule in json.loads(merlon.run("rules", "list", "--json", str(RULES)).stdout)}
        missing = listed ^ {proof.rule for proof in PROOFS}
        suite.ok(not missing, "every rule has a proof, and every proof a rule", ", ".join(sorted(missing)))
        if (directory := os.environ.get("MERLON_RESULTS")) and not only.pattern and len(kinds) > 1:
            machine = "machine" if IN_VM else "host"
            Path(directory).mkdir(parents=True, exist_ok=True)
            Path(directory, f"{machine}-{platform.release()}.json").write_text(json.dumps(
                {"kernel": platform.release(), "machine": machine, "rules": said}, indent=1) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prove the shipped rules.")
    parser.add_argument("--runtime", default="runc")
    parser.add_argument("--attacks", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    prove(options.runtime, ("attack",) if options.attacks else ("look-alike", "attack"), options.show)


if __name__ == "__main__":
    main()
