#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Credentials of every kind are found wherever they are written, and none is repeated in anything that merlon writes.

Argument: the program.  Prints TAP.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = sys.argv[1]

# Made up, and put together here, so that no scanner takes this file for a leak.
LETTERS = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9"
WORD = "correct-horse-battery"
KEY_BODY = "MIIEpAIBAAKCAQEAuN1kGVx" * 8
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{KEY_BODY}\n-----END RSA PRIVATE KEY-----\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# What it is: (value, the part that nobody may see).
FORMS = {
    "AWS": ("AKIA" + "QX3TFW5PLZ7NVJ2K", "TFW5PLZ7NVJ2K"), "Alibaba": ("LTAI" + LETTERS[:20], LETTERS[4:20]),
    "Tencent": ("AKID" + LETTERS[:32], LETTERS[4:32]), "Google": ("AIza" + LETTERS[:35], LETTERS[4:35]),
    "Azure": ("AccountKey=" + "Zz9+" * 21 + "Zw==", "Zz9+Zz9+"), "GitHub": ("ghp_" + LETTERS[:36], LETTERS[4:36]),
    "GitLab": ("glpat-" + LETTERS[:24], LETTERS[4:24]), "Slack": ("xoxb-" + LETTERS[:30], LETTERS[4:30]),
    "JWT": ("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJjb3JyZWN0In0." + LETTERS, LETTERS[4:]),
    "a private key": (PEM, KEY_BODY[:40]), "a private key in base64": (encoded(PEM), encoded(PEM)[60:100]),
    "a URL": (f"postgres://web:{WORD}@db/shop", WORD),
}
# Names that say what the value is: (name, value).
NAMED = {
    "a password": ("DB_PASSWORD", WORD), "Huawei": ("HUAWEICLOUD_SDK_SK", LETTERS[:40]), "AWS, the secret": ("AWS_SECRET_ACCESS_KEY", LETTERS[:40]),
    "Alibaba, the secret": ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", LETTERS[:30]), "Tencent, the secret": ("TENCENTCLOUD_SECRET_KEY", LETTERS[:32]),
    "Azure, by name": ("AZURE_STORAGE_KEY", LETTERS[:40]), "a token": ("API_TOKEN", LETTERS[:24]),
}
# Lines of configuration files.
LINES = {
    "JSON in a line": f'{{"db":{{"host":"h","password":"{WORD}"}}}}', "JSON": f'{{\n "password": "{WORD}"\n}}', "YAML": f'db:\n  password: "{WORD}"\n',
    "a shell's": f"#!/bin/sh\nexport FOO_PASSWORD={WORD}\n", "a connection": f"Server=db;User Id=sa;Password={WORD};",
    "XML": f"<a>\n <password>{WORD}</password>\n</a>", "XML in a line": f"<a><password>{WORD}</password></a>",
    ".netrc": f"machine h login u password {WORD}", ".npmrc": f"//registry.npmjs.org/:_authToken={LETTERS[:32]}",
    "docker's": json.dumps({"auths": {"r.example.com": {"auth": encoded(f"web:{WORD}")}}}), "redis'": f"requirepass {WORD}",
    "ldap's": f"bindpw {WORD}", "my.cnf": f"[client]\nuser=root\npassword={WORD}\n", "Basic": f"Authorization: Basic {encoded(f'web:{WORD}')}",
    "nginx'": f'proxy_set_header Authorization "Bearer {LETTERS[:36]}";', "a kubeconfig": f"users:\n- user:\n    client-key-data: {encoded(PEM)}\n",
    "Google's": json.dumps({"type": "service_account", "private_key": PEM}),
}
# What is none.
HARMLESS = (
    "log_level=info\nmax_tokens=1024\npassword_file=/run/p\n", "# password: set it in the Secret\nserver:\n  port: 80\n",
    '{"token_url":"https://id.example.com/token","passwordPolicy":{"minLength":12}}', "The password must be at least 12 characters long.\n",
    "password: ${DB_PASSWORD}\ntoken: {{ .Token }}\n", '<property name="passwordEncoder" ref="bcrypt"/>',
    "- name: password\n  type: string\n  required: true\n", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n",
    encoded("-----BEGIN CERTIFICATE-----\n" + KEY_BODY), "if (token == null || auth.isEmpty()) return;\n", "key: value\nauth: basic\n",
)
FORMATS = ("text", "json", "sarif", "junit", "csv", "markdown", "html")


def merlon(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([MERLON, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=60)


def failing(o: dict[str, Any]) -> list[tuple[str, str]]:
    """Check and path."""
    done = merlon("inspect", "--json", "--all", "--fail-on", "never", "-", stdin=json.dumps(o))
    return [(f["check"], f["path"]) for f in json.loads(done.stdout)["findings"] if f["outcome"] in ("fail", "warn")]


def config_map(text: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"file": text}}


def pod(**container: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i", **container}]}}


def test_every_form_is_found_everywhere() -> None:
    for what, (value, _) in FORMS.items():
        places: dict[str, dict[str, Any]] = {
            "env[0].value": pod(env=[{"name": "A", "value": value}]), "args[0]": pod(args=[value]), "command[1]": pod(command=["x", f"--a={value}"]),
            'data["file"]': config_map(value), 'annotations["a"]': pod() | {"metadata": {"name": "p", "annotations": {"a": value}}},
            "process.env[0]": {"ociVersion": "1.0.2", "process": {"args": ["x"], "env": [f"A={value}"]}, "root": {"path": "r"}},
        }
        for place, o in places.items():
            found = [path for check, path in failing(o) if check in ("MRL-321", "MRL-322", "MRL-323", "MRL-325", "MRL-327")]
            assert any(path.endswith(place) for path in found), (what, place, found)


def test_every_name_is_found_everywhere() -> None:
    for what, (name, value) in NAMED.items():
        for place, o in (("env[0].value", pod(env=[{"name": name, "value": value}])), ("args[0]", pod(args=[f"--{name.lower()}={value}"])),
                         ("args[1]", pod(args=[f"--{name.lower()}", value])),
                         ("args[0]", pod(args=[f"--{name.lower().replace('_', '-')}={value}"])), ("args[0]", pod(args=[f"export {name}={value}; x"])),
                         (f'data["{name}"]', config_map("") | {"data": {name: value}}), ('data["file"]', config_map(f"a=b\n{name}={value}\n"))):
            found = [path for check, path in failing(o) if check in ("MRL-321", "MRL-323", "MRL-325")]
            assert any(path.endswith(place) for path in found), (what, place, found)


def test_every_language_of_configuration_is_read() -> None:
    for what, text in LINES.items():
        assert ("MRL-325", 'data["file"]') in failing(config_map(text)), what
    assert ("MRL-325", 'binaryData["file"]') in failing(config_map("") | {"binaryData": {"file": encoded(PEM)}})


def test_what_is_none_is_not_found() -> None:
    for text in HARMLESS:
        assert not [check for check, _ in failing(config_map(text)) if check == "MRL-325"], text


def everything() -> list[dict[str, Any]]:
    """All of it in one pod, a ConfigMap and a Secret."""
    env = [{"name": f"A{i}", "value": value} for i, (value, _) in enumerate(FORMS.values())]
    env += [{"name": name, "value": value} for name, value in NAMED.values()]
    args = [f"--a={value}" for value, _ in FORMS.values()] + [word for name, value in NAMED.values() for word in (f"--{name.lower()}", value)]
    files = {str(i): value for i, value in enumerate([v for v, _ in FORMS.values()] + list(LINES.values()))}
    return [pod(env=env, args=args, securityContext={"privileged": True}) | {"metadata": {"name": "p", "annotations": files}},
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": files | {n: v for n, v in NAMED.values()}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": files}]


def hidden() -> set[str]:
    """What must be in no output."""
    return {core for _, core in FORMS.values()} | {value for _, value in NAMED.values()} | {encoded(f"web:{WORD}"), WORD, LETTERS[4:24]}


def told(done: subprocess.CompletedProcess[str], what: str, more: str = "") -> None:
    text = done.stdout + done.stderr + more
    assert text, what
    for core in hidden():
        assert core not in text, (what, core, text[max(0, text.find(core) - 200):text.find(core) + 60])


def test_no_report_repeats_one() -> None:
    with tempfile.TemporaryDirectory() as held:
        top = Path(held)
        json_file, yaml_file = top / "all.json", top / "all.yaml"
        json_file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": everything()}))
        yaml_file.write_text("\n---\n".join(json.dumps(o, indent=1) for o in everything()))
        for form in FORMATS:
            told(merlon("inspect", "--all", "--passed", "--format", form, json_file, yaml_file), form)
        told(merlon("inspect", "--all", "--fix", "--aggressive", yaml_file), "--fix")
        told(merlon("inspect", "--all", "--fix", "--aggressive", "--json", yaml_file), "--fix --json")
        told(merlon("inspect", "--all", "--write-baseline", top / "known", yaml_file), "--write-baseline", (top / "known").read_text())
        store = top / "store"
        told(merlon("inspect", "--all", "--store-file", store, yaml_file), "--store", store.read_bytes().decode(errors="replace"))
        told(merlon("inspect", "history", "--store-file", store, "--json"), "history")


def test_no_error_repeats_one() -> None:
    for what, (value, _) in {**FORMS, **NAMED}.items():
        text = json.dumps(value)
        for number, bad in enumerate((
                f'{{"apiVersion": "v1", "kind": "Pod", "metadata": {text}, "spec": {{"containers": {text}}}}}',
                f'{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "p"}}, "spec": {{"hostPID": {text}, "containers": [{{"name": "c", "env": {text}}}]}}}}',
                f'{{"apiVersion": "v1", "kind": "Pod", "a": {text}, "a": {text}, "spec": {{}}}}', f'a: {text}\nb: [{text}\n', f'a: {text} {text}\n',
                f'a: *{LETTERS[:30]}\nb: {text}\n', f'a: {text}\n\t{text}\n')):
            done = merlon("inspect", "--json", "-", stdin=bad)
            text_done = merlon("inspect", "-", stdin=bad)
            told(done, f"{what}, {number}")
            told(text_done, f"{what}, {number}, as text")


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
