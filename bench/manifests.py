# SPDX-License-Identifier: Apache-2.0
"""Manifests made up for measuring: a mix as repositories of a platform team have it, the same every time."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Iterator

KINDS = ("Deployment",) * 8 + ("StatefulSet", "DaemonSet", "CronJob", "Pod") + ("Service",) * 5 + ("ConfigMap",) * 5 + \
        ("Ingress", "NetworkPolicy", "ServiceAccount", "Role", "RoleBinding", "HorizontalPodAutoscaler", "PodDisruptionBudget")
VERSIONS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "CronJob": "batch/v1",
            "Ingress": "networking.k8s.io/v1", "NetworkPolicy": "networking.k8s.io/v1",
            "Role": "rbac.authorization.k8s.io/v1", "RoleBinding": "rbac.authorization.k8s.io/v1",
            "HorizontalPodAutoscaler": "autoscaling/v2", "PodDisruptionBudget": "policy/v1"}


def container(chance: random.Random, name: str) -> dict[str, Any]:
    """One container; some are careful, most are not."""
    one: dict[str, Any] = {
        "name": name, "image": f"registry.example.com/team/{name}:{chance.randint(1, 9)}.{chance.randint(0, 20)}",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": f"SETTING_{n}", "value": f"value of setting {n}"} for n in range(chance.randint(2, 12))],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    one["env"].append({"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}})
    if chance.random() < 0.6:
        one["resources"] = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}
    if chance.random() < 0.5:
        one["livenessProbe"] = one["readinessProbe"] = {"httpGet": {"path": "/healthz", "port": "http"}}
    if chance.random() < 0.4:
        one["securityContext"] = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                  "capabilities": {"drop": ["ALL"]}}
    if chance.random() < 0.02:
        one["securityContext"] = {"privileged": True}
    return one


def pod(chance: random.Random, name: str) -> dict[str, Any]:
    """A PodSpec of one to three containers."""
    spec: dict[str, Any] = {"serviceAccountName": name, "volumes": [{"name": "data", "emptyDir": {}}],
                            "containers": [container(chance, f"{name}-{n}") for n in range(chance.randint(1, 3))]}
    if chance.random() < 0.5:
        spec["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    return spec


def spec(chance: random.Random, kind: str, name: str) -> dict[str, Any]:
    """What is behind the metadata."""
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "platform"}
    template = {"metadata": {"labels": labels}, "spec": pod(chance, name)}
    workload = {"replicas": 3, "selector": {"matchLabels": labels}, "template": template}
    rule = {"host": f"{name}.example.com", "http": {"paths": [{"path": "/", "backend": {"service": {"name": name}}}]}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    bodies: dict[str, Any] = {
        "Deployment": {"spec": workload}, "StatefulSet": {"spec": workload | {"serviceName": name}},
        "DaemonSet": {"spec": {"selector": {"matchLabels": labels}, "template": template}},
        "CronJob": {"spec": {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template}}}},
        "Pod": {"spec": pod(chance, name)},
        "Service": {"spec": {"selector": labels, "ports": [{"port": 80, "targetPort": "http"}]}},
        "ConfigMap": {"data": {f"file-{n}.conf": "\n".join(f"key{k} = value {k}" for k in range(25)) for n in range(3)}},
        "Ingress": {"spec": {"rules": [rule], "tls": [{"hosts": [rule["host"]]}]}},
        "NetworkPolicy": {"spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"]}},
        "ServiceAccount": {}, "Role": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]},
        "RoleBinding": {"roleRef": {"kind": "Role", "name": name}, "subjects": [{"kind": "ServiceAccount", "name": name}]},
        "HorizontalPodAutoscaler": {"spec": {"minReplicas": 2, "maxReplicas": 9, "scaleTargetRef": target}},
        "PodDisruptionBudget": {"spec": {"minAvailable": 1, "selector": {"matchLabels": labels}}},
    }
    return bodies[kind]


def manifests() -> Iterator[dict[str, Any]]:
    """Without end."""
    chance = random.Random(7)
    number = 0
    while True:
        kind, name = chance.choice(KINDS), f"service-{number // 4}"
        metadata = {"name": name, "namespace": f"team-{number % 50}", "labels": {"team": f"team-{number % 50}"}}
        yield {"apiVersion": VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata} | spec(chance, kind, name)
        number += 1


def yaml(value: Any, indent: int = 0) -> str:
    """Block style, two blanks, as people write it; every text in quotes that needs them."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{key}:" + (f"\n{yaml(v, indent + 2)}" if isinstance(v, (dict, list)) and v else
                                          f" {yaml(v, indent + 2)}") for key, v in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}- {yaml(item, indent + 2).lstrip(' ')}" for item in value)
    if isinstance(value, str) and "\n" in value:
        return "|\n" + "".join(f"{pad}{line}\n" for line in value.splitlines())
    if isinstance(value, str) and value.replace("-", "").replace("/", "").replace(".", "").isalnum() and not \
            value[0].isdigit():
        return f"{value}\n"
    return json.dumps(value) + "\n"


def write_directory(path: Path, count: int) -> int:
    """So many files of one manifest each; their bytes."""
    size = 0
    for number, manifest in zip(range(count), manifests()):
        text = yaml(manifest)
        (path / f"{number:05}.yaml").write_text(text)
        size += len(text)
    return size


def write_list(path: Path, size: int, form: str) -> int:
    """A List of about size bytes, in YAML or JSON; its bytes."""
    written = 0
    with path.open("w") as out:
        out.write("apiVersion: v1\nkind: List\nitems:\n" if form == "yaml" else
                  '{"apiVersion": "v1", "kind": "List", "items": [')
        for manifest in manifests():
            text = yaml([manifest]) if form == "yaml" else json.dumps(manifest, indent=4)
            written += out.write(text if form == "yaml" or not written else "," + text)
            if written > size:
                break
        out.write("" if form == "yaml" else "]}")
    return written
