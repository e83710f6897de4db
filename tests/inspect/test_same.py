#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same weakness gives the same findings, whether a manifest says it, a cluster has it, the config.json of a bundle or Docker.

Each row of WEAKNESSES makes a sound pod and a sound bundle weak in one way; the checks that are about both must then say
the same of both, of the pod in a cluster, and of what Docker keeps of a container that has such a bundle.  Every check that is about both must be in a row.  And what the examples of
all checks are found to be as files, they are found to be in a cluster; every check that is about objects of a cluster must
fail there and pass there.  The cluster is played: what a real one makes of objects is test_cluster.py's.  Argument: the
program.  Prints TAP.
"""

from __future__ import annotations

import concurrent.futures
import copy
import http.server
import json
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

MERLON = sys.argv[1]
EXAMPLES = Path(__file__).resolve().parent
HOST_KINDS = {"DockerDaemon", "Containerd", "CriO", "ContainerTools", "Kubelet", "KubeProxy", "ApiServer", "ControllerManager",
              "Scheduler", "Etcd", "Host"}
DIGEST = "sha256:" + "0123456789abcdef" * 4
KEY = "AKIA" + "QX3TFW5PLZ7NVJ2K"
CONFIG = "registries: [r.example.com]\n"
Change = dict[str, Any]

POD: dict[str, Any] = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "annotations": {}},
    "spec": {
        "hostUsers": False, "automountServiceAccountToken": False, "serviceAccountName": "web",
        "securityContext": {"sysctls": [], "supplementalGroups": [20001]},
        "containers": [{
            "name": "web", "image": f"r.example.com/web@{DIGEST}", "command": ["/app"], "args": [], "env": [],
            "resources": {"limits": {"cpu": "1", "memory": "64Mi"}}, "volumeMounts": [],
            "livenessProbe": {"exec": {"command": ["/app"]}},
            "securityContext": {
                "runAsNonRoot": True, "runAsUser": 20000, "runAsGroup": 20000, "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"], "add": []},
                "seccompProfile": {"type": "RuntimeDefault"}, "appArmorProfile": {"type": "RuntimeDefault"}}}],
        "volumes": []}}

BUNDLE: dict[str, Any] = {
    "ociVersion": "1.0.2",
    "process": {
        "user": {"uid": 20000, "gid": 20000, "additionalGids": [20001]}, "args": ["/app"], "env": [], "noNewPrivileges": True,
        "capabilities": {"bounding": []}, "apparmorProfile": "engine-default"},
    "root": {"path": "r", "readonly": True}, "mounts": [],
    "annotations": {"io.kubernetes.cri.image-name": f"r.example.com/web@{DIGEST}"},
    "linux": {
        "namespaces": [{"type": kind} for kind in ("mount", "pid", "ipc", "network", "uts", "user", "cgroup")],
        "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
        "resources": {"memory": {"limit": 67108864}, "cpu": {"quota": 100000, "period": 100000}, "pids": {"limit": 100}},
        "sysctl": {}, "devices": [],
        "seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
                    "syscalls": [{"names": ["read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW"}]},
        "maskedPaths": ["/proc/kcore", "/proc/keys"], "readonlyPaths": ["/proc/sys"]}}

# What engines give to who asks for nothing.
DEFAULT = ["CAP_" + name for name in (
    "AUDIT_WRITE MKNOD NET_RAW CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT").split()]
ALL_BUT_FEW = [*DEFAULT, "CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_RAWIO"]


class Weakness(NamedTuple):
    """What it is, the checks that it is an example of, and how a pod and a bundle come by it.

    A change is where ("-" is the end of a list) and what; None removes."""

    what: str
    checks: str
    pod: Change
    bundle: Change
    docker: Change = {}


def security(**more: Any) -> Change:
    """Of the container."""
    return {f"spec.containers.0.securityContext.{name}": value for name, value in more.items()}


def namespace(kind: str) -> Change:
    """The host's."""
    return {"linux.namespaces": [n for n in BUNDLE["linux"]["namespaces"] if n["type"] != kind]}


def mounted(source: str, target: str = "/data", *, writable: bool = False, **mount: Any) -> tuple[Change, Change]:
    """A directory of the host."""
    options = ["rbind", "rw" if writable else "ro", *(["rshared"] if mount else [])]
    return ({"spec.volumes.-": {"name": "v", "hostPath": {"path": source}},
             "spec.containers.0.volumeMounts.-": {"name": "v", "mountPath": target, "readOnly": not writable, **mount}},
            {"mounts.-": {"type": "bind", "source": source, "destination": target, "options": options}})


def added(*names: str) -> tuple[Change, Change]:
    """Capabilities beside none."""
    return security(**{"capabilities.add": list(names)}), {"process.capabilities.bounding": ["CAP_" + name for name in names]}


def environment(name: str, value: str) -> tuple[Change, Change]:
    """A variable."""
    return {"spec.containers.0.env.-": {"name": name, "value": value}}, {"process.env.-": f"{name}={value}"}


def command(*words: str) -> tuple[Change, Change]:
    """What runs."""
    return {"spec.containers.0.command": list(words)}, {"process.args": list(words)}


def image(name: str) -> tuple[Change, Change]:
    """What it runs from."""
    return {"spec.containers.0.image": name}, {"annotations": {"io.kubernetes.cri.image-name": name}}


WEAKNESSES = (
    Weakness("privileged", "MRL-101", security(privileged=True, capabilities=None, allowPrivilegeEscalation=None, seccompProfile=None, appArmorProfile=None),
             {"process.capabilities.bounding": ALL_BUT_FEW, "process.noNewPrivileges": False, "linux.seccomp": None,
              "process.apparmorProfile": None,
              "linux.resources.devices": [{"allow": True, "access": "rwm"}]}),
    Weakness("processes of the host", "MRL-102", {"spec.hostPID": True}, namespace("pid")),
    Weakness("shared memory of the host", "MRL-103", {"spec.hostIPC": True}, namespace("ipc")),
    Weakness("network of the host", "MRL-104", {"spec.hostNetwork": True}, namespace("network")),
    Weakness("users of the host", "MRL-105", {"spec.hostUsers": True}, namespace("user") | {"linux.uidMappings": None}),
    Weakness("may gain rights", "MRL-106", security(allowPrivilegeEscalation=True), {"process.noNewPrivileges": False}),
    Weakness("root, and told so", "MRL-107 MRL-108 MRL-109", security(runAsNonRoot=False, runAsUser=0), {"process.user.uid": 0}),
    Weakness("a user of the host's range", "MRL-109", security(runAsUser=500), {"process.user.uid": 500}),
    Weakness("a group of the host's range", "MRL-110", security(runAsGroup=500), {"process.user.gid": 500}),
    Weakness("group root", "MRL-111", security(runAsGroup=0), {"process.user.gid": 0}),
    Weakness("group root besides", "MRL-111", {"spec.securityContext.supplementalGroups": [0]}, {"process.user.additionalGids": [0]}),
    Weakness("a writable root", "MRL-112", security(readOnlyRootFilesystem=False), {"root.readonly": False}),
    Weakness("no filter", "MRL-113", security(seccompProfile=None), {"linux.seccomp": None}),
    Weakness("a filter that refuses nothing", "MRL-114", security(**{"seccompProfile.type": "Unconfined"}),
             {"linux.seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}),
    Weakness("no AppArmor", "MRL-115", security(appArmorProfile=None), {"process.apparmorProfile": None}),
    Weakness("AppArmor off", "MRL-116", security(**{"appArmorProfile.type": "Unconfined"}), {"process.apparmorProfile": "unconfined"}),
    Weakness("an SELinux type of its own", "MRL-117", security(seLinuxOptions={"type": "spc_t"}),
             {"process.selinuxLabel": "system_u:system_r:spc_t:s0"}),
    Weakness("nothing confines it", "MRL-118 MRL-113 MRL-115 MRL-135 MRL-136 MRL-138",
             security(seccompProfile=None, appArmorProfile=None, capabilities=None),
             {"linux.seccomp": None, "process.apparmorProfile": None, "process.capabilities.bounding": DEFAULT}),
    Weakness("all of /proc", "MRL-119", security(procMount="Unmasked"), {"linux.maskedPaths": []}),
    Weakness("a parameter of the node", "MRL-120", {"spec.securityContext.sysctls": [{"name": "kernel.msgmax", "value": "1"}]},
             {"linux.sysctl": {"kernel.msgmax": "1"}}),
    Weakness("SYS_ADMIN", "MRL-131 MRL-134 MRL-137", *added("SYS_ADMIN")),
    Weakness("NET_ADMIN", "MRL-131", *added("NET_ADMIN")),
    Weakness("SYS_MODULE", "MRL-132", *added("SYS_MODULE")),
    *(Weakness(name, "MRL-133", *added(name)) for name in ("SYS_PTRACE", "DAC_READ_SEARCH", "BPF", "SYS_RAWIO", "SYS_BOOT")),
    Weakness("NET_RAW added", "MRL-138", *added("NET_RAW")),
    Weakness("CHOWN added back", "MRL-137", *added("CHOWN")),
    Weakness("capabilities kept", "MRL-135 MRL-136 MRL-138", security(capabilities=None), {"process.capabilities.bounding": DEFAULT}),
    Weakness("one capability dropped", "MRL-135", security(capabilities={"drop": ["MKNOD"]}),
             {"process.capabilities.bounding": [c for c in DEFAULT if c != "CAP_MKNOD"]}),
    Weakness("a directory of the host", "MRL-201", *mounted("/srv/data")),
    Weakness("a writable one", "MRL-202", *mounted("/srv/data", writable=True)),
    *(Weakness(f"{path} of the host", "MRL-203", *mounted(path))
      for path in ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr")),
    *(Weakness(path, "MRL-204", *mounted(path, path))
      for path in ("/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/podman/podman.sock")),
    *(Weakness(f"credentials in {path}", "MRL-205", *mounted(path)) for path in ("/root/.aws", "/root/.azure", "/root/.config/gcloud")),
    Weakness("mounts that go back", "MRL-206", *mounted("/srv/data", writable=True, mountPropagation="Bidirectional")),
    Weakness("a disk", "MRL-207", {"spec.volumes.-": {"name": "v", "persistentVolumeClaim": {"claimName": "disk"}},
                                   "spec.containers.0.volumeDevices": [{"name": "v", "devicePath": "/dev/sda"}]},
             {"linux.devices": [{"type": "b", "path": "/dev/sda", "major": 8, "minor": 0}]}),
    Weakness("sshd", "MRL-211", *command("/usr/sbin/sshd", "-D")),
    Weakness("sudo", "MRL-214", *command("sudo", "/app")),
    Weakness("a password in the environment", "MRL-321", *environment("DB_PASSWORD", "correct-horse")),
    Weakness("a cloud's key in the environment", "MRL-322", *environment("KEY", KEY)),
    Weakness("a cloud's key among arguments", "MRL-322", *command("/app", f"--key={KEY}")),
    Weakness("a password among arguments", "MRL-323", *command("/app", "--password=correct-horse-battery")),
    Weakness("a token in an annotation", "MRL-327", {"metadata.annotations": {"note": "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"}},
             {"annotations": BUNDLE["annotations"] | {"note": "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"}}),
    Weakness("git-sync with a program", "MRL-328", *environment("GITSYNC_GIT", "/bin/x")),
    Weakness("any version", "MRL-401 MRL-402", *image("r.example.com/web:latest")),
    Weakness("no digest", "MRL-402", *image("r.example.com/web:1.2")),
    Weakness("nobody's registry", "MRL-404 MRL-406", *image(f"web@{DIGEST}")),
    Weakness("a registry that ended", "MRL-405 MRL-406", *image(f"k8s.gcr.io/web@{DIGEST}")),
    Weakness("a strange registry", "MRL-406", *image(f"quay.io/shop/web@{DIGEST}")),
    Weakness("no limit of CPU", "MRL-502", {"spec.containers.0.resources.limits.cpu": None}, {"linux.resources.cpu": {}}),
    Weakness("no limit of memory", "MRL-504", {"spec.containers.0.resources.limits.memory": None}, {"linux.resources.memory": {}}),
)
# What a bundle can't say, and Docker can.
DOCKERS = (
    Weakness("a port of the node", "MRL-209", {"spec.containers.0.ports": [{"containerPort": 8080, "hostPort": 8080}]}, {},
             {"HostConfig.PortBindings": {"8080/tcp": [{"HostIp": "", "HostPort": "8080"}]}}),
    Weakness("a low port of the node", "MRL-209 MRL-210", {"spec.containers.0.ports": [{"containerPort": 80, "hostPort": 80}]}, {},
             {"HostConfig.PortBindings": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "80"}]}}),
    Weakness("nothing says whether it works", "MRL-508", {"spec.containers.0.livenessProbe": None}, {}, {"Config.Healthcheck": None}),
)
EVERY = WEAKNESSES + DOCKERS
BUNDLES_CAN_NOT = {"MRL-209", "MRL-210", "MRL-508"}
# With a test of their own, as they need a recording or a process.
ELSEWHERE = {
    "MRL-151": "recorded.yaml", "MRL-152": "recorded.yaml", "MRL-153": "recorded.yaml", "MRL-154": "recorded.yaml",
    "MRL-155": "tests/containers/test_inspect.py"}


def changed(base: dict[str, Any], change: Change) -> dict[str, Any]:
    """The same with what differs."""
    out = copy.deepcopy(base)
    for path, value in change.items():
        *way, last = path.split(".")
        at: Any = out
        for word in way:
            at = at[int(word)] if isinstance(at, list) else at.setdefault(word, {})
        if last == "-":
            at.append(value)
        elif value is None:
            del at[last]
        else:
            at[last] = value
    return out


def docker_of(bundle: dict[str, Any]) -> dict[str, Any] | None:
    """What Docker keeps of a container for which it made this bundle; None: it makes no such."""
    process, linux = bundle["process"], bundle["linux"]
    kept = process["capabilities"]["bounding"]
    own = {n["type"] for n in linux["namespaces"]}
    devices = linux["resources"].get("devices")
    if not linux.get("seccomp") and not devices:
        return None
    dropped = [c for c in DEFAULT if c not in kept]
    options = ["no-new-privileges"] if process["noNewPrivileges"] else []
    if linux.get("seccomp", {}).get("defaultAction") == "SCMP_ACT_ALLOW":
        options.append("seccomp=unconfined")
    host = {name: "host" for name, kind in (("PidMode", "pid"), ("IpcMode", "ipc"), ("NetworkMode", "network")) if kind not in own}
    mounts = [{"Type": m["type"], "Source": m["source"], "Destination": m["destination"], "RW": "rw" in m["options"],
               "Propagation": "rshared" if "rshared" in m["options"] else "rprivate"} for m in bundle["mounts"]]
    limits = linux["resources"]
    image_name = "io.kubernetes.cri.image-name"
    return {
        "Name": "/web", "AppArmorProfile": process.get("apparmorProfile", ""), "ProcessLabel": process.get("selinuxLabel", ""),
        "HostsPath": f"/d/{'1.1/' if 'user' in own else ''}containers/0/hosts", "Mounts": mounts,
        "Config": {
            "User": f"{process['user']['uid']}:{process['user']['gid']}", "Cmd": process["args"], "Env": process["env"],
            "Image": bundle["annotations"][image_name], "Healthcheck": {"Test": ["CMD", "/app"]},
            "Labels": {name: value for name, value in bundle["annotations"].items() if name != image_name}},
        "HostConfig": host | {
            "Privileged": bool(devices), "CapAdd": [c for c in kept if len(dropped) > 7 or c not in DEFAULT],
            "CapDrop": ["ALL"] if len(dropped) > 7 else dropped, "SecurityOpt": options,
            "GroupAdd": [str(gid) for gid in process["user"]["additionalGids"]], "ReadonlyRootfs": bundle["root"]["readonly"],
            "Devices": [{"PathOnHost": d["path"]} for d in linux["devices"]], "Sysctls": linux["sysctl"],
            "MaskedPaths": linux["maskedPaths"], "Memory": limits["memory"].get("limit", 0), "NanoCpus": 0,
            "CpuQuota": limits["cpu"].get("quota", 0), "PidsLimit": limits["pids"]["limit"]}}


# --- the four inputs ------------------------------------------------------------------------------------

Finding = tuple[str, str, str, str, str]


class Inspector:
    """Asks the checks that are about both."""

    def __init__(self, top: Path) -> None:
        self.top = top
        said = subprocess.run([MERLON, "checks", "--json"], check=True, capture_output=True, text=True).stdout
        self.both = {c["id"] for c in json.loads(said) if {"Pod", "Container"} <= set(c["kinds"])}
        self.of_clusters = {c["id"] for c in json.loads(said) if set(c["kinds"]) - NO_OBJECTS - HOST_KINDS}
        (top / "config").write_text(CONFIG)

    def apart(self) -> Inspector:
        """The same with files of its own."""
        other = copy.copy(self)
        other.top = Path(tempfile.mkdtemp(dir=self.top))
        (other.top / "config").write_text(CONFIG)
        return other

    def said(self, *arguments: str | Path) -> list[dict[str, str]]:
        """All findings."""
        done = subprocess.run([MERLON, "inspect", "--json", "--all", "--fail-on", "never", "--config", self.top / "config",
                               *arguments], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"exit {done.returncode}: {done.stdout[:500]}{done.stderr}"
        findings: list[dict[str, str]] = json.loads(done.stdout)["findings"]
        return findings

    def found(self, *arguments: str | Path) -> set[Finding]:
        """What fails: all that is the same wherever it is said."""
        return {(f["check"], f["name"], f["severity"], f["category"], f["title"]) for f in self.said(*arguments)
                if f["outcome"] in ("fail", "warn") and f["check"] in self.both and f["kind"] in ("Pod", "Container")}

    def file(self, name: str, o: dict[str, Any]) -> set[Finding]:
        """Of a manifest or a bundle."""
        path = self.top / name
        path.write_text(json.dumps(o))
        return self.found(path)

    def config(self, port: int) -> Path:
        """Of a cluster there."""
        path = self.top / "kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{"name": "u", "user": {}}], "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}))
        return path

    def cluster(self, o: dict[str, Any]) -> set[Finding]:
        """Of a cluster with nothing else in it."""
        with playing([o]) as port:
            return self.found("--cluster", "--kubeconfig", self.config(port))


CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "Namespace", "PersistentVolume", "Node", "MutatingWebhookConfiguration",
                "ValidatingWebhookConfiguration", "StorageClass", "SecurityContextConstraints"}
# What there is in every cluster, if only as an empty list.
ALWAYS = (("v1", "Pod Service ServiceAccount ConfigMap Secret Namespace Node PersistentVolume LimitRange ResourceQuota "
                 "ReplicationController PodTemplate"), ("apps/v1", "Deployment DaemonSet StatefulSet ReplicaSet"),
          ("batch/v1", "Job CronJob"), ("networking.k8s.io/v1", "Ingress NetworkPolicy"), ("policy/v1", "PodDisruptionBudget"),
          ("autoscaling/v2", "HorizontalPodAutoscaler"), ("storage.k8s.io/v1", "StorageClass"),
          ("rbac.authorization.k8s.io/v1", "Role ClusterRole RoleBinding ClusterRoleBinding"),
          ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration"))


def plural(kind: str) -> str:
    """As the API spells it."""
    word = kind.lower()
    return word[:-1] + "ies" if word.endswith("y") and word != "gateway" else word + ("es" if word.endswith("s") else "s")


def answers_of(objects: list[dict[str, Any]], version: str) -> dict[str, Any]:
    """All that a server says that has these, in the versions that they are in, and no others."""
    kinds: dict[tuple[str, str], str] = {}
    for api, names in ALWAYS:
        kinds |= {(api.rpartition("/")[0], kind): api for kind in names.split()}
    kinds |= {(str(o["apiVersion"]).rpartition("/")[0], o["kind"]): o["apiVersion"] for o in objects}
    groups: dict[str, list[str]] = {}
    for (group, _), api in kinds.items():
        if group and api not in groups.setdefault(group, []):
            groups[group].append(api)
    answers: dict[str, Any] = {
        "/version": {"major": "1", "minor": version, "gitVersion": f"v1.{version}.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "groups": [
            {"name": group, "versions": [{"groupVersion": api, "version": api.rpartition("/")[2]} for api in versions],
             "preferredVersion": {"groupVersion": versions[0], "version": versions[0].rpartition("/")[2]}}
            for group, versions in groups.items()]}}
    for (_, kind), api in kinds.items():
        base = f"/{'apis' if '/' in api else 'api'}/{api}"
        listed = answers.setdefault(base, {"kind": "APIResourceList", "groupVersion": api, "resources": []})
        listed["resources"].append({"name": plural(kind), "kind": kind, "namespaced": kind not in CLUSTER_WIDE, "verbs": ["list"]})
        answers[f"{base}/{plural(kind)}"] = {
            "kind": f"{kind}List", "apiVersion": api, "metadata": {"resourceVersion": "1"},
            "items": [{k: v for k, v in o.items() if k not in ("apiVersion", "kind")}
                      for o in objects if o["kind"] == kind and o["apiVersion"] == api]}
    return answers


@contextmanager
def playing(objects: list[dict[str, Any]], version: str = "37") -> Iterator[int]:
    """A server of an API that has these objects."""
    answers = answers_of(objects, version)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            answer = answers.get(path)
            if answer and (selected := urllib.parse.parse_qs(query).get("fieldSelector")):
                field, _, value = selected[0].partition("=")
                answer = answer | {"items": [o for o in answer["items"] if o.get(field) == value]}
            body = json.dumps(answer or {"kind": "Status", "code": 404}).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


# --- examples in a cluster -------------------------------------------------------------------------------

# Kinds that no cluster has.
NO_OBJECTS = {"Cluster", "Container", "Image"}
# What is not asked of a cluster, or not in each way.
NOT_THERE = {
    "MRL-305": "other Secrets than those that fail are not asked for", "MRL-326": "the values of Secrets are not asked for",
    "MRL-520": "objects come in the version that is asked for", "MRL-151": "test_cluster.py, with recordings",
    "MRL-152": "test_cluster.py", "MRL-153": "test_cluster.py", "MRL-154": "test_cluster.py"}


def examples() -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Those that a cluster could have: name, version, objects."""
    import yaml

    for file in sorted(EXAMPLES.glob("*.yaml")):
        for case in re.split(r"^--- # ", file.read_text(), flags=re.M)[1:]:
            name, _, text = case.partition("\n")
            version = re.search(r"^# version 1\.(\d+)$", text, flags=re.M)
            try:
                objects = [o for o in yaml.safe_load_all(text) if o]
            except yaml.YAMLError:
                continue
            if name != "an old version" and all(
                   isinstance(o, dict) and isinstance(o.get("metadata"), dict) and "name" in o["metadata"] and "kind" in o
                   and not re.search("merlon/v1", str(o.get("apiVersion"))) for o in objects):
                for o in objects:
                    if o["kind"] not in CLUSTER_WIDE:
                        o["metadata"].setdefault("namespace", "default")
                yield f"{file.stem}: {name}", version[1] if version else "37", json.loads(json.dumps(objects, default=str))


def everything(inspector: Inspector, *arguments: str | Path) -> dict[tuple[str, ...], str]:
    """All that is said of objects, and whether it fails: by the checks, and by each level of the standards."""
    return {(f["check"], f["kind"], f["namespace"], f["object"], f.get("container") or "", f["path"]):
            "pass" if f["outcome"] == "pass" else "fail" for level in ((), ("--pss", "baseline"), ("--pss", "restricted"))
            for f in inspector.said("--passed", "--no-annotations", *level, *arguments)
            if f["outcome"] in ("pass", "fail", "warn") and f["kind"] not in NO_OBJECTS}


def judge_example(inspector: Inspector, version: str, objects: list[dict[str, Any]], seen: dict[str, set[str]]) -> list[str]:
    """What differs between the files and the cluster."""
    path = inspector.top / "example.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    files = everything(inspector, "--pss-version", f"1.{version}", path)
    with playing(objects, version) as port:
        cluster = everything(inspector, "--cluster", "--kubeconfig", inspector.config(port))
    for key, outcome in cluster.items():
        seen.setdefault(key[0], set()).add(outcome)
    odd = sorted(key for key in files.keys() | cluster.keys()
                 if files.get(key) != cluster.get(key) and key[0] not in NOT_THERE and key[1] != "Secret")
    return [f"{' '.join(key)}: {files.get(key)} in files, {cluster.get(key)} in the cluster" for key in odd]


# --- tests -----------------------------------------------------------------------------------------------


def ids(found: set[Finding]) -> list[str]:
    """For people."""
    return sorted(f"{f[0]} {f[1]}" for f in found)


def judge(inspector: Inspector, w: Weakness) -> list[str]:
    """What is not as it should be."""
    manifest = changed(POD, w.pod)
    in_manifest = inspector.file("pod.json", manifest)
    in_cluster = inspector.cluster(manifest)
    bundle = changed(BUNDLE, w.bundle)
    in_bundle = {f for f in inspector.file("config.json", bundle) if f[0] not in BUNDLES_CAN_NOT}
    docker = docker_of(bundle)
    in_docker = inspector.file("docker.json", changed(docker, w.docker)) if docker else in_manifest
    wrong = []
    if missing := set(w.checks.split()) - {f[0] for f in in_manifest}:
        wrong.append(f"the manifest: not found {sorted(missing)}, but {ids(in_manifest)}")
    if in_cluster != in_manifest:
        wrong.append(f"the cluster only: {ids(in_cluster - in_manifest)}, the manifest only: {ids(in_manifest - in_cluster)}")
    if in_docker != in_manifest:
        wrong.append(f"Docker only: {ids(in_docker - in_manifest)}, the manifest only: {ids(in_manifest - in_docker)}")
    in_manifest = {f for f in in_manifest if f[0] not in BUNDLES_CAN_NOT}
    if in_bundle != in_manifest:
        wrong.append(f"the bundle only: {ids(in_bundle - in_manifest)}, the manifest only: {ids(in_manifest - in_bundle)}")
    return wrong


# Every controller: its API, and where its PodSpec is.
CONTROLLERS = (
    ("apps/v1", "Deployment", "spec.template.spec"), ("apps/v1", "DaemonSet", "spec.template.spec"),
    ("apps/v1", "StatefulSet", "spec.template.spec"), ("apps/v1", "ReplicaSet", "spec.template.spec"),
    ("v1", "ReplicationController", "spec.template.spec"), ("batch/v1", "Job", "spec.template.spec"),
    ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec"), ("v1", "PodTemplate", "template.spec"),
    ("argoproj.io/v1alpha1", "Rollout", "spec.template.spec"), ("serving.knative.dev/v1", "Service", "spec.template.spec"),
    ("serving.knative.dev/v1", "Configuration", "spec.template.spec"), ("serving.knative.dev/v1", "Revision", "spec"),
    ("apps.openshift.io/v1", "DeploymentConfig", "spec.template.spec"))


def judge_controller(inspector: Inspector, api: str, kind: str, where: str) -> list[str]:
    """A pod that is weak in every way is as weak in a template, at the same places below it; in each list of containers, too."""
    pod = POD
    for w in WEAKNESSES:
        if not set(w.pod) & {"spec.containers.0.securityContext.capabilities", "spec.containers.0.securityContext.seccompProfile"}:
            pod = changed(pod, {path: value for path, value in w.pod.items() if value is not None and "limits" not in path})
    spec = pod["spec"] | {"initContainers": pod["spec"]["containers"], "ephemeralContainers": pod["spec"]["containers"]}
    o: dict[str, Any] = {"apiVersion": api, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}}
    at = o
    *way, last = where.split(".")
    for word in way:
        at = at.setdefault(word, {})
    at[last] = spec
    below, path = [], inspector.top / "object.json"
    for shown, prefix in ((pod | {"spec": spec}, "spec"), (o, where)):
        path.write_text(json.dumps(shown))
        below.append({(f["check"], f["path"].removeprefix(prefix + ".")) for f in inspector.said(path)
                      if f["check"] in inspector.both and f["path"].startswith(prefix + ".")})
    assert len(below[0]) > 60, f"only {len(below[0])} findings"
    return [f"{' '.join(f)}: in the {'pod' if f in below[0] else kind} only" for f in sorted(below[0] ^ below[1])]


def main() -> int:
    with tempfile.TemporaryDirectory() as held:
        inspector = Inspector(Path(held))
        sound = Weakness("nothing", "", {}, {})
        base = judge(inspector, sound) + ids(inspector.file("pod.json", POD))
        rows: list[tuple[str, list[str]]] = [("what is sound is sound everywhere", base)]
        seen: dict[str, set[str]] = {}
        cases = list(examples())
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            rows += zip((f"{w.what} ({w.checks})" for w in EVERY), pool.map(lambda w: judge(inspector.apart(), w), EVERY))
            rows += zip((name for name, _, _ in cases),
                        pool.map(lambda case: judge_example(inspector.apart(), case[1], case[2], seen), cases))
        rows += [(f"the same in a {kind} of {api}", judge_controller(inspector, api, kind, where)) for api, kind, where in CONTROLLERS]
        told = {check for w in EVERY for check in w.checks.split()}
        rows.append(("every check about objects of a cluster fails and passes there",
                     [f"{check}: {sorted(seen.get(check, set()))} only" for check in sorted(inspector.of_clusters - set(NOT_THERE))
                      if seen.get(check) != {"fail", "pass"}]))
        rows.append(("every check that is about pods and bundles is in a row",
                     sorted((inspector.both - told - set(ELSEWHERE)) | (told & set(ELSEWHERE)) | (told - inspector.both))))
    for number, (what, wrong) in enumerate(rows, 1):
        print(f"{'not ' if wrong else ''}ok {number} - {what}")
        for line in wrong:
            print(f"# {line}")
    print(f"1..{len(rows)}")
    return 1 if any(wrong for _, wrong in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
