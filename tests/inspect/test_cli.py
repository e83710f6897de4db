#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon inspect and merlon checks as people call them.  Argument: the program.  Prints TAP."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import os
import subprocess
import sys
import tempfile
import xml.dom.minidom
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = sys.argv[1]
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: %s, namespace: n}
spec:
  containers:
  - name: c
    image: r.example.com/i:1
    securityContext: {privileged: %s}
"""
BAD, GOOD = POD % ("bad", "true"), POD % ("good", "false")
ONLY = ("--check", "MRL-101")


def merlon(*args: str | Path, stdin: str = "", env: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run([MERLON, *map(str, args)], input=stdin, capture_output=True, text=True, timeout=60, check=False,
                          env=os.environ | (env or {}))
    return done.returncode, done.stdout, done.stderr


def directory(**files: str) -> tempfile.TemporaryDirectory[str]:
    held = tempfile.TemporaryDirectory()
    for name, text in files.items():
        path = Path(held.name) / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return held


def test_exit_codes() -> None:
    assert merlon("inspect", *ONLY, "-", stdin=BAD)[0] == 1
    assert merlon("inspect", *ONLY, "-", stdin=GOOD)[0] == 0
    assert merlon("inspect", *ONLY, "--fail-on", "never", "-", stdin=BAD)[0] == 0
    assert merlon("inspect", "--check", "CKV_K8S_9", "-", stdin=BAD)[0] == 0, "low is below the default of --fail-on"
    assert merlon("inspect", "--check", "CKV_K8S_9", "--fail-on", "low", "-", stdin=BAD)[0] == 1
    assert merlon("inspect", *ONLY, "-", stdin=GOOD + "---\na: [\n")[0] == 5
    assert merlon("inspect")[0] == 2
    assert merlon("inspect", "--severity", "awful", "-", stdin=GOOD)[0] == 2
    assert merlon("inspect", "--pss", "awful", "-", stdin=GOOD)[0] == 2
    assert merlon("inspect", "/no/such/file")[0] == 4
    assert merlon("inspect", "--check", "nonsense", "-", stdin=GOOD)[0] == 5


def test_directories() -> None:
    with directory(a_yaml=BAD, sub__b_yml=BAD, sub__c_json='{"apiVersion": "v1", "kind": "List", "items": []}',
                   d_txt="not: [ours", _hidden_yaml="a: [") as top:
        code, out, _ = merlon("inspect", *ONLY, "--json", top)
        report = json.loads(out)
        assert code == 1
        assert sorted(Path(f["file"]).name for f in report["findings"]) == ["a.yaml", "b.yml"]
        assert report["summary"]["files"] == 3 and not report["problems"], report


def test_what_can_not_be_read_does_not_hide_the_rest() -> None:
    with directory(a_yaml="a: [", b_yaml=BAD) as top:
        (Path(top) / "c.yaml").mkdir()
        os.mkfifo(Path(top) / "d.yaml")
        code, out, _ = merlon("inspect", *ONLY, "--json", top)
        report = json.loads(out)
        assert code == 1 and len(report["findings"]) == 1
        assert {Path(p["file"]).name for p in report["problems"]} == {"a.yaml", "d.yaml"}, report["problems"]


def test_every_format_is_well_formed() -> None:
    text = BAD + "---\n" + GOOD
    json.loads(merlon("inspect", "-f", "json", "--passed", "-", stdin=text)[1])
    sarif = json.loads(merlon("inspect", "-f", "sarif", "-", stdin=text)[1])
    rules = {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in sarif["runs"][0]["results"]} <= rules
    xml.dom.minidom.parseString(merlon("inspect", "-f", "junit", "--passed", "-", stdin=text)[1])
    rows = list(csv.reader(io.StringIO(merlon("inspect", "-f", "csv", "--passed", "-", stdin=text)[1])))
    assert len({len(row) for row in rows}) == 1 and len(rows) > 50
    assert merlon("inspect", "-f", "markdown", "-", stdin=text)[1].startswith("# Inspection\n")


class Page(html.parser.HTMLParser):
    """What is open, and every element's name and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "input", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} at {self.getpos()}"


def test_the_page_is_whole_and_loads_nothing() -> None:
    hostile = BAD.replace("name: bad", "name: '\"><script>alert(1)</script>'")
    text = merlon("inspect", "-f", "html", "-", stdin=hostile)[1]
    page = Page()
    page.feed(text)
    assert not page.open
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert not [attrs for _, attrs in page.elements if {"src", "href", "onclick"} & set(attrs)]
    assert "default-src 'none'" in text and "url(" not in text
    assert all(attrs.get("aria-label") for tag, attrs in page.elements if tag == "meter")
    assert "<del>- privileged: true</del>\n<ins>+ privileged: false</ins>" in text and "--fix --aggressive" in text


def test_output_goes_to_a_file() -> None:
    with directory() as top:
        code, out, _ = merlon("inspect", *ONLY, "--json", "-o", Path(top) / "report", "-", stdin=BAD)
        assert code == 1 and not out
        assert json.loads((Path(top) / "report").read_text())["findings"]
        assert merlon("inspect", *ONLY, "-o", Path(top) / "no" / "such", "-", stdin=BAD)[0] == 4


def test_colours_are_for_terminals() -> None:
    assert "\033[" not in merlon("inspect", "-", stdin=BAD)[1]
    assert "\033[" in merlon("inspect", "--colour", "always", "-", stdin=BAD)[1]


def test_a_baseline_hides_what_is_known_only() -> None:
    with directory(a_yaml=BAD) as top:
        known = Path(top) / "known"
        assert merlon("inspect", *ONLY, "--fail-on", "never", "--write-baseline", known, top)[0] == 0
        assert merlon("inspect", *ONLY, "--baseline", known, top)[0] == 0
        (Path(top) / "b.yaml").write_text(POD % ("new", "true"))
        code, out, _ = merlon("inspect", *ONLY, "--baseline", known, top)
        assert code == 1 and "n/new" in out and "n/bad" not in out


def test_a_configuration_exempts() -> None:
    with directory(c_yaml="exemptions: [{check: runAsPrivileged, namespace: n, reason: known}]\n",
                   d_yaml="exemptions: [{check: MRL-101}]\n") as top:
        code, out, _ = merlon("inspect", *ONLY, "--exempt", "-c", Path(top) / "c.yaml", "-", stdin=BAD)
        assert code == 0 and "(known)" in out
        code, _, err = merlon("inspect", *ONLY, "-c", Path(top) / "d.yaml", "-", stdin=BAD)
        assert code == 5 and "d.yaml:1:" in err


def test_pod_security_standards() -> None:
    code, out, _ = merlon("inspect", "--pss", "baseline", "-", stdin=GOOD)
    assert code == 0 and '"baseline" of Kubernetes 1.37: met' in out
    code, out, _ = merlon("inspect", "--pss", "restricted", "--pss-version", "v1.20", "-", stdin=GOOD)
    assert code == 1 and '"restricted" of Kubernetes 1.20: not met' in out
    code, out, _ = merlon("inspect", "--pss", "baseline", "-", stdin='{"Config": {}, "HostConfig": {"Privileged": true}}')
    assert code == 0 and "not judged, as there are no pods" in out
    code, out, _ = merlon("inspect", "--pss", "baseline", "-", stdin=GOOD + "\n---\na: [")
    assert code == 5 and "1.37: met in what could be read" in out


def test_checks_are_listed_and_found_by_any_name() -> None:
    everything = json.loads(merlon("checks", "--json")[1])
    assert len(everything) > 150
    for name in ("MRL-101", "privileged-container", "KSV-0017", "runAsPrivileged", "c-0057", "CKV_K8S_16"):
        assert "MRL-101" in merlon("checks", name)[1], name
    assert merlon("checks", "nonsense")[0] == 4


# What each leaves behind is put together here, so that no scanner takes this file for a leak.
LETTERS = "Zq9wErTy8uIoPa7sDfGh6jKlZx5cVbNm4QwErTy3uIoPa2sDfGh1jKlZxCvBn"
KEYS = {
    "AWS": "AKIA" + "IOSFODNN7EXAMPLE", "Alibaba": "LTAI" + LETTERS[:20], "Tencent": "AKID" + LETTERS[:32],
    "Google": "AIza" + LETTERS[:35], "GitHub": "gh" + "p_" + LETTERS[:36], "GitLab": "glpat-" + LETTERS[:20],
    "Slack": "xox" + "b-" + LETTERS[:30], "Stripe": "sk_" + "live_" + LETTERS[:24], "npm": "npm" + "_" + LETTERS[:36],
    "Azure": "AccountKey=" + LETTERS[:60] + LETTERS[:26] + "==", "AzureClient": "Zq9" + "8Q~" + LETTERS[:33],
    "JWT": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + LETTERS[:43],
    "PEM": "-----BEGIN RSA PRIVATE" + " KEY-----\\n" + LETTERS + "\\n-----END RSA PRIVATE" + " KEY-----\\n",
    "DB_PASSWORD": "Zq9wErTy-named", "HUAWEICLOUD_SDK_SK": LETTERS[:40], "AZURE_BATCH_KEY": LETTERS[:30],
}
SECRETS = GOOD.replace("metadata: {name: good", "metadata: {annotations: {a: %s}, name: good" % KEYS["GitHub"]) + """\
    env:
%s
    - name: BLOCK
      value: |
        -----BEGIN PRIVATE KEY-----
        %s
        -----END PRIVATE KEY-----
    - name: X_TOKEN
      value: >-
        %s
    args: [--password=%s, --token, %s, "curl -u me:%s http://h"]
    livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: Authorization, value: Bearer %s}]}}
    lifecycle: {preStop: {exec: {command: [sh, -c, "PGPASSWORD=%s psql"]}}}
    # password=%s
  volumes: []
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  a.properties: |
    db.password=%s
---
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {plain: %s}
""" % ("\n".join(f'    - {{name: {name}, value: "{key}"}}' for name, key in KEYS.items()), *[LETTERS] * 10)


def test_every_name_of_other_tools_is_taken() -> None:
    rows = (Path(__file__).resolve().parents[2] / "docs" / "checks-elsewhere.tsv").read_text().splitlines()
    names = [name for line in rows if not line.startswith("#") for name in line.split("\t")[2].split()]
    assert len(rows) > 260 and len(names) > 900, (len(rows), len(names))
    code, _, err = merlon("inspect", *(f"--check={name}" for name in names), "--fail-on", "never", "-", stdin=GOOD)
    assert code == 0, err


def test_names_as_trivy_wrote_them_are_taken() -> None:
    for name, check in (("AVD-KSV-0017", "MRL-101"), ("KSV017", "MRL-101"), ("ksv0017", "MRL-101"), ("avd-ksv-0010", "MRL-102")):
        code, out, _ = merlon("inspect", "--check", name, "--json", "--passed", "-", stdin=GOOD)
        assert code == 0 and {f["check"] for f in json.loads(out)["findings"]} == {check}, (name, out)
    for name in ("KSV", "KSV-", "KSV17", "AVD-", "KSV01x"):
        assert merlon("inspect", "--check", name, "-", stdin=GOOD)[0] not in (0, 1), name


def test_secrets_are_not_repeated() -> None:
    def is_clean(out: str) -> bool:
        return "q9wErTy" not in out and "IOSFODNN7" not in out and "eyJzdWIi" not in out

    with directory(p_yaml=SECRETS) as top:
        for form in ("text", "json", "sarif", "junit", "csv", "markdown", "html"):
            out = merlon("inspect", "--all", "-f", form, "--passed", "--exempt", top)[1]
            assert is_clean(out), form
            assert all(f"MRL-{n}" in out for n in (321, 322, 323, 325, 326, 327)), form
        report = json.loads(merlon("inspect", "--json", "--check", "MRL-321", "--check", "MRL-322", top)[1])
        assert len(report["findings"]) == len(KEYS) + 2, [f["path"] for f in report["findings"]]
        code, out, err = merlon("inspect", "--all", "--fix", "--aggressive", top)
        assert code == 1 and is_clean(out + err) and "***" in out, out
        _, out, err = merlon("inspect", "--all", "--fix", "--aggressive", "--json", top)
        assert json.loads(out)[0]["patch"] and is_clean(out + err)
        kept = Path(top) / "kept"
        merlon("inspect", "--all", "--store-file", kept, "--store", "--write-baseline", Path(top) / "known", top)
        assert is_clean(merlon("inspect", "history", "--store-file", kept, "1")[1])
        assert all(is_clean(path.read_bytes().decode(errors="replace")) for path in (kept, Path(top) / "known"))
        merlon("inspect", "--fix", "--write", top)
        assert (Path(top) / "p.yaml").read_text().count(LETTERS) == SECRETS.count(LETTERS)


# Names and values that look like credentials and are none.
INNOCENT = """\
    env:
    - {name: PASSWORD_FILE, value: /run/secrets/password}
    - {name: TOKEN_TTL, value: "3600"}
    - {name: SECRET_NAME, value: web-tls}
    - {name: DB_PASSWORD, value: $(FROM_SECRET)}
    - {name: TOKEN_URL, value: "https://login.example.com/token"}
    - {name: KEYCLOAK_REALM, value: shop}
    - {name: AUTH_ENABLED, value: "true"}
    - {name: SHA, value: 0123456789abcdef0123456789abcdef01234567}
    - {name: DATABASE_URL, value: "postgres://app:$(PASSWORD)@db/app"}
    args: [--token-file=/run/token, --password=$(PASSWORD), "--tls-private-key-file=/k", "echo token expired"]
    command: [sh, -c, 'curl -H "Authorization: Bearer $TOKEN" http://h; psql "$URL"; exec /app --password "$PASSWORD"']
"""


def test_what_is_no_secret_is_not_taken_for_one() -> None:
    checks = [f"--check=MRL-{n}" for n in (321, 322, 323, 325, 327)]
    out = merlon("inspect", *checks, "--json", "-", stdin=GOOD + INNOCENT)[1]
    assert not json.loads(out)["findings"], out


FIX = ("--check", "MRL-106", "--fix")


def test_fix_shows_a_difference_and_writes_if_told() -> None:
    with directory(a_yaml="# mine\n" + GOOD, b_json=json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {
            "containers": [{"name": "c"}]}}), c_yaml="a: [\n") as top:
        a = Path(top) / "a.yaml"
        a.chmod(0o600)
        (Path(top) / "d.yaml").symlink_to("a.yaml")
        code, out, err = merlon("inspect", *FIX, a)
        assert code == 0 and "privileged: false" in out and "+    securityContext: {allowPrivilegeEscalation: false, " in out
        assert a.read_text() == "# mine\n" + GOOD and "1 mended in 1 file" in err
        code, out, err = merlon("inspect", *FIX, "--write", top)
        assert code == 5 and "b.json: this is JSON" in err and "c.yaml: it has errors" in err
        assert a.read_text() == "# mine\n" + GOOD.replace("{priv", "{allowPrivilegeEscalation: false, priv")
        assert a.stat().st_mode & 0o777 == 0o600 and (Path(top) / "d.yaml").is_symlink()
        assert merlon("inspect", *FIX, a)[1] == "" and merlon("inspect", "--check", "MRL-106", a)[0] == 0


def test_fix_is_careful() -> None:
    code, out, err = merlon("inspect", *ONLY, "--fix", "-", stdin=BAD)
    assert code == 1 and not out and "1 more with --aggressive" in err
    code, out, _ = merlon("inspect", *ONLY, "--fix", "--aggressive", "--write", "-", stdin=BAD)
    assert code == 0 and out == BAD.replace("true", "false")
    exempt = BAD.replace("namespace: n", "annotations: {merlon/exempt: MRL-101}")
    assert merlon("inspect", *ONLY, "--fix", "--aggressive", "-", stdin=exempt)[1] == ""
    assert merlon("inspect", "--write", "-", stdin=BAD)[0] == 2
    assert merlon("inspect", "--fix", "--format", "sarif", "-", stdin=BAD)[0] == 2


def test_fix_gives_patches() -> None:
    code, out, _ = merlon("inspect", *FIX, "--json", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}]}))
    (item,) = json.loads(out)
    assert code == 0 and item["pointer"] == "/items/0" and item["name"] == "p"
    assert item["patch"] == [{"op": "add", "path": "/spec/containers/0/securityContext",
                              "value": {"allowPrivilegeEscalation": False}}]


CUSTOM = Path(__file__).parent / "custom"
FOREIGN = ("--checks", CUSTOM / "ours.yaml", "--check", "our-registry")


def test_checks_of_ones_own() -> None:
    other = GOOD.replace("r.example.com/", "")
    assert merlon("inspect", *FOREIGN, "-", stdin=GOOD)[0] == 0
    code, out, _ = merlon("inspect", *FOREIGN, "--json", "-", stdin=other)
    (finding,) = json.loads(out)["findings"]
    assert code == 1 and finding["severity"] == "high" and finding["category"] == "image"
    assert finding["path"] == "spec.containers[0].image" and finding["value"] == "i:1" and finding["line"] == 7
    assert finding["suggestion"].startswith("Mirror")
    assert merlon("inspect", "--checks", CUSTOM, "--check", "ACME-7", "-", stdin=other)[0] == 1, "an alias"
    assert "our-registry" in merlon("inspect", "--checks", CUSTOM, "-", stdin=other)[1], "asked with all others"
    assert "our-registry" not in merlon("inspect", "--checks", CUSTOM, "--skip", "our-registry", "-", stdin=other)[1]
    for form in ("sarif", "junit", "csv", "markdown", "html", "text"):
        assert "our-registry" in merlon("inspect", *FOREIGN, "--format", form, "-", stdin=other)[1], form


def test_checks_of_ones_own_are_configured_as_others() -> None:
    other = GOOD.replace("r.example.com/", "")
    note = other.replace("name: good", "name: good, annotations: {merlon/exempt-our-registry: we know}")
    assert merlon("inspect", *FOREIGN, "-", stdin=note)[0] == 0
    with directory(config_yaml="severity: {our-registry: low}\n") as d:
        assert merlon("inspect", *FOREIGN, "--config", f"{d}/config.yaml", "-", stdin=other)[0] == 0
    with directory(config_yaml="exemptions: [{check: our-registry, reason: so}]\n") as d:
        assert merlon("inspect", *FOREIGN, "--config", f"{d}/config.yaml", "-", stdin=other)[0] == 0
        assert merlon("inspect", "--config", f"{d}/config.yaml", "-", stdin=other)[0] == 5, "not known without --checks"


def test_examples_of_checks() -> None:
    code, out, err = merlon("checks", "test", CUSTOM)
    assert code == 0 and "40 passed, 0 failed, 0 checks without" in out, out + err
    wrong = (CUSTOM / "ours.yaml").read_text().replace("r.example.com/nginx:1", "q.example.com/nginx:1")
    with directory(wrong_yaml=wrong) as d:
        code, out, _ = merlon("checks", "test", f"{d}/wrong.yaml")
        assert code == 1 and "not ok 2 - our-registry: passes" in out and "something is found" in out
        assert [t["passed"] for t in json.loads(merlon("checks", "test", "--json", f"{d}/wrong.yaml")[1])].count(False) == 1
    assert merlon("checks", "test")[0] == 2


BUDGET = """\
failureMessage: There is no budget
target: Deployment
additionalSchemaStrings:
  policy/PodDisruptionBudget: |
    properties:
      metadata:
        properties:
          name:
            const: %s
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: n, annotations: {a: b}}
spec: {template: {spec: {containers: [{name: c, image: i}]}}}
"""
DISRUPTION = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: d, namespace: n}\nspec: {}\n"


def test_a_check_may_look_at_other_objects() -> None:
    with directory(budget_yaml=BUDGET % "{{ .metadata.name }}", d_yaml=DEPLOYMENT, p_yaml=DISRUPTION) as d:
        ask = ("inspect", "--checks", f"{d}/budget.yaml", "--check", "budget", "--json")
        code, out, err = merlon(*ask, "--fail-on", "low", f"{d}/d.yaml")
        (finding,) = json.loads(out)["findings"]
        assert code == 1 and (finding["line"], finding["column"]) == (1, 1), out + err
        assert finding["file"].endswith("d.yaml") and "there is no policy/PodDisruptionBudget that fits" in finding["value"], out
        assert merlon(*ask, "--fail-on", "low", f"{d}/d.yaml", f"{d}/p.yaml")[0] == 0, "in a file that comes later"
        exempt = DEPLOYMENT.replace("a: b", "merlon/exempt-budget: so")
        assert merlon(*ask, "--fail-on", "low", "-", stdin=exempt)[0] == 0, "by an annotation"


def test_templates_are_refused_with_their_place() -> None:
    with directory(budget_yaml=BUDGET % "{{ lookup .metadata }}") as d:
        code, _, err = merlon("checks", "--checks", f"{d}/budget.yaml")
        assert code == 5 and ":9:23" in err and '"lookup" is no function' in err, err
    with directory(budget_yaml=BUDGET % "{{ .metadata }}") as d:
        code, out, _ = merlon("inspect", "--checks", f"{d}/budget.yaml", "--check", "budget", "--json", "--fail-on", "low", "-",
                              stdin=DEPLOYMENT)
        (finding,) = json.loads(out)["findings"]
        assert code == 1 and "budget.yaml:9:23: a list or a map has no text" in finding["value"], out


def test_wrong_checks_are_refused_with_their_place() -> None:
    good = "- check: a\n  title: t\n  condition: %s\n"
    for text, place, words in (
            (good % "container.imag = x", "1:3:14", "no field"),
            (good % "container.image", "1:3:28", "operator"),
            (good % "a_macro", "1:3:14", "no macros"),
            (good % "container.image = x\n  typo: y", "1:4:3", "has no \"typo\""),
            (good % "pod.label exists", "1:3:14", "argument"),
            (good % "container.image regex '('", "1:3:36", "parenthes"),
            ("- check: a b\n  title: t\n  condition: object.name = a\n", "1:1:3", "letters"),
            ("- check: MRL-101\n  title: t\n  condition: object.name = a\n", "1:1:3", "already"),
            ("- title: t\n", "1:1:3", "needs"),
            ("customChecks:\n  a: {target: Container, schema: {typ: object}}\n", "1:2:35", "keyword"),
            ("customChecks:\n  a: {target: Container, schemaString: 'type: x'}\n", "text in line 2):1:7", "no type"),
            ("customChecks:\n  a: {schema: {}}\n", "1:2:6", "target"),
            ("customChecks:\n  a: {target: Pod, schema: {}}\nchecks: {a: awful}\n", "1:3:13", "danger"),
            ("nonsense\n", "1:1:1", "expected"),
            ("a: [\n", "1:2:1", "")):
        with directory(c_yaml=text) as d:
            code, _, err = merlon("inspect", "--checks", f"{d}/c.yaml", "-", stdin=GOOD)
            assert code == 5, (text, code, err)
            assert place.removeprefix("1:") in err and words in err, (text, place, err)


def test_secrets_are_not_shown_by_checks_of_ones_own() -> None:
    checks = "- {check: no-value, title: t, condition: 'container.field[env] exists'}\n" \
             "- {check: token, title: t, target: object, condition: 'object.field[data.token] exists'}\n"
    manifest = BAD + "    env: [{name: A, value: hunter2hunter2}]\n---\napiVersion: v1\nkind: ConfigMap\n" \
                     "metadata: {name: c}\ndata: {token: hunter2hunter2}\n"
    with directory(c_yaml=checks) as d:
        out = merlon("inspect", "--checks", f"{d}/c.yaml", "--check", "no-value", "--check", "token", "-", stdin=manifest)[1]
        assert "token" in out and "no-value" in out and "hunter2" not in out, out


RECORDINGS = Path(__file__).parent.parent / "golden"
SERVED = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: app
    image: python:3.11   # ours
"""


def test_recordings_are_held_against_containers() -> None:
    code, out, err = merlon("inspect", "--profile", RECORDINGS, "--json", "-", stdin=SERVED)
    found = {finding["check"] for finding in json.loads(out)["findings"]}
    assert code == 1 and {"MRL-152", "MRL-153"} <= found and "MRL-154" not in found
    assert "empty.merlon.json: nothing is concluded" in err
    assert "MRL-15" not in merlon("inspect", "-", stdin=SERVED)[1], "not asked without a recording"
    assert "MRL-15" not in merlon("inspect", "--profile", RECORDINGS, "-", stdin=SERVED.replace("python", "perl"))[1]
    assert merlon("inspect", "--profile", "/no/such", "-", stdin=SERVED)[0] == 4
    assert merlon("inspect", "--profile", __file__, "-", stdin=SERVED)[0] == 5


def test_a_recorded_profile_is_put_beside_the_manifest() -> None:
    with directory(pod_yaml=SERVED) as d:
        common = ("inspect", "--profile", RECORDINGS, "--fix", "--aggressive", "--check", "wide-seccomp")
        code, out, err = merlon(*common, f"{d}/pod.yaml")
        assert code == 0 and "+        localhostProfile: " in out and "with --write" in err, out + err
        assert sorted(os.listdir(d)) == ["pod.yaml"]
        assert merlon(*common, "--write", f"{d}/pod.yaml")[0] == 0
        assert sorted(os.listdir(d)) == ["merlon-server.json", "pod.yaml"]
        assert json.loads(Path(d, "merlon-server.json").read_text())["defaultAction"] == "SCMP_ACT_ERRNO"
        mended = Path(d, "pod.yaml").read_text()
        assert "# ours" in mended and 'localhostProfile: "merlon/merlon-server.json"' in mended
        exported = subprocess.run([MERLON, "profile", "export", "-f", "seccomp", RECORDINGS / "server.merlon.json"],
                                  capture_output=True, text=True, check=True).stdout
        assert Path(d, "merlon-server.json").read_text() == exported
        bundle = {"ociVersion": "1.0.2", "hostname": "server", "root": {"path": "r", "readonly": True},
                  "process": {"args": ["x"], "noNewPrivileges": True, "capabilities": {"bounding": ["CAP_CHOWN"]}},
                  "linux": {"seccomp": json.loads(exported)}}
        code, out, _ = merlon("inspect", "--profile", RECORDINGS, "--check", "wide-seccomp", "--check", "unused-capability",
                              "--passed", "-", stdin=json.dumps(bundle))
        assert code == 0 and "2 passed" in out, out + "a container under its recorded profile is clean"


def test_what_was_an_annotation_is_mended_as_one() -> None:
    """Fields are written for versions that have them; what the API would refuse is not written."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: server\n%sspec:\n  containers:\n  - name: server\n    image: python\n%s"
    own, pods = "container.seccomp.security.alpha.kubernetes.io/server", "seccomp.security.alpha.kubernetes.io/pod"
    apparmor = "container.apparmor.security.beta.kubernetes.io/server"
    annotated, field = f"  annotations:\n    {pods}: %s\n", "    securityContext: {seccompProfile: {type: Unconfined}}\n"
    # version, check, manifest, a line that is added; None: nothing is
    rows = ((18, "MRL-113", pod % ("", ""), f'{own}: "runtime/default"'), (19, "MRL-113", pod % ("", ""), "type: RuntimeDefault"),
            (18, "MRL-118", pod % ("", ""), f'{own}: "runtime/default"'), (29, "MRL-115", pod % ("", ""), f'{apparmor}: "runtime/default"'),
            (30, "MRL-115", pod % ("", ""), "type: RuntimeDefault"),
            (29, "MRL-115", pod.replace("containers", "ephemeralContainers") % ("", ""), None),
            (27, "MRL-113", pod % (annotated % "runtime/default", ""), "type: RuntimeDefault"),
            (26, "MRL-114", pod % (annotated % "unconfined", field), None),
            (26, "MRL-114", pod % (annotated % "unconfined", ""), f'{pods}: "runtime/default"'),
            (37, "MRL-116", pod % (f"  annotations:\n    {apparmor}: unconfined\n", ""), f'{apparmor}: "runtime/default"'),
            (27, "MRL-114", pod % (annotated % "unconfined", field), "RuntimeDefault"),
            (26, "MRL-153", pod % (annotated % "runtime/default", ""), f'{pods}: "localhost/merlon/merlon-server.json"'),
            (26, "MRL-153", pod % (annotated % "unconfined", field), None),
            (18, "MRL-153", pod % ("", ""), f'{own}: "localhost/merlon/merlon-server.json"'),
            (27, "MRL-153", pod % (annotated % "runtime/default", ""), 'localhostProfile: "merlon/merlon-server.json"'))
    for version, check, manifest, line in rows:
        out = merlon("inspect", "--all", "--fix", "--aggressive", "--check", check, "--pss-version", f"1.{version}", "--profile", RECORDINGS,
                     "-", stdin=manifest)[1]
        added = [l[1:].strip() for l in out.splitlines() if l.startswith("+") and not l.startswith("+++")]
        assert any(line in l for l in added) if line else not added, (version, check, out)


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
