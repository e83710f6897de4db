#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon inspect on what nobody should write: values of every wrong type, halves of files, bombs.  Argument: the program.

Nothing may crash it, keep it from the other files, or pass in silence.  Prints TAP.
"""

from __future__ import annotations

import copy
import json
import resource
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MERLON = sys.argv[1]
HERE = Path(__file__).parent
META = {"name": "web", "namespace": "shop", "labels": {"app": "web"}, "annotations": {"a": "b"}}
POD = {
    "serviceAccountName": "web", "automountServiceAccountToken": False, "hostUsers": False, "hostNetwork": False,
    "nodeSelector": {"disk": "ssd"}, "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a"]}],
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "host", "whenUnsatisfiable": "DoNotSchedule"}],
    "securityContext": {"runAsNonRoot": True, "runAsUser": 20000, "supplementalGroups": [20000],
                        "seccompProfile": {"type": "RuntimeDefault"}, "seLinuxOptions": {"level": "s0"},
                        "sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]},
    "containers": [{
        "name": "web", "image": "r.example.com/web:1.2", "command": ["/web"], "args": ["--listen=:8080"],
        "env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
        "envFrom": [{"configMapRef": {"name": "c"}}], "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "privileged": False,
                            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
        "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 3},
        "lifecycle": {"preStop": {"exec": {"command": ["/stop"]}}},
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}]}],
    "volumes": [{"name": "data", "emptyDir": {}}, {"name": "h", "hostPath": {"path": "/srv"}},
                {"name": "c", "configMap": {"name": "c"}}],
}
SELECTOR = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": POD}
RBAC = "rbac.authorization.k8s.io"
GOOD: list[dict[str, Any]] = [
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": META,
     "spec": {"replicas": 3, "strategy": {"type": "RollingUpdate"}, "selector": SELECTOR, "template": TEMPLATE}},
    {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": META, "spec": {
        "schedule": "@daily", "startingDeadlineSeconds": 10, "jobTemplate": {"spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}}},
    {"apiVersion": "v1", "kind": "Service", "metadata": META,
     "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}],
              "externalIPs": ["192.0.2.1"], "loadBalancerSourceRanges": ["192.0.2.0/24"]}},
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": META, "spec": {
        "podSelector": SELECTOR, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": SELECTOR}]}],
        "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}], "ports": [{"port": 1}]}]}},
    {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": META, "spec": {
        "tls": [{"hosts": ["a.example.com"], "secretName": "t"}], "rules": [{"host": "a.example.com", "http": {"paths": [
            {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}},
    {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": META,
     "spec": {"minAvailable": 1, "selector": SELECTOR}},
    {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": META,
     "spec": {"minReplicas": 2, "maxReplicas": 5, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}},
    {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": META,
     "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"]}]},
    {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": META, "roleRef": {"kind": "Role", "name": "web"},
     "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}]},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": META, "automountServiceAccountToken": False},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": META, "data": {"a": "b"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": META, "type": "Opaque", "stringData": {"a": "b"}},
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"a": "b"}}},
]
OTHERS: list[Any] = [True, 10 ** 30, 1.5, "a b\n", "\u0000\uffff", [], {}, [[]], [{}], [None], {"a": 1}, {"": {}}]
EITHER = ("port", "targetPort", "minAvailable", "cpu", "memory")  # a number or a text

Path_ = tuple[Any, ...]


def merlon(*args: str | Path, timeout: int = 60) -> tuple[int, str, str]:
    done = subprocess.run([MERLON, "inspect", *map(str, args)], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode in (0, 1, 4, 5), f"{done.returncode}: {args}: {done.stderr[-2000:]}"
    return done.returncode, done.stdout, done.stderr


def places(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    yield at
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*at, key))


def value_at(document: Any, at: Path_) -> Any:
    for key in at:
        document = document[key]
    return document


def replaced(document: Any, at: Path_, value: Any) -> Any:
    copied = copy.deepcopy(document)
    value_at(copied, at[:-1])[at[-1]] = value
    return copied


def is_other(was: Any, value: Any, key: object) -> bool:
    """Whether the API would refuse it for its form alone."""
    if isinstance(value, list) and isinstance(was, list):
        return bool(was and value) and value[0] is not None and type(was[0]) is not type(value[0])
    if isinstance(value, dict) and isinstance(was, dict):
        return False
    if isinstance(was, bool) or isinstance(value, bool):
        return type(was) is not type(value)
    if key in EITHER:
        return not isinstance(value, str | int | float)
    return type(was) is not type(value) or value == 10 ** 30


def test_every_value_of_every_other_type() -> None:
    silent, count = [], 0
    for number, document in enumerate(GOOD):
        changed = [(at, value) for at in places(document) if at for value in OTHERS]
        for start in range(0, len(changed), 900):  # as many problems as are told are 1000
            part = changed[start:start + 900]
            with tempfile.TemporaryDirectory() as top:
                for index, (at, value) in enumerate(part):
                    Path(top, f"{index}.json").write_text(json.dumps(replaced(document, at, value)))
                report = json.loads(merlon("--all", "--json", "--fail-on", "never", top)[1])
                merlon("--fix", "--aggressive", "--json", "--pss", "restricted", top)
                told = {int(Path(p["file"]).stem) for p in report["problems"] if p.get("line")}
                silent += [(number, at, value) for index, (at, value) in enumerate(part)
                           if is_other(value_at(document, at), value, at[-1]) and index not in told
                           and at[-1] not in ("apiVersion", "kind")]
            count += len(part)
    assert count > 4000 and not silent, (count, len(silent), silent[:20])


def test_every_value_of_a_bundle_of_every_other_type() -> None:
    text = (HERE.parent / "fuzz" / "corpus" / "inspect" / "a-bundle-weak-in-many-ways").read_text()
    bundle = json.loads(text)
    with tempfile.TemporaryDirectory() as top:
        for index, at in enumerate(at for at in places(bundle) if at):
            for kind, value in enumerate((True, "a b\n", [], {}, [{}])):
                path = Path(top, f"{index}-{kind}", "config.json")
                path.parent.mkdir()
                path.write_text(json.dumps(replaced(bundle, at, value)))
        merlon("--all", "--json", "--fail-on", "never", top)
        merlon("--format", "html", "--fail-on", "never", top)


def test_every_value_of_what_docker_keeps_of_every_other_type() -> None:
    files = (HERE.parent / "fuzz" / "corpus" / "docker" / "weak").read_bytes().split(b"\0")
    names, documents = ("config.v2.json", "hostconfig.json"), [json.loads(text) for text in files]
    with tempfile.TemporaryDirectory() as top:
        for which, document in enumerate(documents):
            for index, at in enumerate(at for at in places(document) if at):
                for kind, value in enumerate((True, 10 ** 30, "a b\n", [], [{}])):
                    directory = Path(top, f"{which}-{index}-{kind}")
                    directory.mkdir()
                    Path(directory, names[1 - which]).write_bytes(files[1 - which])
                    Path(directory, names[which]).write_text(json.dumps(replaced(document, at, value)))
        merlon("--all", "--json", "--fail-on", "never", top)


def test_halves_of_files() -> None:
    text = "".join(json.dumps(document) + "\n" for document in GOOD[:3])
    yaml = (HERE / "good.yaml").read_text()
    with tempfile.TemporaryDirectory() as top:
        for end in range(0, len(text), 17):
            Path(top, f"{end}.json").write_text(text[:end])
        for end in range(0, len(yaml), 17):
            Path(top, f"{end}.yaml").write_text(yaml[:end])
        Path(top, "whole.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: whole}\n"
                                           "spec: {containers: [{name: c, image: i, securityContext: {privileged: true}}]}\n")
        code, out, _ = merlon("--json", top)
        assert code == 1 and "whole.yaml" in out
        merlon("--fix", "--aggressive", top)


BOMBS = {
    "laughs.yaml": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)),
    "deep.yaml": "a: " + "[" * 100000,
    "deep.json": '{"a": ' * 100000,
    "wide.yaml": "a: " + "[" * 1000000,                     # 350 bytes for each, if they were kept
    "many.yaml": ("{" * 999 + "\n") * 4000,
    "long.yaml": "kind: " + "x" * (1 << 20) + "\n",
    "keys.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: []\n  containers: []\n",
    "bytes.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: \"\xff\xfe\"}\n",
    "zero.json": b'{"apiVersion": "v1", "kind": "Pod\x00", "metadata": {}}',
    "merge.yaml": "a: &a {<<: *a}\n",
    "anchor.yaml": "apiVersion: v1\nkind: *nobody\n",
    "tab.yaml": "apiVersion: v1\nkind:\tPod\nmetadata:\n\tname: p\n",
    "half.yaml": "apiVersion: v1\nmetadata: {name: p}\nspec: {}\n",
}


def test_bombs_are_told_with_their_place() -> None:
    for name, content in BOMBS.items():
        with tempfile.TemporaryDirectory() as top:
            Path(top, name).write_bytes(content if isinstance(content, bytes) else content.encode())
            Path(top, "z.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: other}\nspec: {hostPID: true}\n")
            code, out, _ = merlon("--json", "--check", "MRL-102", top)
            report = json.loads(out)
            assert code == 1 and [f for f in report["findings"] if f["file"].endswith("z.yaml")], name
            assert [p for p in report["problems"] if p["file"].endswith(name) and p["line"] and p["column"]], (name, report["problems"])
    if b"__asan_init" not in Path(MERLON).read_bytes():     # a sanitizer's own memory is many times ours
        assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 256 << 10, "256 MiB"


def main() -> int:
    tests = [(name, function) for name, function in globals().items() if name.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} - {name}")
        except Exception:
            failed += 1
            print(f"not ok {number} - {name}")
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
