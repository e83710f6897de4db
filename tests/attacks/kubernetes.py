# SPDX-License-Identifier: Apache-2.0
"""90-kubernetes.yaml and 95-kubernetes-audit.yaml: the cluster, used from within a pod and by its API."""

from __future__ import annotations

from proof import Proof, Python

AUDIT = "from the API server's audit log: proven by the recorded requests beside the rule"

PROOFS = [
    Proof("Kubernetes API asked by a tool", attack="curl -sk -m 5 https://10.96.0.1/version || true",
          look_alike="curl -s http://203.0.113.9/script"),

    Proof("Kubelet or etcd contacted from a container",
          attack=Python("import socket; socket.create_connection((\"203.0.113.9\", 10250))"),
          look_alike=Python("import socket; socket.create_connection((\"203.0.113.9\", 443))")),

    Proof("Client of the cluster or runtime run in a container", before="ln -s /usr/bin/true /usr/local/bin/kubectl",
          attack="kubectl get secrets", look_alike="curl -s http://203.0.113.9/script"),

    Proof("Service account token on a command line",
          attack="curl -sk -m 5 --resolve kubernetes.default.svc:443:127.0.0.1 https://kubernetes.default.svc/api || true",
          look_alike="curl -s http://203.0.113.9/healthz"),

    *(Proof(rule, reason=AUDIT) for rule in (
        "Pod with all rights created",
        "Pod with the host's processes, network or directories created",
        "Command run in a pod by the API",
        "Debug container added to a pod",
        "Port of a pod forwarded",
        "Administrator of the cluster made",
        "Role with every right or a dangerous one made",
        "Secrets of a namespace listed",
        "Anonymous request allowed",
        "Certificate for the cluster signed",
        "Admission webhook changed",
        "Pod created in a system namespace",
    )),
]
