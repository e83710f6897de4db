#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real API server: kube-apiserver, built from Debian's source of Kubernetes, with Debian's etcd, on loopback.

    tests/rig/kube.py               builds it if it is not there (five minutes on two cores, 3 GB while it lasts)

    with kube.server() as cluster:
        cluster.kubectl("apply", "-f", path)
        merlon("--kubeconfig", cluster.config("admin"))

Debian ships the client only; server and client are of one source package.  Nothing is installed: packages are unpacked
aside, compiled with the Go that is packaged beside them, and only the programs are kept, in the rig's directory.
There are no controllers and no nodes: what is created stays as it is.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import artefact
from archive import Archive

SUITE = "bookworm"
PACKAGES = ("golang-1.19-go", "golang-1.19-src", "kubernetes-client", "etcd-server")
VERSION = "v1.20.2"
PROGRAMS = ("kube-apiserver", "kubectl", "etcd")
MODULE = "k8s.io/kubernetes"

# Who may what: name -> (token, groups).
USERS = {"admin": ("admin-token-0123456789", "system:masters"), "weak": ("weak-token-0123456789", "weak")}


def directory() -> Path:
    """Where the programs are, or will be."""
    return artefact.rig_dir().absolute() / "kube"


def missing() -> str | None:
    """Why there is no server to be had; None if there is."""
    if all((directory() / name).exists() for name in PROGRAMS):
        return None
    return "there is no kube-apiserver: tests/rig/kube.py builds one"


# --- building -------------------------------------------------------------------------------------------


def build() -> Path:
    """The directory with the programs, which are built unless they are there."""
    return artefact.build(directory(), artefact.recipe(SUITE, *PACKAGES, *map(inspect.getsource, (_make, _compile))), _make)


def _make(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".kube-", dir=into.parent) as name:
        scratch = Path(name)
        archive = Archive(scratch / "apt", (SUITE,), sources=True)
        archive.update()
        artefact.say("kube-apiserver: fetching its source and Go")
        for package in PACKAGES:
            subprocess.run(["dpkg", "-x", archive.download(package, scratch), scratch / "root"], check=True)
        archive.download_source("kubernetes", scratch)
        tree = scratch / "go" / "src" / MODULE
        tree.mkdir(parents=True)
        subprocess.run(["tar", "-x", "-f", next(scratch.glob("kubernetes_*.orig.tar.gz")), "-C", tree,
                        "--strip-components=1"], check=True)
        artefact.say("kube-apiserver: compiling")
        into.mkdir()
        _compile(scratch, tree, into)
        for name in ("kubectl", "etcd"):
            shutil.copy2(scratch / "root" / "usr" / "bin" / name, into / name)


def _compile(scratch: Path, tree: Path, into: Path) -> None:
    """The one file that Debian's tarball lacks is generated first: what the server says of its own API."""
    go = scratch / "root" / "usr" / "lib" / "go-1.19"
    environment = os.environ | {
        "GOROOT": str(go), "GOPATH": str(scratch / "go"), "GOCACHE": str(scratch / "cache"), "GO111MODULE": "off",
        "GOFLAGS": "", "CGO_ENABLED": "0", "HOME": str(scratch)}

    def run(*command: str | Path) -> None:
        subprocess.run([str(c) for c in command], cwd=tree, env=environment, check=True)

    for file in (tree / "staging" / "src").rglob("version/base.go"):
        text = file.read_text()
        start = text.find('"v0.0.0-master')
        if start >= 0:
            end = text.index('"', start + 1)
            file.write_text(f'{text[:start]}"{VERSION}{text[end:]}')
    tags = subprocess.run(["grep", "-Rl", "--include=*.go", "+k8s:openapi-gen=", "pkg", "cmd", "plugin", "vendor/k8s.io"],
                          cwd=tree, check=True, capture_output=True, text=True).stdout.split()
    unwanted = ("code-generator", "sample-apiserver", "_examples", "kube-openapi")
    packages = sorted({f"{MODULE}/{Path(t).parent}" for t in tags if not any(u in t for u in unwanted)})
    generator = scratch / "openapi-gen"
    run(go / "bin" / "go", "build", "-o", generator, "./vendor/k8s.io/kube-openapi/cmd/openapi-gen")
    run(generator, "-i", ",".join(packages), "-p", f"{MODULE}/pkg/generated/openapi", "-O", "zz_generated.openapi",
        "-h", "vendor/k8s.io/code-generator/hack/boilerplate.go.txt", "-r", scratch / "violations")
    run(go / "bin" / "go", "build", "-ldflags", "-s -w", "-o", into / "kube-apiserver", "./cmd/kube-apiserver")


# --- running --------------------------------------------------------------------------------------------


def _port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Server:
    """An API server with its etcd; both end with it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port, self._etcd_port, self._peer_port = _port(), _port(), _port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._resources: dict[str, dict[str, tuple[str, bool]]] = {}
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start both and wait until it is ready."""
        subprocess.run(["openssl", "genrsa", "-out", self.state / "account.key", "2048"], check=True, capture_output=True)
        self._make_authority()
        rows = [f'{token},{name},{name},"{groups}"\n' for name, (token, groups) in USERS.items()]
        (self.state / "tokens.csv").write_text("".join(rows))
        client, peer = f"http://127.0.0.1:{self._etcd_port}", f"http://127.0.0.1:{self._peer_port}"
        self._run("etcd", "--data-dir", self.state / "etcd", "--listen-client-urls", client,
                  "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                  "--initial-cluster", f"default={peer}")
        self._run("kube-apiserver", "--etcd-servers", client, "--bind-address", "127.0.0.1",
                  "--secure-port", str(self.port), "--insecure-port", "0", "--cert-dir", self.state / "certificates",
                  "--token-auth-file", self.state / "tokens.csv", "--authorization-mode", "RBAC",
                  "--service-account-issuer", "https://kubernetes.default.svc", "--service-cluster-ip-range", "10.0.0.0/24",
                  "--service-account-signing-key-file", self.state / "account.key",
                  "--service-account-key-file", self.state / "account.key",
                  "--client-ca-file", self.state / "ca.pem", "--disable-admission-plugins", "ServiceAccount", "--allow-privileged")
        self._wait()

    def stop(self) -> None:
        """End both."""
        for process in reversed(self._running):
            process.kill()
            process.wait()
        self._running = []

    def config(self, user: str = "admin", as_user: dict[str, Any] | None = None, **cluster: Any) -> Path:
        """A kubeconfig for a user, or with credentials of any kind; more of the cluster's entry may be named."""
        certificate = self.state / "certificates" / "apiserver.crt"
        path = self.state / f"config-{user}-{len(list(self.state.glob('config-*')))}"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "rig",
            "clusters": [{"name": "c", "cluster": {"server": self.url, "certificate-authority": str(certificate)} | cluster}],
            "users": [{"name": "u", "user": {"token": USERS[user][0]} if as_user is None else as_user}],
            "contexts": [{"name": "rig", "context": {"cluster": "c", "user": "u"}}]}))
        return path

    def kubectl(self, *arguments: str | Path, text: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the administrator."""
        done = subprocess.run([directory() / "kubectl", "--kubeconfig", self.config(), *map(str, arguments)], input=text,
                              capture_output=True, text=True, timeout=300,
                              env=os.environ | {"HOME": str(self.state)})
        if check and done.returncode:
            raise RuntimeError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def request(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """A request as the administrator; the answer's JSON, whatever its status."""
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {USERS['admin'][0]}",
                                                  "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def create(self, o: dict[str, Any]) -> str | None:
        """Create an object; why it was refused, or None."""
        answer = self._post(o, "")
        return str(answer["message"]) if answer.get("kind") == "Status" else None

    def causes(self, o: dict[str, Any]) -> set[str]:
        """Create it as a dry run: what the server has against it."""
        answer = self._post(o, "?dryRun=All")
        if answer.get("kind") != "Status":
            return set()
        found = {f"{c.get('field')}: {c.get('reason')}" for c in answer.get("details", {}).get("causes", [])}
        return found or {str(answer["message"])}

    def _post(self, o: dict[str, Any], query: str) -> Any:
        plural, namespaced = self._resource(o["apiVersion"], o["kind"])
        path = f"/apis/{o['apiVersion']}" if "/" in o["apiVersion"] else f"/api/{o['apiVersion']}"
        if namespaced:
            path += f"/namespaces/{o['metadata']['namespace']}"
        return self.request(f"{path}/{plural}{query}", "POST", o)

    def _resource(self, version: str, kind: str) -> tuple[str, bool]:
        if version not in self._resources:
            answer = self.request(f"/apis/{version}" if "/" in version else f"/api/{version}")
            self._resources[version] = {r["kind"]: (r["name"], r["namespaced"]) for r in answer.get("resources", [])
                                        if "/" not in r["name"]}
        if kind not in self._resources[version]:
            raise RuntimeError(f"{version} has no {kind}")
        return self._resources[version][kind]

    def _run(self, program: str, *arguments: str | Path) -> None:
        with open(self.state / f"{program}.log", "wb") as log:
            self._running.append(subprocess.Popen([directory() / program, *arguments], stdout=log, stderr=log,
                                                  stdin=subprocess.DEVNULL, cwd=self.state))

    def _make_authority(self) -> None:
        """One that signs a client certificate: by it, somebody else is the administrator as well."""
        def openssl(*arguments: str) -> None:
            subprocess.run(["openssl", *arguments], cwd=self.state, check=True, capture_output=True)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=rig",
                "-days", "2")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "client.key", "-out", "client.csr", "-subj",
                "/O=system:masters/CN=certified")
        openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                "client.pem", "-days", "2")

    def _wait(self) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if any(process.poll() is not None for process in self._running):
                break
            try:
                # Its own namespaces come last: before that, nothing can be created in "default".
                if self.request("/api/v1/namespaces/default").get("kind") == "Namespace":
                    return
            except OSError:
                pass
            time.sleep(0.3)
        self.stop()
        raise RuntimeError(f"kube-apiserver does not start: {(self.state / 'kube-apiserver.log').read_text()[-2000:]}")


@contextmanager
def server() -> Iterator[Server]:
    """A cluster of one's own, empty but for what every cluster has."""
    with tempfile.TemporaryDirectory(prefix="merlon-kube-") as state:
        cluster = Server(Path(state))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


if __name__ == "__main__":
    print(build())
    sys.exit(0)
