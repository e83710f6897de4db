#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon inspect --cluster: what manifests say is found again in the cluster that they were given to; and a server that
misbehaves is survived.

The first needs a real API server (tests/rig/kube.py builds one; `make test-cluster`), the second plays one."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any, Callable

import merlon  # first: it puts the rig on the path
import kube
import tap

RECORDINGS = Path(__file__).resolve().parents[1] / "golden"

Finding = tuple[str, str, str, str, str]

# Where a manifest and its object differ, because of what the server decides, or does not know in 1.20.
EXPLAINED: tuple[tuple[str, Callable[[Finding], object]], ...] = (
    ("imagePullPolicy is set: Always without a tag, IfNotPresent with one", lambda f: f[0] == "MRL-403"),
    ("both fields of the account are written", lambda f: f[0] == "MRL-303"),
    ("the values of Secrets are not asked for", lambda f: f[0] == "MRL-326"),
    ("objects come in the version that is asked for", lambda f: f[0] == "MRL-520"),
    ("pods of Windows are not known by os.name", lambda f: f[2].endswith("/win")),
    ("a field that is not known, or not created, is dropped", lambda f: re.search(
        "appArmorProfile|hostUsers|procMount|windowsOptions.hostProcess|ephemeralContainers|ttlSecondsAfterFinished", f[4])),
)



def findings(*arguments: str | Path) -> set[Finding]:
    """What fails: check, kind, namespace and name, container, path."""
    done = merlon.run("inspect", "--json", "--fail-on", "never", "--no-annotations", *arguments, check=False)
    tap.check(done.returncode == 0, f"exit {done.returncode}: {done.stdout[-2000:]}{done.stderr}")
    report = json.loads(done.stdout)
    return {(f["check"], f["kind"], f"{f.get('namespace', '')}/{f['object']}", f.get("container", ""), f["path"])
            for f in report["findings"] if f["outcome"] in ("fail", "warn")}


class Loaded:
    """The examples, in files and in a cluster."""

    def __init__(self, cluster: kube.Server, directory: Path) -> None:
        import examples

        self.cluster, self.directory = cluster, directory
        self.refused: list[dict[str, Any]] = []
        self.objects: list[dict[str, Any]] = []
        self.namespaces: set[str] = set()
        for example in examples.examples():
            declared = {o["metadata"]["name"] for o in example.objects if o["kind"] == "Namespace"}
            for namespace in sorted(example.namespaces() - declared - examples.KEPT_NAMESPACES):
                cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
            self.namespaces |= example.namespaces() | declared
            for o in sorted(example.objects, key=lambda o: o["kind"] != "Namespace"):
                if why := cluster.create(o):
                    print(f"# refused: {example.name}: {o['kind']}: {why[:200]}")
                    self.refused.append(o)
                    continue
                self.objects.append(o)
        (directory / "all.json").write_text(
            json.dumps({"apiVersion": "v1", "kind": "List", "items": self.objects}))

    def names(self) -> set[tuple[str, str]]:
        """Of all that was loaded, as findings name them."""
        return {(o["kind"], f"{o['metadata'].get('namespace', '')}/{o['metadata']['name']}") for o in self.objects}


def test_same(loaded: Loaded) -> None:
    """What a hundred objects are found to be as files, they are found to be in a cluster"""
    tap.check(len(loaded.objects) >= 90, f"only {len(loaded.objects)} were taken")
    config = loaded.cluster.config()
    names = loaded.names()
    files = {f for f in findings("--all", "--pss-version", "1.20", loaded.directory / "all.json") if (f[1], f[2]) in names}
    lived = {f for f in findings("--all", "--cluster", "--kubeconfig", config) if (f[1], f[2]) in names}
    tap.check(len(files) > 300, f"only {len(files)} findings in files")

    # Annotations of seccomp are made fields by the server.
    annotated = {(o["kind"], f"{o['metadata']['namespace']}/{o['metadata']['name']}") for o in loaded.objects
                 if "seccomp.security" in json.dumps(o["metadata"])}
    files = {f for f in files if f[1:3] not in annotated}
    lived = {f for f in lived if f[1:3] not in annotated}
    lost = sorted(f for f in files - lived if not any(says(f) for _, says in EXPLAINED))
    more = sorted(f for f in lived - files if not any(says(f) for _, says in EXPLAINED))
    tap.check(not lost and not more, f"{len(files)} in files, {len(lived)} in the cluster; lost:\n"
              + "\n".join(map(str, lost)) + "\nmore:\n" + "\n".join(map(str, more)))


def test_pages(loaded: Loaded) -> None:
    """Pages of three objects make the same report as one page"""
    config = loaded.cluster.config()
    whole, paged = (findings("--all", "--cluster", "--kubeconfig", config, *more) for more in ((), ("--page", "3")))
    tap.check(whole == paged, f"{len(whole)} in one page, {len(paged)} in pages of three: {sorted(whole ^ paged)[:5]}")


def test_namespace(loaded: Loaded) -> None:
    """One namespace is its own objects and nothing else"""
    chosen = next(o["metadata"]["namespace"] for o in loaded.objects if o["kind"] == "Deployment")
    found = findings("--all", "--cluster", "--kubeconfig", loaded.cluster.config(), "--namespace", chosen)
    others = {f[2] for f in found if not f[2].startswith(f"{chosen}/") and f[2] != f"/{chosen}"}
    tap.check(found and not others, f"of {chosen}: {len(found)} findings, others: {others}")


def report(*arguments: str | Path) -> tuple[int, dict[str, Any], str]:
    """Exit status, report, and all that was said."""
    done = merlon.run("inspect", "--json", "--cluster", *arguments, check=False)
    tap.check(done.stdout.startswith("{"), f"exit {done.returncode}, no report: {done.stdout[:500]}{done.stderr}")
    return done.returncode, json.loads(done.stdout), done.stdout + done.stderr


def test_forbidden(loaded: Loaded) -> None:
    """Who may read little is told what is not judged, and gets no wrong findings from it"""
    cluster = loaded.cluster
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "readers"},
            "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]}]}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "readers"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "readers"},
               "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "weak"}]}
    for o in (role, binding):
        tap.check(not (why := cluster.create(o)), str(why))
    status, said, text = report("--kubeconfig", cluster.config("weak"), "--fail-on", "never")
    kinds = {p["file"] for p in said["problems"]}
    tap.check(status == 5, f"exit {status}")
    tap.check({"Pod", "Role", "NetworkPolicy", "Secret"} <= kinds and "Deployment" not in kinds, f"told of: {kinds}")
    few = report("--kubeconfig", cluster.config("weak"), "--pss", "baseline", "--fail-on", "never")[1]["problems"]
    tap.check({"Pod"} <= {p["file"] for p in few} and not {p["file"] for p in few} & {"Role", "Secret", "Node"},
              f"asked for what nobody wants to know: {few}")
    policies = next(p["message"] for p in said["problems"] if p["file"] == "NetworkPolicy")
    tap.check("MRL-651" in policies and "403" in policies, policies)
    checks = {f["check"] for f in said["findings"]}
    tap.check("MRL-107" in checks, f"Deployments were not judged: {checks}")
    tap.check(not checks & {"MRL-651", "MRL-301", "MRL-532"}, f"judged without knowing: {checks}")
    tap.check(kube.USERS["weak"][0] not in text, "the token is in the output")


def encoded(path: Path) -> str:
    """As the members of a kubeconfig that end in -data have it."""
    return base64.b64encode(path.read_bytes()).decode()


def test_credentials(loaded: Loaded) -> None:
    """Certificates and tokens, as files and as data, open the cluster; who is not whom he should be is refused"""
    cluster, state = loaded.cluster, loaded.cluster.state
    (state / "token").write_text(kube.USERS["admin"][0] + "\n")
    server = state / "certificates" / "apiserver.crt"
    good: dict[str, Path] = {
        "a certificate in files": cluster.config(as_user={"client-certificate": "client.pem", "client-key": "client.key"}),
        "a certificate as data": cluster.config(as_user={"client-certificate-data": encoded(state / "client.pem"),
                                                         "client-key-data": encoded(state / "client.key")}),
        "a token in a file": cluster.config(as_user={"tokenFile": "token"}),
        "the authority as data": cluster.config(**{"certificate-authority-data": encoded(server)}),
        "no authority, on purpose": cluster.config(**{"certificate-authority": None, "insecure-skip-tls-verify": True}),
        "another name": cluster.config(server=cluster.url.replace("127.0.0.1", "localhost"), **{"tls-server-name": "127.0.0.1"}),
    }
    for name, config in good.items():
        status, said, text = report("--kubeconfig", config, "--check", "MRL-101", "--fail-on", "never")
        tap.check(status == 0 and said["findings"], f"{name}: exit {status}: {text[-500:]}")
    bad: dict[str, tuple[Path, str]] = {
        "another authority": (cluster.config(**{"certificate-authority": str(state / "ca.pem")}), "certificate"),
        "another name": (cluster.config(**{"tls-server-name": "example.com"}), "certificate"),
        "an unknown token": (cluster.config(as_user={"token": "unknown-token-0123"}), "401"),
        "a provider of old": (cluster.config(as_user={"auth-provider": {"name": "gcp"}}), "provider"),
        "a certificate that is none": (cluster.config(as_user={"client-certificate-data": "QUJD", "client-key-data": "QUJD"}),
                                       "ertificate"),
    }
    for name, (config, words) in bad.items():
        done = merlon.run("inspect", "--cluster", "--kubeconfig", config, check=False)
        tap.check(done.returncode > 1 and words in done.stderr, f"{name}: exit {done.returncode}: {done.stderr}")
        tap.check("unknown-token-0123" not in done.stderr, f"{name}: the token is told")


# Writes what it was asked, and counts how often; then answers as it is told.
PROGRAM = """#!/bin/sh
printf '%s\\n' "$KUBERNETES_EXEC_INFO" >>"$SEEN"
printf '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/%s", "status": %s}' "$1" "$2"
"""


def test_programs(loaded: Loaded) -> None:
    """A program that the kubeconfig names gives credentials, as clouds have it, and is asked again when they end"""
    cluster, state = loaded.cluster, loaded.cluster.state
    (state / "login").write_text(PROGRAM)
    (state / "login").chmod(0o755)
    seen, admin = state / "seen", kube.USERS["admin"][0]
    certificate = {"clientCertificateData": (state / "client.pem").read_text(), "clientKeyData": (state / "client.key").read_text()}

    def config(status: Any, version: str = "v1", answers: str | None = None, **more: Any) -> Path:
        seen.unlink(missing_ok=True)
        return cluster.config(as_user={"exec": {
            "apiVersion": f"client.authentication.k8s.io/{version}", "command": "./login", "interactiveMode": "IfAvailable",
            "args": [answers or version, json.dumps(status)], "env": [{"name": "SEEN", "value": str(seen)}]} | more})

    def end(year: int) -> dict[str, str]:
        return {"token": admin, "expirationTimestamp": f"{year}-01-01T00:00:00Z"}

    # name: (configuration, whether it runs once for all requests)
    good = {"a token": (config({"token": admin}), True), "of the older version": (config({"token": admin}, "v1beta1"), True),
            "a certificate": (config(certificate), True), "one that lasts": (config(end(2999)), True),
            "one that has ended": (config(end(2001)), False),
            "told of the cluster": (config({"token": admin}, provideClusterInfo=True), True)}
    for name, (path, once) in good.items():
        seen.unlink(missing_ok=True)
        status, said, text = report("--kubeconfig", path, "--check", "MRL-101", "--fail-on", "never")
        tap.check(status == 0 and said["findings"], f"{name}: exit {status}: {text[-500:]}")
        asked = [json.loads(line) for line in seen.read_text().splitlines()]
        tap.check((len(asked) == 1) == once, f"{name}: asked {len(asked)} times")
        tap.check(asked[0]["kind"] == "ExecCredential" and asked[0]["spec"]["interactive"] is False, f"{asked[0]}")
        tap.check(admin not in text, f"{name}: the token is in the output")
    info = asked[0]["spec"]["cluster"]
    tap.check(info["server"] == cluster.url and b"CERTIFICATE" in base64.b64decode(info["certificate-authority-data"]), f"{info}")
    bad = {"nothing": (config({}), "neither a token"), "another version": (config({"token": admin}, answers="v1beta1"), "apiVersion"),
           "half a pair": (config({"clientCertificateData": "x"}), "without its key"),
           "two lines": (config({"token": admin + "\nX: y"}), "one word"), "no status": (config("x"), "no ExecCredential"),
           "a strange token": (config({"token": "unknown-token-0123"}), "401"),
           "not installed": (config({}, command="no-such-login", installHint="ask the\x1b[31m cloud"), "not installed"),
           "fails": (config({}, command="sh", args=["-c", "echo 'log in first' >&2; exit 3"]), "exit status 3): log in first"),
           "somebody is needed": (config({"token": admin}, interactiveMode="Always"), "no terminal"),
           "a version of old": (config({}, "v1alpha1"), "v1beta1 was expected")}
    anybodys = config({"token": admin})
    anybodys.chmod(0o666)
    others = config({"token": admin})
    os.chown(others, 12345, -1)
    bad |= {"anybody's file": (anybodys, "anybody may write"), "somebody else's": (others, "somebody else")}
    for name, (path, words) in bad.items():
        seen.unlink(missing_ok=True)
        done = merlon.run("inspect", "--cluster", "--kubeconfig", path, check=False)
        tap.check(done.returncode > 1 and words in done.stderr, f"{name}: exit {done.returncode}: {done.stderr}")
        tap.check(admin not in done.stderr and "\x1b" not in done.stderr, f"{name}: {done.stderr}")
        tap.check(name not in ("anybody's file", "somebody else's") or not seen.exists(), f"{name}: it was run")
    # What ends sooner than it was told is asked for again once: the second answer is good.
    state.joinpath("late").write_text(f"""#!/bin/sh
if [ -e "$0.ran" ]; then token={admin}; else token=ended-token-0123; touch "$0.ran"; fi
printf '{{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {{"token": "%s"}}}}' $token
""")
    state.joinpath("late").chmod(0o755)
    status, said, text = report("--kubeconfig", config({}, command=str(state / "late")), "--check", "MRL-101", "--fail-on", "never")
    tap.check(status == 0 and said["findings"], f"asked again: exit {status}: {text[-500:]}")


def test_again(loaded: Loaded) -> None:
    """What is new and what is mended in a cluster is told by --watch, and kept by --store"""
    cluster, state = loaded.cluster, loaded.cluster.state
    history = state / "history.db"
    arguments = ("--kubeconfig", cluster.config(), "--namespace", "again", "--check", "MRL-101", "--fail-on", "never")
    cluster.request("/api/v1/namespaces", "POST", {"metadata": {"name": "again"}})

    def create(name: str) -> None:
        spec = {"containers": [{"name": "c", "image": "i:1", "securityContext": {"privileged": True}}]}
        why = cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "again"}, "spec": spec})
        tap.check(why is None, f"{name}: {why}")

    def stored() -> str:
        return merlon.run("inspect", "--cluster", *arguments, "--store-file", history).stdout

    create("first")
    tap.check("first inspection" in stored(), "it is not the first")
    with subprocess.Popen([merlon.BINARY, "inspect", "--cluster", *map(str, arguments), "--watch", "--interval", "1", "--json"],
                          stdout=subprocess.PIPE, text=True) as watching:
        try:
            assert watching.stdout
            tap.check(json.loads(watching.stdout.readline())["change"] == "found", "it begins with what is there")
            create("second")
            new = json.loads(watching.stdout.readline())
            cluster.request("/api/v1/namespaces/again/pods/first?gracePeriodSeconds=0", "DELETE")
            mended = json.loads(watching.stdout.readline())
        finally:
            watching.kill()
            watching.wait()
    tap.check((new["change"], new["object"]) == ("new", "again/second"), f"{new}")
    tap.check((mended["change"], mended["object"]) == ("mended", "again/first"), f"{mended}")
    tap.check("1 new, 1 mended, 0 still there" in stored(), stored())


def test_recorded(loaded: Loaded) -> None:
    """What pods have and their recording never used is found in a cluster as in the manifest, and what is named and not in force"""
    cluster, path = loaded.cluster, loaded.cluster.state / "recorded.json"
    cluster.request("/api/v1/namespaces", "POST", {"metadata": {"name": "recorded"}})
    security = {"privileged": True, "capabilities": {"add": ["SYS_PTRACE"]}, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"containers": [{"name": "app", "image": "docker.io/library/python:3.12", "securityContext": security},
                           {"name": "ls", "image": "docker.io/library/ls:1"}]}
    o = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "recorded"}, "spec": spec}
    path.write_text(json.dumps(o))
    tap.check(cluster.create(o) is None, "it is refused")
    rows = {f"MRL-15{i}" for i in range(1, 6)}
    options = ["--profile", RECORDINGS, *(word for row in sorted(rows) for word in ("--check", row))]
    there = findings("--cluster", "--kubeconfig", cluster.config(), "--namespace", "recorded", *options)
    tap.check(there == findings(path, *options), f"{there ^ findings(path, *options)}")
    tap.check({f[0] for f in there} >= {"MRL-151", "MRL-153", "MRL-155"}, f"{there}")


def test_pod(loaded: Loaded) -> None:
    """In a pod, its service account is used"""
    cluster = loaded.cluster
    script = ("mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && "
              "cp \"$1\" /run/secrets/kubernetes.io/serviceaccount/ca.crt && "
              "printf %s \"$2\" >/run/secrets/kubernetes.io/serviceaccount/token && shift 2 && exec \"$@\"")
    command = ["unshare", "--mount", "sh", "-c", script, "sh", cluster.state / "certificates" / "apiserver.crt",
               kube.USERS["admin"][0], merlon.BINARY.resolve(), "inspect", "--cluster", "--json", "--check", "MRL-101", "--fail-on", "never"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                   "KUBERNETES_SERVICE_PORT": str(cluster.port)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    tap.check(done.returncode == 0 and '"cluster": "in-cluster"' in done.stdout, f"exit {done.returncode}: {done.stderr}")


def owned(kind: str, name: str, owner: dict[str, str], template: dict[str, Any]) -> dict[str, Any]:
    """An object that says that another made it."""
    body = {"spec": template["spec"]} if kind == "Pod" else {"spec": {"selector": {"matchLabels": {"app": "o"}}, "template": template}}
    return {"apiVersion": "v1" if kind == "Pod" else "apps/v1", "kind": kind,
            "metadata": {"name": name, "namespace": "owners", "labels": {"app": "o"},
                         **({"ownerReferences": [owner | {"controller": True}]} if owner else {})}, **body}


def test_owners(loaded: Loaded) -> None:
    """A weakness that controllers copied is told once; a pod that only claims an owner is judged"""
    cluster = loaded.cluster
    template = {"metadata": {"labels": {"app": "o"}},
                "spec": {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True}}]}}

    def made(kind: str, name: str) -> dict[str, str]:
        plural = kind.lower() + "s"
        o = cluster.request(f"/apis/apps/v1/namespaces/owners/{plural}/{name}")
        return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": o["metadata"]["uid"]}

    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "owners"}})
    cluster.create(owned("Deployment", "d", {}, template))
    cluster.create(owned("ReplicaSet", "d-1", made("Deployment", "d"), template))
    cluster.create(owned("Pod", "d-1-a", made("ReplicaSet", "d-1"), template))
    liar = made("ReplicaSet", "d-1") | {"uid": "00000000-0000-0000-0000-000000000000"}
    cluster.create(owned("Pod", "liar", liar, template))
    cluster.create(owned("Pod", "wrong", made("Deployment", "d"), template))    # no Deployment makes pods
    cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "owners"},
                    "spec": {"ports": [{"port": 1}], "selector": {"app": "o"}}})
    found = findings("--all", "--cluster", "--kubeconfig", cluster.config(), "--namespace", "owners")
    privileged = {f[1:3] for f in found if f[0] == "MRL-101"}
    expected = {("Deployment", "owners/d"), ("Pod", "owners/liar"), ("Pod", "owners/wrong")}
    tap.check(privileged == expected, f"privileged: {privileged}")
    tap.check(not [f for f in found if f[0] == "MRL-655"], "the service selects the pods of the Deployment")


def test_formats(loaded: Loaded) -> None:
    """Every form of report names objects by namespace, kind and name"""
    config = loaded.cluster.config()
    for name in ("text", "json", "sarif", "junit", "csv", "markdown", "html"):
        done = merlon.run("inspect", "--cluster", "--kubeconfig", config, "--fail-on", "never", "--format", name)
        tap.check("rig" in done.stdout or name in ("sarif", "junit", "csv"), f"{name}: the cluster is not named")
        tap.check("owners/" in done.stdout, f"{name}: no place")
        tap.check(":0:0" not in done.stdout and "line 0" not in done.stdout, f"{name}: a line that there is not")


def as_yaml(o: dict[str, Any]) -> str:
    """As people write it."""
    import yaml

    return str(yaml.safe_dump(o, sort_keys=False))


# Fixes for fields that are younger than the server, which can't judge them.
YOUNG_FIXES = {"MRL-105", "MRL-116", "MRL-121", "PSS-B05", "PSS-B08"}
# Fixes of what a recording shows: there is none here.
RECORDED_FIXES = {"MRL-151", "MRL-152", "MRL-153", "MRL-154"}
MODES = {"all": ("--all", "--pss-version", "1.20"), "baseline": ("--pss", "baseline"),
         "restricted": ("--pss", "restricted"), "restricted-1.20": ("--pss", "restricted", "--pss-version", "1.20")}
# What the server reads, and refuses beside a field that says something else; since 1.27 nobody reads it.
OLD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/"


def mended(o: dict[str, Any], path: Path, fixable: set[str], *options: str) -> set[str]:
    """Write the object to a file as --fix leaves it; the checks that do not fail any more."""
    path.write_text(as_yaml(o))
    before = findings(*options, path)
    done = merlon.run("inspect", "--fix", "--aggressive", "--write", *options, path, check=False)
    tap.check(done.returncode in (0, 1), f"{path.read_text()}: {done.stderr}")
    return ({f[0] for f in before} - {f[0] for f in findings(*options, path)}) & fixable


def test_fix(loaded: Loaded) -> None:
    """What --fix writes for every failing example is accepted by the API server"""
    import yaml

    fixable = {c["id"] for c in json.loads(merlon.run("checks", "--json").stdout) if c.get("fix")}
    directory = loaded.directory / "fixed"
    directory.mkdir()
    used: set[str] = set()
    wrong: list[str] = []
    skip = [word for check in ("MRL-105", "MRL-116") for word in ("--skip", check)]
    for number, original in enumerate([*loaded.objects, *loaded.refused]):
        # Another name: what is there already may not be changed in all ways in which it could be made.
        o = original | {"metadata": original["metadata"] | {"name": f"{original['metadata']['name']}-f{number}"}}
        known = loaded.cluster.causes(o)
        for mode, options in MODES.items():
            if "--pss-version" not in options and OLD_ANNOTATION in json.dumps(o):
                continue
            path = directory / f"{number}-{mode}.yaml"
            checks = sorted(mended(o, path, fixable, *options, *skip))
            used |= set(checks)
            if known or not checks:
                path.unlink(missing_ok=True)
            # All of them together, and each alone.
            for only in ((), *(("--check", check) for check in checks)):
                single = directory / "single.yaml"
                mended(o, single, fixable, *options, *(only or skip))
                if new := loaded.cluster.causes(yaml.safe_load(single.read_text())) - known:
                    wrong.append(f"{mode} {' '.join(only)}: {new}\n{as_yaml(o)}\n{single.read_text()}")
                single.unlink()
    tap.check(not wrong, "\n".join(wrong))
    # kubectl looks for fields that the server does not know, and would drop.
    done = loaded.cluster.kubectl("apply", "--dry-run=server", "-f", directory, check=False)
    tap.check(done.returncode == 0, done.stderr)
    print(f"# {len(used)} of {len(fixable)} fixes in {len(list(directory.iterdir()))} objects")
    left = fixable - used - YOUNG_FIXES - RECORDED_FIXES
    tap.check(not left, f"not tried: {sorted(left)}")


def test_patches(loaded: Loaded) -> None:
    """The patches for a cluster are accepted by kubectl patch, and nothing is written to one"""
    config = loaded.cluster.config()
    done = merlon.run("inspect", "--cluster", "--kubeconfig", config, "--fix", "--aggressive", "--json", "--fail-on",
                      "never", check=False)
    tap.check(done.returncode in (0, 5), f"exit {done.returncode}: {done.stderr}")
    patches = [p for p in json.loads(done.stdout) if p["patch"]]
    tap.check(len(patches) > 30, f"only {len(patches)} patches")
    wrong = []
    for p in [p for p in patches if not p.get("recreate")]:
        answer = loaded.cluster.kubectl("patch", p["kind"], p["name"], *(["-n", p["namespace"]] if p["namespace"] else []),
                                        "--type=json", "--dry-run=server", "-p", json.dumps(p["patch"]), check=False)
        if answer.returncode:
            wrong.append(f"{p['kind']} {p['name']}: {answer.stderr.strip()}\n  {p['patch']}")
    tap.check(not wrong, "\n".join(wrong))
    stale = next(p for p in patches if p["kind"] == "Deployment")
    tap.check(stale["patch"][0]["op"] == "test", f"no test of the version: {stale['patch'][0]}")
    stale["patch"][0]["value"] = "1"
    answer = loaded.cluster.kubectl("patch", "Deployment", stale["name"], "-n", stale["namespace"], "--type=json", "-p",
                                    json.dumps(stale["patch"]), check=False)
    tap.check(answer.returncode != 0, "a patch for another version was taken")
    for option in ("--write", "--aggressive"):
        refused = merlon.run("inspect", "--cluster", "--kubeconfig", config, "--fix", option, check=False)
        tap.check(refused.returncode == 2, f"--fix {option}: exit {refused.returncode}")


def test_death(loaded: Loaded) -> None:
    """A server that dies in the middle of a list costs the rest, and no more than seconds"""
    command = [merlon.BINARY, "inspect", "--cluster", "--kubeconfig", loaded.cluster.config(), "--page", "1", "--json"]
    started = time.monotonic()
    with merlon.running(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(0.2)
        loaded.cluster.stop()
        out, err = process.communicate(timeout=100)
    tap.check(process.returncode in (1, 5, 6), f"exit {process.returncode}: {out[-300:]}{err}")
    told = [p["message"] for p in json.loads(out)["problems"]] if out.startswith("{") else [err]
    tap.check(any("127.0.0.1" in t for t in told), f"nothing is told: {told[:3]}")
    tap.check(time.monotonic() - started < 60, f"{time.monotonic() - started:.0f} s")


# --- a server that is played -----------------------------------------------------------------------------

Answer = tuple[int, dict[str, str], bytes]
PODS = {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["list"]}


def pod(number: int, **more: Any) -> dict[str, Any]:
    """A privileged pod."""
    return {"metadata": {"name": f"p{number}", "namespace": "n", "uid": f"u{number}"} | more,
            "spec": {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True}}]}}


def pods(*items: Any, token: str = "") -> dict[str, Any]:
    """A page of them."""
    return {"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": token}, "items": list(items)}


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """JSON, or bytes as they are."""
    return status, headers, body if isinstance(body, bytes) else json.dumps(body).encode()


class Played:
    """An API server with nothing but pods, which are whatever `turn` says of the request's query."""

    def __init__(self, turn: Callable[[dict[str, str]], Answer], resources: Any = None) -> None:
        self.turn, self.resources, self.asked = turn, resources or [PODS], 0

    def serve(self, handler: http.server.BaseHTTPRequestHandler) -> Answer:
        url = urllib.parse.urlparse(handler.path)
        if url.path == "/version":
            return answer({"gitVersion": "v1.33.1"})
        if url.path == "/apis":
            return answer({"kind": "APIGroupList", "groups": []})
        if url.path == "/api/v1":
            return answer({"kind": "APIResourceList", "resources": self.resources})
        if not handler.headers.get("Authorization"):
            return answer({"kind": "Status"}, 401)
        self.asked += 1
        return self.turn(dict(urllib.parse.parse_qsl(url.query)))

    def inspect(self, *options: str, token: str = "secret-token-0123456789") -> tuple[int, dict[str, Any], str]:
        """Exit status, report, and all that was said; the program may take half a minute and half a gigabyte."""
        played = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, headers, body = played.serve(self)
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | headers).items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass
                if int(headers.get("Content_Length", len(body))) != len(body):
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, tempfile.TemporaryDirectory() as home:
            server.handle_error = lambda *_: None      # who asks may hang up
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            config = Path(home) / "config"
            config.write_text(json.dumps({
                "current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}],
                "users": [{"name": "u", "user": {"token": token}}]}))
            done = subprocess.run(["prlimit", "--as=1073741824", merlon.BINARY, "inspect", "--json", "--cluster", "--kubeconfig",
                                   config, "--check", "MRL-101", "--fail-on", "never", *options],
                                  capture_output=True, text=True, timeout=60, check=False)
            server.shutdown()
        tap.check(token not in done.stdout + done.stderr, "the token is in the output")
        return done.returncode, json.loads(done.stdout or "{}"), done.stdout + done.stderr


def privileged(said: dict[str, Any]) -> list[str]:
    """The names of the pods that were judged."""
    return sorted(f["object"] for f in said["findings"] if f["check"] == "MRL-101" and f["outcome"] == "fail")


def test_waits() -> None:
    """A server that is busy is asked again when it wants to be"""
    answers = [answer({"kind": "Status"}, 429, Retry_After="1"), answer({"kind": "Status"}, 503), answer(pods(pod(1)))]
    started = time.monotonic()
    status, said, _ = Played(lambda _: answers.pop(0)).inspect()
    tap.check(status == 0 and privileged(said) == ["p1"], f"exit {status}: {said}")
    tap.check(time.monotonic() - started > 1.4, "it did not wait")


def test_gone() -> None:
    """A snapshot that has gone is gone on from, or begun anew, and nothing is told twice"""
    for continues in ("", "further"):
        gone = {"kind": "Status", "reason": "Expired", "metadata": {"continue": continues}}
        turns = {"": answer(pods(pod(1), pod(2), token="next")), "further": answer(pods(pod(2), pod(3))),
                 "next": answer(gone, 410)}
        again = [turns["next"], answer(pods(pod(3)))]
        status, said, _ = Played(lambda q: again.pop(0) if q.get("continue") == "next" else
                                 turns[q.get("continue", "")]).inspect()
        tap.check(status == 0 and privileged(said) == ["p1", "p2", "p3"], f"{continues}: exit {status}: {said}")


def test_endless() -> None:
    """Lists that do not end are ended"""
    number = iter(range(10 ** 9))
    for name, turn in (("the same token", lambda _: answer(pods(pod(1), token="same"))),
                       ("new tokens, no objects", lambda _: answer(pods(token=f"t{next(number)}")))):
        played = Played(turn)
        status, said, _ = played.inspect()
        tap.check(status == 5 and "does not end" in str(said["problems"]), f"{name}: exit {status}: {said}")
        tap.check(played.asked < 100, f"{name}: asked {played.asked} times")


def test_nonsense() -> None:
    """What is no list is said to be none, and is no crash"""
    bomb = gzip.compress(b" " * (200 << 20), 1)
    rows: dict[str, Answer] = {
        "a page of HTML": answer(b"<html>login</html>"), "nothing": answer(b""), "half of it": answer(b'{"kind": "PodList", "items": [{'),
        "cut off": answer(json.dumps(pods(pod(1))).encode(), Content_Length="99999"), "another kind": answer({"kind": "Status"}),
        "a list": answer([pod(1)]), "a number": answer(b"7"), "items that are none": answer({"kind": "PodList", "items": 7}),
        "more than fits": answer(b'{"kind": "PodList", "items": [' + b" " * (80 << 20)),
        "a bomb": answer(bomb, Content_Encoding="gzip"), "elsewhere": answer(b"", 302, Location="http://127.0.0.1:1/"),
        "deep": answer(b'{"kind":"PodList","items":[' + b"[" * 100000), "no UTF-8": answer(b'{"kind":"PodList\xff","items":[{"a":"\xfe"}]}'),
    }
    for name, row in rows.items():
        status, said, text = Played(lambda _, row=row: row).inspect("--page", "1")
        whole = name in ("items that are none", "no UTF-8")
        tap.check(status == (0 if whole and status == 0 else 5), f"{name}: exit {status}: {text[:500]}")
        tap.check(said.get("problems") or whole, f"{name}: nothing is told: {text[:500]}")
    odd = [7, None, "x", [], {"metadata": 7}, {"metadata": {"uid": {}, "name": []}, "spec": [1]},
           {"metadata": {"ownerReferences": [7, {"controller": True, "uid": []}]}}, pod(1, name="\x1b[31m\nred", uid="9"), pod(2)]
    status, said, text = Played(lambda _: answer(pods(*odd))).inspect()
    tap.check("p2" in privileged(said) and "\x1b" not in text, f"exit {status}: {text}")


def test_names() -> None:
    """Names that the server makes up lead to no other path, and what it repeats is no secret"""
    evil = [PODS | {"name": "../../secrets"}, PODS | {"name": "pods?x="}, PODS | {"name": "pods/log"}]
    played = Played(lambda _: answer(pods(pod(1))), evil)
    status, _, text = played.inspect()
    tap.check(status == 0 and not played.asked, f"exit {status}, asked {played.asked}: {text}")
    echo = answer({"kind": "Status", "message": "who is \x1b]0;secret-token-0123456789?"}, 403)
    status, said, text = Played(lambda _: echo).inspect()
    tap.check(status == 5 and "who is" in text and "\x1b" not in text, f"exit {status}: {text}")
    status, said, text = Played(lambda _: answer({"kind": "Status", "message": "Unauthorized"}, 401)).inspect()
    tap.check(status == 5 and "Unauthorized" in text, f"exit {status}: {text}")


def test_usage() -> None:
    """Options that make no sense together are refused"""
    for options in (("--context", "x", "f.yaml"), ("--cluster", "f.yaml"), ("--cluster", "--host"), ("--cluster", "--fix"),
                    ("--cluster", "--fix", "--json", "--write"), ("--cluster", "--page", "0"), ("--cluster", "--page", "x")):
        done = merlon.run("inspect", *options, check=False)
        tap.check(done.returncode == 2, f"{options}: exit {done.returncode}: {done.stderr}")
    done = merlon.run("inspect", "--cluster", "--kubeconfig", "/no/such/file", check=False)
    tap.check(done.returncode == 4 and "/no/such/file" in done.stderr, f"exit {done.returncode}: {done.stderr}")


def with_server(suite: tap.Suite) -> None:
    """All that needs the real one."""
    tests = (test_same, test_pages, test_namespace, test_forbidden, test_credentials, test_programs, test_again, test_recorded,
             test_pod, test_owners, test_formats, test_fix, test_patches, test_death)
    if why := kube.missing():
        for test in tests:
            suite.skip((test.__doc__ or "").splitlines()[0], why)
        return
    with kube.server() as cluster, tempfile.TemporaryDirectory() as directory:
        loaded = Loaded(cluster, Path(directory))
        for test in tests:
            suite.run(test, loaded)


def main() -> None:
    """Run all."""
    with tap.Suite("cluster") as suite:
        for test in (test_waits, test_gone, test_endless, test_nonsense, test_names, test_usage):
            suite.run(test)
        with_server(suite)


if __name__ == "__main__":
    main()
