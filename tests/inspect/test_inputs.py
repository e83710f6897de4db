#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What merlon inspect reads: every kind of workload, lists of lists, charts, pipes, and what is no file.

Argument: the program.  Prints TAP.  Charts are rendered by a real helm, if there is one (tests/rig/helm.py fetches it).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import helm  # noqa: E402  # pylint: disable=wrong-import-position
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = sys.argv[1]
ONLY = ("--check", "MRL-101", "--json")
POD: dict[str, Any] = {"containers": [{"name": "c", "image": "r.example.com/i:1", "securityContext": {"privileged": True}}]}
CLEAN: dict[str, Any] = {"containers": [{"name": "c", "image": "r.example.com/i:1"}]}


def merlon(*args: str | Path, stdin: bytes = b"", path: str | None = None) -> tuple[int, str, str]:
    environment = os.environ | ({"PATH": path} if path else {})
    done = subprocess.run([MERLON, *map(str, args)], input=stdin, capture_output=True, timeout=60, check=False, env=environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def found(text: str) -> list[tuple[str, str, str]]:
    """Kind, name and path of each finding."""
    return [(f["kind"], f["object"], f["path"]) for f in json.loads(text)["findings"] if f["outcome"] == "fail"]


@contextmanager
def directory(**files: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        for file, text in files.items():
            path = Path(name) / file.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        yield Path(name)


def inspect(*objects: Any) -> list[tuple[str, str, str]]:
    text = "\n---\n".join(map(json.dumps, objects))
    code, out, err = merlon("inspect", *ONLY, "-", stdin=text.encode())
    assert code in (0, 1), f"{code}: {err}{out}"
    return found(out)


def an(kind: str, version: str, **body: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": kind.lower()}} | body


TEMPLATE: dict[str, Any] = {"spec": {"template": {"spec": POD}}}
CRON: dict[str, Any] = {"spec": {"jobTemplate": TEMPLATE}}
KINDS: list[tuple[str, str, dict[str, Any], str]] = [
    ("Pod", "v1", {"spec": POD}, "spec"),
    ("PodTemplate", "v1", {"template": {"spec": POD}}, "template.spec"),
    ("ReplicationController", "v1", TEMPLATE, "spec.template.spec"),
    ("Deployment", "apps/v1", TEMPLATE, "spec.template.spec"),
    ("Deployment", "extensions/v1beta1", TEMPLATE, "spec.template.spec"),
    ("StatefulSet", "apps/v1beta1", TEMPLATE, "spec.template.spec"),
    ("DaemonSet", "apps/v1", TEMPLATE, "spec.template.spec"),
    ("ReplicaSet", "apps/v1", TEMPLATE, "spec.template.spec"),
    ("Job", "batch/v1", TEMPLATE, "spec.template.spec"),
    ("CronJob", "batch/v1", CRON, "spec.jobTemplate.spec.template.spec"),
    ("CronJob", "batch/v1beta1", CRON, "spec.jobTemplate.spec.template.spec"),
    ("CronJob", "batch/v2alpha1", CRON, "spec.jobTemplate.spec.template.spec"),
    ("Rollout", "argoproj.io/v1alpha1", TEMPLATE, "spec.template.spec"),
    ("Service", "serving.knative.dev/v1", TEMPLATE, "spec.template.spec"),
    ("Configuration", "serving.knative.dev/v1", TEMPLATE, "spec.template.spec"),
    ("Revision", "serving.knative.dev/v1", {"spec": POD}, "spec"),
    ("DeploymentConfig", "apps.openshift.io/v1", TEMPLATE, "spec.template.spec"),
]


def test_every_controller_is_unwrapped() -> None:
    for kind, version, body, path in KINDS:
        got = inspect(an(kind, version, **body))
        assert got == [(kind, kind.lower(), f"{path}.containers[0].securityContext.privileged")], f"{kind} {version}: {got}"


def test_every_container_is_looked_at() -> None:
    weak = POD["containers"][0]
    spec = {"initContainers": [weak | {"name": "i"}, weak | {"name": "sidecar", "restartPolicy": "Always"}],
            "containers": CLEAN["containers"], "ephemeralContainers": [weak | {"name": "e"}]}
    paths = [path for _, _, path in inspect(an("Pod", "v1", spec=spec))]
    assert [path.removesuffix(".securityContext.privileged") for path in paths] == \
        ["spec.ephemeralContainers[0]", "spec.initContainers[0]", "spec.initContainers[1]"], paths


def test_a_rollout_may_name_its_deployment() -> None:
    rollout = an("Rollout", "argoproj.io/v1alpha1", spec={"workloadRef": {"kind": "Deployment", "name": "deployment"}})
    code, out, _ = merlon("inspect", "--all", "--json", "--fail-on", "never", "-", stdin=json.dumps(rollout).encode())
    assert code == 0 and not json.loads(out)["problems"], out
    assert all("spec.template" not in f["path"] for f in json.loads(out)["findings"]), out
    assert [kind for kind, _, _ in inspect(rollout, an("Deployment", "apps/v1", **TEMPLATE))] == ["Deployment"]


def test_lists_of_lists_and_templates() -> None:
    deployment = an("Deployment", "apps/v1", **TEMPLATE)
    untyped = {"metadata": {"name": "untyped"}, "spec": POD}
    inner = {"apiVersion": "v1", "kind": "List", "items": [deployment, {"apiVersion": "v1", "kind": "PodList", "items": [untyped]}]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [an("Pod", "v1", spec=POD), inner]}
    template = {"apiVersion": "template.openshift.io/v1", "kind": "Template", "metadata": {"name": "t"}, "objects": [deployment],
                "parameters": [{"name": "X"}]}
    names = {"pod", "deployment", "untyped"}
    assert {name for _, name, _ in inspect(outer)} == names
    assert {name for _, name, _ in inspect([outer])} == names, "a list of lists without a name"
    assert [name for _, name, _ in inspect(template)] == ["deployment"]
    # What looks like a list and is none is the object that it says it is.
    assert [name for _, name, _ in inspect(an("Pod", "v1", spec=POD, items=[{"kind": "List"}]))] == ["pod"]


def test_json_and_yaml_in_one_file() -> None:
    one, other = an("Pod", "v1", spec=POD), "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\nspec: " + json.dumps(POD) + "\n"
    for first, count, broken in ((json.dumps(one), 2, 0), (json.dumps(one)[:-1], 1, 1), (json.dumps(one) * 2, 3, 0), ("{}", 1, 0)):
        _, out, _ = merlon("inspect", *ONLY, "-", stdin=f"{first}\n---\n# a comment\n{other}".encode())
        report = json.loads(out)
        assert len(found(out)) == count and report["findings"][-1]["line"] == 7, out
        assert len(report["problems"]) == broken, out


def test_fixes_reach_into_lists_of_lists() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "List", "items": [an("Pod", "v1", spec=CLEAN)]}]})
    code, out, err = merlon("inspect", "--fix", "--json", "--check", "MRL-106", "-", stdin=text.encode())
    patches = json.loads(out)
    assert code == 0 and len(patches) == 1 and patches[0]["patch"], f"{code}: {err}{out}"


def test_what_docker_keeps() -> None:
    """a directory of Docker's, one of such directories, one of the files by name, docker inspect: the same is found in each"""
    config = json.dumps({"Name": "/web", "Config": {"Image": "r.example.com/web:1"}})
    host = json.dumps({"Privileged": True})
    with directory(containers__a1__config_v2_json=config, containers__a1__hostconfig_json=host,
                   containers__a1__checkpoint_json="[", containers__b2__config_v2_json=config, mine_yaml=config) as base:
        a1 = base / "containers" / "a1"
        for operand in (a1, a1 / "hostconfig.json", a1 / "config.v2.json"):
            code, out, _ = merlon("inspect", *ONLY, operand)
            tap.check(code == 1 and found(out) == [("Container", "web", "HostConfig.Privileged")], f"{operand}: {out}")
            tap.check(json.loads(out)["findings"][0]["file"] == str(a1 / "hostconfig.json"), out)
        code, out, err = merlon("inspect", *ONLY, base)
        tap.check(code and len(found(out)) == 1, f"half of what Docker keeps is no reason to stop: {out}{err}")
        tap.check("b2/hostconfig.json" in out + err, out + err)
    shown = [json.loads(config) | {"HostConfig": json.loads(host)}]
    tap.check(inspect(*shown) == inspect(shown) == [("Container", "web", "HostConfig.Privileged")], "docker inspect")


def test_windows() -> None:
    spec = {"os": {"name": "windows"}, "hostNetwork": True, "containers": CLEAN["containers"],
            "securityContext": {"windowsOptions": {"hostProcess": True, "runAsUserName": "NT AUTHORITY\\SYSTEM"}}}
    _, out, _ = merlon("inspect", "--json", "--fail-on", "never", "-", stdin=json.dumps(an("Pod", "v1", spec=spec)).encode())
    checks = {f["check"] for f in json.loads(out)["findings"]}
    assert "MRL-121" in checks and "MRL-104" in checks, checks
    assert not checks & {"MRL-106", "MRL-112", "MRL-113", "MRL-118", "MRL-135"}, f"Linux' own: {checks}"


def test_pipes() -> None:
    text = json.dumps(an("Pod", "v1", spec=POD))
    with directory() as base:
        pipe = base / "p"
        os.mkfifo(pipe)
        with subprocess.Popen(["sh", "-c", 'printf %s "$1" >"$2"', "sh", text, pipe]) as writer:
            code, out, _ = merlon("inspect", *ONLY, pipe)
            assert code == 1 and len(found(out)) == 1 and writer.wait(10) == 0
    assert merlon("inspect", *ONLY, "-", "-", stdin=text.encode())[0] == 2


def test_input_without_an_end() -> None:
    with open("/dev/zero", "rb") as endless:
        done = subprocess.run([MERLON, "inspect", "-"], stdin=endless, capture_output=True, timeout=60, check=False)
    assert done.returncode == 5 and b"larger than 256 MiB" in done.stderr, done


def test_what_is_no_file() -> None:
    text = json.dumps(an("Pod", "v1", spec=POD))
    with directory(good_yaml=text, nul_yaml="a: \0", half_yaml=text[:40]) as base:
        os.mkfifo(base / "fifo.yaml")
        (base / "dangling.yaml").symlink_to("nowhere")
        (base / "zero.yaml").symlink_to("/dev/zero")
        (base / "again").symlink_to(".")
        (base / "deep.yaml").mkdir()
        (base / "deep.yaml" / "below.json").write_text(text)
        (base / "good.yaml").rename(base / "GOOD.YAML")
        for number in range(500):
            (base / f"{number}.txt").write_text("no: manifest")
        code, out, _ = merlon("inspect", *ONLY, base)
        report = json.loads(out)
        problems = {Path(p["file"]).name: p["message"] for p in report["problems"]}
        assert code == 1 and len(found(out)) == 2, out
        assert set(problems) == {"nul.yaml", "half.yaml", "fifo.yaml", "dangling.yaml", "zero.yaml"}, problems
        assert "no regular file" in problems["fifo.yaml"] and "no regular file" in problems["zero.yaml"], problems


def test_nothing() -> None:
    with directory(x_txt="") as base:
        code, out, _ = merlon("inspect", base)
        assert code == 0 and "nothing to inspect" in out and "nothing is wrong" not in out, out
        (base / "good.json").write_text(json.dumps(an("Pod", "v1", spec=CLEAN)))
        (base / "half.json").write_text("{")
        assert "nothing is wrong in what could be read" in merlon("inspect", "--check", "MRL-101", base)[1]


def test_one_operand_of_several() -> None:
    with directory(good_yaml=json.dumps(an("Pod", "v1", spec=POD)), clean_yaml=json.dumps(an("Pod", "v1", spec=CLEAN))) as base:
        code, out, _ = merlon("inspect", *ONLY, base / "nowhere", base / "good.yaml")
        assert code == 1 and len(found(out)) == 1 and len(json.loads(out)["problems"]) == 1, out
        assert merlon("inspect", *ONLY, base / "nowhere", base / "clean.yaml")[0] == 5
        assert merlon("inspect", *ONLY, base / "nowhere")[0] == 4


CHART = {"web__Chart_yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web__values_yaml": "privileged: true\n",
         "web__templates__pod_yaml": """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec:
  containers:
  - name: c
    image: r.example.com/i:1
    securityContext: {privileged: {{ .Values.privileged }}}
""",
         "lib__Chart_yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n",
         "lib__templates__x_yaml": "{{- define \"x\" }}{{ end }}\n",
         "plain_yaml": json.dumps(an("Pod", "v1", spec=POD))}


def test_a_chart_without_helm() -> None:
    with directory(**CHART) as base:
        code, out, _ = merlon("inspect", *ONLY, base, path="/nowhere")
        problems = json.loads(out)["problems"]
        assert code == 1 and [name for _, name, _ in found(out)] == ["pod"], out
        assert len(problems) == 1 and "helm is needed" in problems[0]["message"] and problems[0]["file"].endswith("/web"), problems


OVERLAYS = {"base__pod_yaml": json.dumps(an("Pod", "v1", spec=POD)), "base__kustomization_yaml": "resources: [pod.yaml]\n",
            "overlays__dev__kustomization_yaml": "namespace: dev\nresources: [../../base]\n",
            "overlays__prod__kustomization_yml": "namespace: prod\nresources: [../../base]\npatches: [{path: patch.yaml}]\n"
                                                 "components: [../../more]\n",
            "overlays__prod__patch_yaml": json.dumps(an("Pod", "v1", spec={"hostIPC": True})),
            "more__kustomization_yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: my-\n",
            "base__loose_yaml": json.dumps(an("Pod", "v1", spec=POD))}


def noted(out: str) -> list[tuple[str, str]]:
    """What was said of the reading."""
    return [(p["severity"], p["message"]) for p in json.loads(out)["problems"]]


def namespaces(out: str) -> list[str]:
    """Of what fails."""
    return sorted(f["namespace"] for f in json.loads(out)["findings"])


def test_kustomizations_below() -> None:
    """those that no other builds upon are rendered; what they name is not read again, what they don't name is"""
    with directory(**OVERLAYS) as base:
        code, out, _ = merlon("inspect", *ONLY, base)
        if shutil.which("kubectl"):
            tap.check(code == 1 and namespaces(out) == ["", "dev", "prod"] and not noted(out), out)
            tap.check({f["file"] for f in json.loads(out)["findings"]} == {
                f"{base}/overlays/dev (kubectl)", f"{base}/overlays/prod (kubectl)", f"{base}/base/loose.yaml"}, out)
            tap.check(json.loads(out)["summary"]["objects"] == 3, out)
            shutil.copytree(base / "base", base / "other")
            code, out, _ = merlon("inspect", *ONLY, base)
            tap.check(namespaces(out) == ["", "", "", "dev", "prod"], f"a base that nothing builds upon is rendered: {out}")
        tap.check(not noted(merlon("inspect", *ONLY, "--no-render", base)[1]), "with --no-render that was asked for")
    with directory(**OVERLAYS) as base:
        code, out, _ = merlon("inspect", *ONLY, base, path="/nowhere")
        tap.check(code == 1 and namespaces(out) == ["", ""], out)
        tap.check([s for s, _ in noted(out)] == ["warning"] * 2 and "kubectl is not installed" in noted(out)[0][1], out)


def test_kustomizations_that_are_not_rendered() -> None:
    """addresses, charts, circles: it is said, and files are read as they are"""
    rows = (("resources: [pod.yaml, 'https://127.0.0.1:9/x.yaml']", "https://127.0.0.1:9/x.yaml"),
            ("resources: [pod.yaml, 'github.com/org/repository//base?ref=v1']", "github.com/org"),
            ("resources: [pod.yaml]\nbases: ['git@127.0.0.1:org/repository']", "git@127"),
            ("resources: [pod.yaml, '../deep']", "ssh://"),
            ("resources: [pod.yaml]\npatches: [{path: 'HTTPS://127.0.0.1:9/x.yaml'}]", "HTTPS"),
            ("resources: [pod.yaml]\nhelmCharts: [{name: x, repo: 'https://127.0.0.1:9'}]", "helm"),
            ("resources: [pod.yaml, ../top]", "takes in itself"))
    for text, word in rows:
        with directory(top__pod_yaml=json.dumps(an("Pod", "v1", spec=POD)), top__kustomization_yaml=text,
                       deep__kustomization_yaml="resources: ['git::ssh://127.0.0.1/x']\n") as base:
            code, out, _ = merlon("inspect", *ONLY, base)
            said = [m for s, m in noted(out) if s == "warning" and word in m]
            tap.check(code == 1 and len(said) >= 1 and len(found(out)) == 1, f"{text}: {out}")
            code, _, err = merlon("inspect", *ONLY, base / "top")
            tap.check(code == 5 and word in err and "kubectl kustomize" in err, f"{text}: {code} {err}")


def test_kustomizations_that_fail() -> None:
    """a broken one is an error of the report, and its files are read as they are; a file elsewhere is not taken in by a link"""
    if not shutil.which("kubectl"):
        raise tap.Skip("there is no kubectl")
    with directory(k__pod_yaml=json.dumps(an("Pod", "v1", spec=POD)), k__kustomization_yaml="resources: [pod.yaml, nowhere]\n") as base:
        code, out, _ = merlon("inspect", *ONLY, base)
        tap.check(code == 1 and len(found(out)) == 1 and noted(out)[0][0] == "error" and "nowhere" in noted(out)[0][1], out)
        (base / "k" / "kustomization.yaml").write_text("configMapGenerator: [{name: x, files: [link.yaml]}]\n")
        (base / "k" / "link.yaml").symlink_to("/etc/passwd")
        out = merlon("inspect", *ONLY, base)[1]
        tap.check("root:" not in out and any(s == "error" for s, _ in noted(out)), out)


def test_charts() -> None:
    program = helm.find()
    if not program:
        raise tap.Skip("there is no helm: tests/rig/helm.py fetches one")
    path = f"{Path(program).parent}:{os.environ['PATH']}"
    with directory(**CHART) as base:
        for operand, names in ((base / "web", ["release"]), (base, ["pod", "release"])):
            code, out, err = merlon("inspect", *ONLY, operand, path=path)
            assert code == 1 and sorted(name for _, name, _ in found(out)) == names, err + out
            assert not json.loads(out)["problems"], out
            places = {(f["file"], f["line"]) for f in json.loads(out)["findings"] if f["object"] == "release"}
            assert places == {(f"{base}/web/templates/pod.yaml (helm)", 9)}, places
        subprocess.run([program, "package", base / "web", "-d", base], check=True, capture_output=True)
        code, out, err = merlon("inspect", *ONLY, base / "web-1.0.0.tgz", path=path)
        assert code == 1 and len(found(out)) == 1, err + out
        (base / "web" / "templates" / "bad.yaml").write_text("{{ fail \"no\" }}")
        code, out, err = merlon("inspect", *ONLY, base / "web", path=path)
        assert code == 5 and "helm template failed" in err, err


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
