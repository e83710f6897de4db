#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What other programs say of what is exported: the AppArmor parser, the SELinux compiler, kubectl, systemd, podman; and
whether the layers say the same."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

import merlon
import selinux_policy
import spo_schema
import tap
from container import available

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
PROFILES = sorted(GOLDEN.glob("*.merlon.json"))
NAME = "merlon-tested"

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - {name: one, image: "registry.example/one:1"}
      - {name: two, image: "registry.example/two:1"}
"""


def export(profile: Path, form: str, *options: str) -> str:
    """One format, as text."""
    return merlon.run("profile", "export", "-f", form, "--name", NAME, *options, profile).stdout


def needs(program: str) -> None:
    """Skip unless it is installed."""
    if not shutil.which(program):
        tap.skip(f"{program} is not installed")


def hostile(directory: Path) -> Path:
    """A profile with every printable character, and some others, in names of files."""
    data = json.loads((GOLDEN / "shop.merlon.json").read_text())
    model = next(f for f in data["files"] if f["path"] == "/etc/shop.conf")
    for character in (*map(chr, range(33, 127)), " ", "é", "\u2028"):
        spelt = f"\\x{ord(character):02x}" if character in '\\*?[]{}@' else character
        if character == "/":
            continue
        for path in (f"/{spelt}", f"/x/{spelt}{spelt}y", f"/x/y{spelt}/"):
            data["files"].append(model | {"path": path, "operations": ["read", "write"]})
    for byte in (1, 9, 10, 13, 127, 128, 255):
        data["files"].append(model | {"path": f"/x/\\x{byte:02x}", "operations": ["exec", "create"]})
    path = directory / "hostile.merlon.json"
    path.write_text(json.dumps(data))
    return path


# -- AppArmor

def apparmor(profile: Path) -> None:
    """apparmor_parser accepts it, enforcing and complaining, and one profile is in it."""
    needs("apparmor_parser")
    for options in ((), ("--complain",), ("--without-abi",), ("--exact-paths", "--with-entered", "--with-denied")):
        text = export(profile, "apparmor", *options)
        tap.check(("\nabi <abi/3.0>,\n" in text) == ("--without-abi" not in options), "the abi line")
        done = subprocess.run(["apparmor_parser", "-Q", "-K", "--skip-cache"], input=text, capture_output=True, text=True)
        tap.check(done.returncode == 0, f"{done.stderr}\n{text}")
        done = subprocess.run(["apparmor_parser", "-N"], input=text, capture_output=True, text=True)
        tap.check(done.stdout.split() == [NAME], f"it has the profiles {done.stdout.split()}")
        tap.check(("complain" in text.partition("flags=")[2].partition(")")[0]) == ("--complain" in options), "flags")


# -- SELinux

def selinux(profile: Path) -> None:
    """secilc compiles it with the container template, and knows its type."""
    needs("secilc")
    for options in ((), ("--complain",), ("--with-entered", "--with-denied")):
        text = export(profile, "selinux", *options)
        with tempfile.NamedTemporaryFile() as file:
            selinux_policy.compile_policy([text], Path(file.name))
            tap.check(b"merlon_tested.process" in Path(file.name).read_bytes(), "the type is not in the policy")


def selinux_volumes() -> None:
    """SELinux: a volume's rules are what was done in it, and no more"""
    needs("secilc")
    shop = GOLDEN / "shop.merlon.json"
    text = export(shop, "selinux", "--label", "/data=host_data_t", "--label", "/media/=proc_t")
    with tempfile.NamedTemporaryFile() as file:
        selinux_policy.compile_policy([text], Path(file.name))
    data = set(" ".join(re.findall(r"host_data_t \(file \((.*?)\)\)", text)).split())
    media = set(" ".join(re.findall(r"proc_t \((?:file|dir) \((.*?)\)\)", text)).split())
    tap.check({"read", "write", "create", "unlink"} <= data and "execute" not in data, f"{data}")
    tap.check("read" in media and not media & {"write", "create", "unlink", "add_name", "setattr"}, f"{media}")
    for wrong, words in (("/data", "PATH=TYPE"), ("/data=a b", "PATH=TYPE"), ("data=t", "PATH=TYPE"), ("/data=t)", "PATH"),
                         ("/none=host_data_t", "touched nothing")):
        done = merlon.run("profile", "export", "-f", "selinux", "--label", wrong, shop, check=False)
        tap.check(done.returncode and words in done.stderr, f"{wrong}: {done.returncode} {done.stderr}")


# -- Kubernetes

def kubectl(*arguments: str | Path, text: str | None = None) -> Any:
    """What kubectl, without a cluster, makes of something."""
    done = subprocess.run(["kubectl", *arguments, "--output=json"], input=text, capture_output=True, text=True,
                          env=os.environ | {"KUBECONFIG": "/dev/null"})
    tap.check(done.returncode == 0, f"kubectl {arguments[0]}: {done.stderr}")
    return json.loads(done.stdout)


def kubectl_minor() -> int:
    """The version of Kubernetes that it knows."""
    text = kubectl("version", "--client")["clientVersion"]["gitVersion"]
    return int(text.split(".")[1])


def pod_template(profile: Path, minor: int, *options: str) -> dict[str, Any]:
    """A pod template, patched: by kubectl, so by the types of the API."""
    with tempfile.TemporaryDirectory() as scratch:
        patch, deployment = Path(scratch, "patch.yaml"), Path(scratch, "deployment.yaml")
        patch.write_text(export(profile, "kubernetes", "--container", "two", "--kubernetes-version", f"1.{minor}", *options))
        deployment.write_text(DEPLOYMENT)
        patched = kubectl("patch", "--local", "--type=strategic", "-f", deployment, "-p", patch.read_text())
    template: dict[str, Any] = patched["spec"]["template"]
    names = [c["name"] for c in template["spec"]["containers"]]
    tap.check(names == ["one", "two"], f"containers: {names}")
    tap.check("securityContext" not in template["spec"]["containers"][0], "the other container is changed")
    return template


def kubernetes(profile: Path) -> None:
    """kubectl merges the patch into a Deployment: fields where the version has them, annotations where not."""
    needs("kubectl")
    for minor in (18, 24, 30):
        if minor > kubectl_minor():
            continue
        template = pod_template(profile, minor)
        annotations = template["metadata"].get("annotations", {})
        context = template["spec"]["containers"][1]["securityContext"]
        seccomp = "container.seccomp.security.alpha.kubernetes.io/two"
        apparmor_ = "container.apparmor.security.beta.kubernetes.io/two"
        tap.check(context["capabilities"]["drop"] == ["ALL"], f"{context}")
        local = {"type": "Localhost", "localhostProfile": f"merlon/{NAME}.json"}
        tap.check(context.get("seccompProfile") == (local if minor >= 19 else None), f"1.{minor}: {context}")
        tap.check(annotations.get(seccomp) == (None if minor >= 19 else f"localhost/merlon/{NAME}.json"), f"{annotations}")
        tap.check(annotations.get(apparmor_) == (None if minor >= 30 else f"localhost/{NAME}"), f"{annotations}")
        local = {"type": "Localhost", "localhostProfile": NAME}
        tap.check(context.get("appArmorProfile") == (local if minor >= 30 else None), f"1.{minor}: {context}")
        selinux_ = pod_template(profile, minor, "--lsm", "selinux")["spec"]["containers"][1]["securityContext"]
        tap.check(selinux_["seLinuxOptions"] == {"type": "merlon_tested.process"} and "appArmorProfile" not in selinux_,
                  f"{selinux_}")


def kubernetes_facts() -> None:
    """Kubernetes: user, escalation, read-only root, token follow from the profile"""
    needs("kubectl")
    template = pod_template(GOLDEN / "shop.merlon.json", 29)
    context = template["spec"]["containers"][1]["securityContext"]
    tap.check(template["spec"]["automountServiceAccountToken"] is False, "it never read its token")
    tap.check(template["metadata"]["labels"]["merlon/profile"] == NAME, "the label of the network policy is missing")
    tap.check((context["runAsUser"], context["runAsGroup"], context["runAsNonRoot"]) == (1000, 1000, True), f"{context}")
    tap.check(context["allowPrivilegeEscalation"] is False and "readOnlyRootFilesystem" not in context, f"{context}")
    with tempfile.TemporaryDirectory() as scratch:
        data = json.loads((GOLDEN / "shop.merlon.json").read_text())
        data["files"] = [f for f in data["files"] if f["path"].startswith(("/app", "/data", "/dev", "/proc", "/etc"))]
        next(f for f in data["files"] if f["path"] == "/app/helper")["path"] = "/usr/bin/sudo"
        data["files"].append(data["files"][0] | {"path": "/run/secrets/kubernetes.io/serviceaccount/token"})
        path = Path(scratch, "p.json")
        path.write_text(json.dumps(data))
        template = pod_template(path, 29, "--selector", "app=cart")
    context = template["spec"]["containers"][1]["securityContext"]
    tap.check(context["readOnlyRootFilesystem"] is True, "nothing was written but in volumes")
    tap.check("allowPrivilegeEscalation" not in context, "it runs sudo")
    tap.check("automountServiceAccountToken" not in template["spec"], "it reads its token")
    tap.check("merlon/profile" not in template["metadata"]["labels"], "a label that no policy asks for")


def networkpolicy(profile: Path) -> None:
    """kubectl reads the policy; both directions are in it, and a selector that is not empty."""
    needs("kubectl")
    policy = kubectl("label", "--local", "-f", "-", "a=b", text=export(profile, "networkpolicy"))
    tap.check(policy["kind"] == "NetworkPolicy" and policy["metadata"]["name"] == NAME, f"{policy}")
    tap.check(policy["spec"]["podSelector"] == {"matchLabels": {"merlon/profile": NAME}}, f"{policy}")
    tap.check(policy["spec"]["policyTypes"] == ["Ingress", "Egress"], f"{policy}")
    policy = kubectl("label", "--local", "-f", "-", "a=b",
                     text=export(profile, "networkpolicy", "--selector", "app=x", "--selector", "tier="))
    tap.check(policy["spec"]["podSelector"] == {"matchLabels": {"app": "x", "tier": ""}}, f"{policy}")


def spo(profile: Path) -> None:
    """The resources are what the operator's schemas take, of every version."""
    needs("kubectl")
    for module, kind in (("apparmor", "AppArmorProfile"), ("selinux", "SelinuxProfile"), ("none", None)):
        for options in ((), ("--before-v1",), ("--complain",)):
            text = export(profile, "spo", "--lsm", module, *options)
            kinds = []
            for document in text.split("---\n")[1:]:
                resource = kubectl("label", "--local", "-f", "-", "a=b", text=document)
                kinds.append(resource["kind"])
                problems = spo_schema.problems(resource, before_v1="--before-v1" in options)
                tap.check(not problems, "\n".join(problems))
            tap.check(kinds == ["SeccompProfile", *([kind] if kind else [])], f"{kinds}")


# -- systemd

def systemd(profile: Path) -> None:
    """systemd-analyze verify has nothing to say, and the unit is exposed less."""
    needs("systemd-analyze")

    def exposure(unit: Path) -> float:
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", unit], capture_output=True,
                              text=True)
        found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
        tap.check(found, f"{done.stdout[-500:]}{done.stderr}")
        assert found
        return float(found[1])

    with tempfile.TemporaryDirectory() as scratch:
        unit = Path(scratch, f"{NAME}.service")
        unit.write_text("[Unit]\nDescription=test\n[Service]\nExecStart=/bin/true\n")
        before = exposure(unit)
        drop_in = Path(scratch, f"{unit.name}.d", "merlon.conf")
        drop_in.parent.mkdir()
        drop_in.write_text(export(profile, "systemd"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        said = [line for line in done.stderr.splitlines() if "merlon" in line]
        tap.check(done.returncode == 0 and not said, f"exit {done.returncode}: {done.stderr}\n{drop_in.read_text()}")
        after = exposure(unit)
    tap.check(after < before / 2, f"exposed {before} before, {after} after")


# -- docker, podman

def flags(profile: Path) -> None:
    """Words that a shell leaves as they are; podman knows all of the options."""
    for form in ("docker", "podman"):
        line = export(profile, form)
        tap.check(line.count("\n") == 1 and re.fullmatch(r"[\w=:.,/ -]+\n", line), f"{line!r}")
    needs("podman")
    known = set(re.findall(r"--[a-z-]+", subprocess.run(["podman", "run", "--help"], capture_output=True, text=True).stdout))
    used = {word.partition("=")[0] for word in line.split()}
    tap.check(used <= known, f"{used - known}")


def podman_runs() -> None:
    """podman: a program runs under the flags made of its own recording, another does not"""
    from container import container
    from podman import _podman
    from programs import build as programs
    from workloads import WORKLOADS
    works, why = available("podman")
    if not works:
        tap.skip(why)
    profile = merlon.learn("podman", WORKLOADS["static"])
    with tempfile.TemporaryDirectory() as scratch, container("podman", WORKLOADS["static"].spec()) as box:
        merlon.run("profile", "export", "--all", "-o", scratch, "--name", NAME, "--lsm", "none", profile.path)
        # Limits as everywhere in the rig: higher ones are refused here.
        command = [*_podman(), "run", "--rm", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024",
                   *Path(scratch, f"{NAME}.podman").read_text().split()]
        done = subprocess.run([*command, "--rootfs", box.root, "/opt/static"], cwd=scratch, capture_output=True, text=True)
        tap.check(done.returncode == 0 and "static: ok" in done.stdout, f"{command}: {done.stdout}{done.stderr}")
        shutil.copy(programs.programs() / "intruder", box.root / "opt/intruder")
        for attack in ("unshare", "af_packet", "keyctl"):
            done = subprocess.run([*command, "--rootfs", box.root, "/opt/intruder", attack], cwd=scratch,
                                  capture_output=True, text=True)
            tap.check(done.returncode == 0 and attack in done.stdout, f"{attack}: {done.returncode} {done.stdout}{done.stderr}")


# -- all of them

def capabilities_of(text: str, form: str) -> set[str]:
    """Those that a format grants."""
    patterns = {"docker": r"--cap-add=(\w+)", "podman": r"--cap-add=(\w+)", "apparmor": r"^  capability (\w+),",
                "selinux": r"\(capability2? \((\w+)\)\)", "systemd": r"CAP_(\w+)", "kubernetes": r"^            - (\w+)$"}
    if form == "systemd":
        text = "\n".join(line for line in text.splitlines() if line.startswith("CapabilityBoundingSet"))
    if form == "capabilities":
        return {name.removeprefix("CAP_").lower() for name in json.loads(text)["oci"]["bounding"]}
    return {name.lower() for name in re.findall(patterns[form], text, re.M)} - {"all"}


def the_same(profile: Path) -> None:
    """Every layer grants the same capabilities."""
    said = {form: capabilities_of(export(profile, form), form)
            for form in ("capabilities", "docker", "podman", "apparmor", "selinux", "systemd", "kubernetes")}
    tap.check(all(names == said["capabilities"] for names in said.values()), f"{said}")


def all_formats(profile: Path) -> None:
    """--all writes every format and a README that names each; order of facts and time change nothing."""
    formats = re.findall(r'"?(\w[\w-]*)', merlon.run("profile", "export", "-f", "?", profile, check=False)
                         .stderr.partition("one of: ")[2])
    data = json.loads(profile.read_text())
    for facts in ("syscalls", "capabilities", "files", "network"):
        random.Random(facts).shuffle(data[facts])
    with tempfile.TemporaryDirectory() as scratch:
        shuffled, one, two = Path(scratch, profile.name), Path(scratch, "one"), Path(scratch, "two")
        shuffled.write_text(json.dumps(data))
        merlon.run("profile", "export", "--all", "-o", one, profile)
        merlon.run("profile", "export", "--all", "-o", two, shuffled, env=os.environ | {"TZ": "Asia/Tokyo", "LANG": "tr_TR"})
        files = sorted(p.name for p in one.iterdir())
        tap.check(files == sorted(p.name for p in two.iterdir()), f"{files}")
        for name in files:
            tap.check((one / name).read_bytes() == (two / name).read_bytes(), f"{name} depends on the order of facts")
        readme = (one / "README.md").read_text()
    tap.check(len(files) == len(formats) + 1, f"{files} for {formats}")
    for name in files:
        tap.check(name == "README.md" or f"`{name}`" in readme, f"README.md does not name {name}")
    tap.check("@" not in readme.replace("@", "", 0) or not re.search(r"@[A-Z]+@", readme), readme)


def wrong_options() -> None:
    """Wrong values of options are refused with a word on what is right"""
    shop = GOLDEN / "shop.merlon.json"
    for arguments, words in (
            (["-f", "apparmor", "--name", "a b"], "lower-case letters"),
            (["-f", "apparmor", "--name", ""], "lower-case letters"),
            (["-f", "apparmor", "--name", "x,}"], "lower-case letters"),
            (["-f", "apparmor", "--name", "a" * 64], "62"),
            (["-f", "kubernetes", "--container", "x\ny"], "lower-case letters"),
            (["-f", "kubernetes", "--kubernetes-version", "2"], "no version of Kubernetes"),
            (["-f", "kubernetes", "--kubernetes-version", "1."], "no version of Kubernetes"),
            (["-f", "kubernetes", "--kubernetes-version", "1.27x"], "no version of Kubernetes"),
            (["-f", "kubernetes", "--lsm", "tomoyo"], "apparmor, selinux, none"),
            (["-f", "networkpolicy", "--selector", "app"], "KEY=VALUE"),
            (["--all"], "--output"), (["--all", "-f", "spo", "-o", "/tmp/x"], "--format"), ([], "--format is one of")):
        done = merlon.run("profile", "export", *arguments, shop, check=False)
        tap.check(done.returncode in (2, 5) and words in done.stderr, f"{arguments}: {done.returncode} {done.stderr}")
    for version in ("v1.27.3", "1.27+", "1.27-eks"):
        merlon.run("profile", "export", "-f", "kubernetes", "--kubernetes-version", version, shop)


FORMATS: dict[str, Callable[[Path], None]] = {
    "apparmor_parser": apparmor, "secilc": selinux, "kubectl, the patch": kubernetes,
    "kubectl, the network policy": networkpolicy, "the operator's schemas": spo, "systemd-analyze": systemd,
    "the flags": flags, "the same capabilities": the_same, "all, in any order": all_formats,
}


def main() -> None:
    """Every profile in every format, hostile ones too."""
    with tap.Suite("layers: what other programs say") as suite, tempfile.TemporaryDirectory() as scratch:
        for profile in [*PROFILES, hostile(Path(scratch))]:
            for what, function in FORMATS.items():
                suite.run(function, profile, name=f"{profile.name.partition('.')[0]}: {what}")
        for function in (selinux_volumes, kubernetes_facts, podman_runs, wrong_options):
            suite.run(function)


if __name__ == "__main__":
    sys.exit(main())
