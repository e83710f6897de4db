# SPDX-License-Identifier: Apache-2.0
"""The examples of checks (tests/inspect/*.yaml) as objects that a real API server takes.

An example says no more than what its check is about; an API server wants names, images, selectors.  What is missing is
put there, nothing that is there is changed but versions that the server does not have, and names: each example gets
namespaces of its own, so that none sees the others.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, Iterator

import yaml

EXAMPLES = Path(__file__).resolve().parent.parent / "inspect"

# Served by Kubernetes 1.20 in place of newer and older ones.
VERSIONS = {"CronJob": "batch/v1beta1", "PodDisruptionBudget": "policy/v1beta1",
            "HorizontalPodAutoscaler": "autoscaling/v2beta2", "Deployment": "apps/v1", "DaemonSet": "apps/v1",
            "ReplicaSet": "apps/v1", "Ingress": "networking.k8s.io/v1", "NetworkPolicy": "networking.k8s.io/v1"}

POD_SPEC = {
    "Pod": ("spec",), "PodTemplate": ("template", "spec"), "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **{kind: ("spec", "template", "spec") for kind in
       ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "ReplicationController", "Job")}}

CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "Namespace", "PersistentVolume", "Node",
                "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}

# What the API server has itself; other kinds are of extensions, or are no objects of a cluster at all.
SERVED = {*POD_SPEC, *CLUSTER_WIDE, "Role", "RoleBinding", "Service", "Ingress", "NetworkPolicy", "ServiceAccount",
          "ConfigMap", "Secret", "PodDisruptionBudget", "HorizontalPodAutoscaler", "LimitRange", "ResourceQuota"}

# They mean something by their names.
KEPT_NAMESPACES = {"default", "kube-system", "kube-public"}

# Younger than the server: it would drop them, and kubectl refuses them.
YOUNG = {"appArmorProfile", "hostUsers", "hostProcess", "os", "unhealthyPodEvictionPolicy"}

Object = dict[str, Any]


class Example:
    """One case: its name and its objects."""

    def __init__(self, name: str, number: int, objects: list[Object]) -> None:
        self.name, self.number, self.objects = name, number, objects

    def namespaces(self) -> set[str]:
        """Those that its objects are in."""
        return {o["metadata"]["namespace"] for o in self.objects if "namespace" in o["metadata"]}


def examples() -> Iterator[Example]:
    """All that a server can be given something of."""
    number = 0
    for file in sorted(EXAMPLES.glob("*.yaml")):
        for case in re.split(r"^--- # ", file.read_text(), flags=re.M)[1:]:
            name, _, text = case.partition("\n")
            number += 1
            try:
                documents = [d for d in yaml.load_all(text, yaml.CSafeLoader) if isinstance(d, dict)]
            except yaml.YAMLError:
                continue
            objects = [complete(d, number, i) for i, d in enumerate(documents) if is_served(d)]
            if objects:
                yield Example(f"{file.stem}: {name}", number, objects)


def is_served(document: Object) -> bool:
    """Whether it is an object of the server's own API."""
    return document.get("kind") in SERVED and not str(document.get("apiVersion")).startswith("serving.")


def without_young(value: Any) -> Any:
    """The same without the fields that are younger than the server."""
    if isinstance(value, dict):
        return {k: without_young(v) for k, v in value.items() if k not in YOUNG}
    return [without_young(v) for v in value] if isinstance(value, list) else value


def place(name: str | None, number: int) -> str:
    """The namespace of an example that stands for `name`."""
    if name in KEPT_NAMESPACES:
        return str(name)
    return f"{name or 'none'}-{number}"


def complete(document: Object, number: int, index: int) -> Object:
    """A copy with what a server wants besides."""
    o = without_young(copy.deepcopy(document))
    kind = o["kind"]
    o["apiVersion"] = VERSIONS.get(kind, o.get("apiVersion", "v1"))
    metadata = o.setdefault("metadata", {})
    metadata.pop("ownerReferences", None)
    metadata.setdefault("name", f"object-{index}")
    if kind == "Namespace":
        metadata["name"] = place(metadata["name"], number)
    elif kind in CLUSTER_WIDE:
        metadata["name"] = f"{metadata['name']}-{number}"
        metadata.pop("namespace", None)
    else:
        metadata["namespace"] = place(metadata.get("namespace"), number)
    if kind in POD_SPEC:
        _complete_workload(o, kind)
    if kind.endswith("RoleBinding"):
        _complete_binding(o, number)
    if kind == "HorizontalPodAutoscaler":
        o["spec"].setdefault("maxReplicas", 10)
        o["spec"].setdefault("scaleTargetRef", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"})
    if kind == "PersistentVolume":
        o["spec"].setdefault("accessModes", ["ReadWriteOnce"])
        o["spec"].setdefault("capacity", {"storage": "1Gi"})
    if kind == "Ingress":
        _complete_ingress(o)
    if kind == "Service":
        o.setdefault("spec", {}).setdefault("ports", [{"port": 80}])
    if kind.endswith("WebhookConfiguration"):
        for i, hook in enumerate(o.get("webhooks", [])):
            hook["name"] = f"w{i}.example.com"
            hook.setdefault("clientConfig", {"url": "https://example.com/"})
            hook.setdefault("sideEffects", "None")
            hook.setdefault("admissionReviewVersions", ["v1"])
    return o


def _complete_workload(o: Object, kind: str) -> None:
    spec = o
    for step in POD_SPEC[kind]:
        spec = spec.setdefault(step, {})
    for part in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(spec.get(part) or []):
            container.setdefault("name", f"{part[0]}{i}")
            container.setdefault("image", "registry.example.com/i:1")
    if not spec.get("containers"):
        spec["containers"] = [{"name": "c", "image": "registry.example.com/i:1"}]
    volumes = spec.setdefault("volumes", [])
    for part in ("initContainers", "containers"):
        for container in spec.get(part) or []:
            for mount in container.get("volumeMounts") or []:
                mount.setdefault("mountPath", f"/{mount['name']}")
                if all(v.get("name") != mount["name"] for v in volumes):
                    volumes.append({"name": mount["name"], "emptyDir": {}})
            for device in container.get("volumeDevices") or []:
                if all(v.get("name") != device["name"] for v in volumes):
                    volumes.append({"name": device["name"], "persistentVolumeClaim": {"claimName": "p"}})
    if not volumes:
        del spec["volumes"]
    if kind in ("Job", "CronJob") and spec.get("restartPolicy") not in ("Never", "OnFailure"):
        spec["restartPolicy"] = "Never"
    if kind == "CronJob":
        o["spec"].setdefault("schedule", "0 0 * * *")
    if kind in ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "ReplicationController"):
        labels = o["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {"app": "x"})
        plain = kind == "ReplicationController"
        o["spec"]["selector"] = dict(labels) if plain else {"matchLabels": dict(labels)}
    if kind == "StatefulSet":
        o["spec"].setdefault("serviceName", "")


def _complete_binding(o: Object, number: int) -> None:
    o.setdefault("roleRef", {"kind": "ClusterRole", "name": "view"})
    o["roleRef"].setdefault("apiGroup", "rbac.authorization.k8s.io")
    for subject in o.get("subjects") or []:
        if subject.get("kind") == "ServiceAccount":
            subject["namespace"] = place(subject.get("namespace") or None, number)
        else:
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _complete_ingress(o: Object) -> None:
    for rule in o.get("spec", {}).get("rules") or []:
        for path in rule.get("http", {}).get("paths") or []:
            path.setdefault("path", "/")
            path.setdefault("pathType", "Prefix")
            service = path.get("backend", {}).get("service")
            if service:
                service.setdefault("port", {"number": 80})
