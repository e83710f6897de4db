#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every check about a host fails and passes by files: the examples of hosts are written where a host would have them.

host_*.yaml have daemons and hosts as host/ puts them together.  Here each is taken apart again, into the files, processes
and modes that a host would have, and merlon inspect --host --root must find in those what it finds in the example.  Every
check about a kind of host must fail in one and pass in one.  Argument: the program.  Prints TAP.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

MERLON = sys.argv[1]
EXAMPLES = Path(__file__).resolve().parent
Object = dict[str, Any]


def as_toml(tree: Object, path: tuple[str, ...] = ()) -> str:
    """A table, then those in it; keys are quoted, as they may be anything."""
    own = [(k, v) for k, v in tree.items() if not isinstance(v, dict)]
    lines = [f"[{'.'.join(json.dumps(word) for word in path)}]"] if path and own else []
    lines += [f"{json.dumps(k)} = {as_value(v)}" for k, v in own]
    return "\n".join(lines) + "\n" + "".join(as_toml(v, (*path, k)) for k, v in tree.items() if isinstance(v, dict))


def as_value(value: Any) -> str:
    """A value of TOML; tables in lists are inline."""
    if isinstance(value, list):
        return f"[{', '.join(map(as_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {as_value(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


class Host:
    """A directory as the root of one."""

    def __init__(self, root: Path) -> None:
        self.root, self.processes = root, 100

    def put(self, path: str, text: str) -> None:
        """A file with this in it."""
        at = self.root / path.lstrip("/")
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)

    def process(self, name: str, flags: Object) -> None:
        """One that runs, with these flags."""
        words = [f"/usr/bin/{name}", *self.words(flags)]
        self.put(f"/proc/{self.processes}/comm", f"{name[:15]}\n")
        self.put(f"/proc/{self.processes}/cmdline", "\0".join(words) + "\0")
        self.processes += 1

    @staticmethod
    def words(flags: Object) -> list[str]:
        """Each as often as it has values."""
        return [f"--{k}={one}" for k, v in flags.items() for one in (v if isinstance(v, list) else [v])]

    def files(self, o: Object) -> None:
        """With the modes and owners that the example has."""
        for f in o.get("files", ()):
            path = self.root / f["path"].lstrip("/")
            if f["role"] in ("docker-directory", "etcd-data"):
                path.mkdir(parents=True, exist_ok=True)
            elif not path.exists():
                self.put(f["path"], "")
        for f in o.get("files", ()):
            path = self.root / f["path"].lstrip("/")
            os.chown(path, f["uid"], f["gid"])
            path.chmod(int(f["mode"], 8))
            for name, which in (("/etc/group", "group"), ("/etc/passwd", "user")):
                if which in f:
                    number = f["gid"] if which == "group" else f["uid"]
                    self.put(name, f"{f[which]}:x:{number}:" + (f"{number}::/:/bin/sh\n" if which == "user" else "\n"))


# --- kinds -----------------------------------------------------------------------------------------------


def docker(h: Host, o: Object) -> None:
    config = dict(o.get("config", {}))
    keys = [f["path"] for f in o.get("files", ()) if f["role"] == "docker-key"]
    if keys:
        config["tlskey"] = keys[0]
    if config or "flags" not in o:
        h.put("/etc/docker/daemon.json", json.dumps(config))
    if "flags" in o:
        h.process("dockerd", o["flags"])


def containerd(h: Host, o: Object) -> None:
    config = dict(o.get("config", {}))
    cri, images = dict(config.pop("cri", {})), config.pop("images", {})
    h.put("/etc/containerd/config.toml", "version = 2\n" + as_toml(config | {"plugins": {"io.containerd.grpc.v1.cri": cri | images}}))
    for number, hosts in enumerate(o.get("hosts", ())):
        h.put(f"/etc/containerd/certs.d/r{number}/hosts.toml", as_toml(hosts))
    if "flags" in o:
        h.process("containerd", o["flags"])


def crio(h: Host, o: Object) -> None:
    h.put("/etc/crio/crio.conf", as_toml(o["config"]))


def tools(h: Host, o: Object) -> None:
    h.put("/etc/containers/containers.conf", as_toml({"containers": o.get("config", {}).get("containers", {})}))
    h.put("/etc/containers/registries.conf", as_toml(o.get("registries", {})))
    if "policy" in o:
        h.put("/etc/containers/policy.json", json.dumps(o["policy"]))


def kubelet(h: Host, o: Object) -> None:
    flags = dict(o.get("flags", {}))
    config = o.get("config")
    if config:
        config = json.loads(json.dumps(config))
        for f in o.get("files", ()):
            if f["role"] == "kubelet-ca":
                config["authentication"]["x509"]["clientCAFile"] = f["path"]
        h.put("/var/lib/kubelet/config.yaml", json.dumps(config))
        flags["config"] = "/var/lib/kubelet/config.yaml"
    h.process("kubelet", flags)


def kube_proxy(h: Host, o: Object) -> None:
    flags = dict(o.get("flags", {}))
    if "config" in o:
        h.put("/var/lib/kube-proxy/config.conf", json.dumps(o["config"]))
        flags["config"] = "/var/lib/kube-proxy/config.conf"
    for f in o.get("files", ()):
        flags["kubeconfig"] = f["path"]
    h.process("kube-proxy", flags)


def component(name: str) -> Callable[[Host, Object], None]:
    """One of the control plane, as a static pod."""
    def put(h: Host, o: Object) -> None:
        flags = dict(o.get("flags", {}))
        if "encryption" in o:
            flags["encryption-provider-config"] = "/etc/kubernetes/encryption.yaml"
            h.put("/etc/kubernetes/encryption.yaml", json.dumps(o["encryption"]))
        image = f"registry.k8s.io/{name}:v1.{o['version']}.0" if "version" in o else f"registry.example.com/{name}"
        h.put(f"/etc/kubernetes/manifests/{name}.yaml", json.dumps(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
             "spec": {"containers": [{"name": name, "image": image, "command": [name, *h.words(flags)]}]}}))
    return put


def node(h: Host, o: Object) -> None:
    for name, value in o.get("sysctls", {}).items():
        h.put(f"/proc/sys/{name.replace('.', '/')}", f"{value}\n")
    if "sshd" in o:
        h.put("/etc/ssh/sshd_config", "".join(f"{k} {v}\n" for k, v in o["sshd"].items()))
    if "mounts" in o:
        h.put("/proc/1/mounts", "".join(f"dev {m['point']} {m['type']} {m['options']} 0 0\n" for m in o["mounts"]))
    if "lsm" in o:
        h.put("/sys/kernel/security/lsm", o["lsm"])
    for name, value in o.get("processor", {}).items():
        h.put(f"/sys/devices/system/cpu/vulnerabilities/{name}", f"{value}\n")
    if "swaps" in o:
        h.put("/proc/swaps", "Filename\n" + "".join(f"{s} partition 1 0 -2\n" for s in o["swaps"]))
    if "groups" in o:
        h.put("/etc/group", "".join(f"{k}:x:998:{','.join(v)}\n" for k, v in o["groups"].items()))
    if "audit" in o:
        h.put("/etc/audit/rules.d/d.rules", "".join(f"-w {path} -p wa\n" for path in o["audit"]["watched"]))
        for path in o["audit"]["paths"]:
            if path.endswith(".json"):
                h.put(path, "{}")
            else:
                (h.root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)


WRITERS: dict[str, Callable[[Host, Object], None]] = {
    "DockerDaemon": docker, "Containerd": containerd, "CriO": crio, "ContainerTools": tools, "Kubelet": kubelet,
    "KubeProxy": kube_proxy, "Host": node, "ApiServer": component("kube-apiserver"),
    "ControllerManager": component("kube-controller-manager"), "Scheduler": component("kube-scheduler"), "Etcd": component("etcd")}
# What an example leaves out, a host has: then less can be told apart.
ELSEWHERE = {
    "docker, of which nothing could be read": "a file that is there is read",
    "node, of which nothing could be read": "there is nothing to write",
    "kubelet, of a version without seccompDefault": "no file tells a kubelet's version",
}
# What no files say at once, though an example does, to be one for both.
DIFFER = {("apiserver, weak", "MRL-1227"): "a configuration of encryption is read because a flag names it",
          ("kubelet, weak", "MRL-1103"): "an authority's file is looked at because it is named"}


# --- tests -----------------------------------------------------------------------------------------------


def inspect(*arguments: str | Path) -> list[dict[str, str]]:
    done = subprocess.run([MERLON, "inspect", "--json", "--all", "--passed", "--fail-on", "never", *arguments], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 0, f"exit {done.returncode}: {done.stdout[-500:]}{done.stderr}"
    found: list[dict[str, str]] = json.loads(done.stdout)["findings"]
    return found


def outcomes(found: list[dict[str, str]], kind: str) -> dict[str, str]:
    """By check, the worst: fail, or pass."""
    out: dict[str, str] = {}
    for f in found:
        if f["kind"] == kind and f["outcome"] in ("fail", "warn", "pass"):
            out[f["check"]] = "pass" if f["outcome"] == "pass" and out.get(f["check"], "pass") == "pass" else "fail"
    return out


def examples() -> list[tuple[str, Object]]:
    import yaml

    out = []
    for file in sorted(EXAMPLES.glob("host_*.yaml")):
        for case in re.split(r"^--- # ", file.read_text(), flags=re.M)[1:]:
            name, _, text = case.partition("\n")
            o = yaml.safe_load(text)
            if str(o["apiVersion"]).startswith("host.merlon/") and name not in ELSEWHERE:
                out.append((name, o))
    return out


def main() -> int:
    rows: list[tuple[str, list[str]]] = []
    seen: dict[str, set[str]] = {}
    for name, o in examples():
        with tempfile.TemporaryDirectory() as held:
            example = Path(held) / "example.json"
            example.write_text(json.dumps(o))
            host = Host(Path(held) / "root")
            host.root.mkdir()
            WRITERS[o["kind"]](host, o)
            host.files(o)
            said = outcomes(inspect(example), o["kind"])
            found = outcomes(inspect("--host", "--root", host.root), o["kind"])
        for check, outcome in found.items():
            seen.setdefault(check, set()).add(outcome)
        # Of files that are there to be read more may be asked than the example tells.
        wrong = [f"{check}: {outcome} in the example, {found.get(check)} in files" for check, outcome in sorted(said.items())
                 if outcome != found.get(check) and (name, check) not in DIFFER]
        rows.append((name, wrong))
    said = subprocess.run([MERLON, "checks", "--json"], check=True, capture_output=True, text=True).stdout
    about = {c["id"]: c["name"] for c in json.loads(said) if set(WRITERS) & set(c["kinds"])}
    rows.append((f"each of the {len(about)} checks about hosts fails and passes by files",
                 [f"{check} {name}: {sorted(seen.get(check, set()))} only" for check, name in sorted(about.items())
                  if seen.get(check) != {"fail", "pass"}]))
    for number, (what, wrong) in enumerate(rows, 1):
        print(f"{'not ' if wrong else ''}ok {number} - {what}")
        for line in wrong:
            print(f"# {line}")
    print(f"1..{len(rows)}")
    return 1 if any(wrong for _, wrong in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
