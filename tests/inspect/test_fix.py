#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon inspect --fix on files: which it writes and how, which it leaves and why.  Argument: the program.  Prints TAP."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = os.path.abspath(sys.argv[1])
POD = """\
# about it
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - name: c # one
    image: i
"""
MENDED = POD + """\
    securityContext:
      allowPrivilegeEscalation: false
"""
ONLY = ("--check", "MRL-106")


def fix(*args: str | Path, stdin: str = "", user: int | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
    done = subprocess.run([MERLON, "inspect", "--fix", *ONLY, *args], input=stdin.encode(), capture_output=True, timeout=60,
                          check=False, user=user, group=user, extra_groups=[] if user else None, cwd=cwd)
    assert done.returncode in (0, 1, 4, 5), done.stderr
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@contextmanager
def directory(**files: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        for file, text in files.items():
            path = Path(name) / file.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        yield Path(name)


def test_a_file_stays_whose_it_is() -> None:
    with directory(a_yaml=POD) as top:
        path = top / "a.yaml"
        path.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(path, 1234, 2345)
        before = path.stat()
        fix("-w", path)
        after = path.stat()
        assert path.read_text() == MENDED
        assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
        assert os.listdir(top) == ["a.yaml"], "nothing is left beside it"


def test_what_may_not_be_written_is_left() -> None:
    with directory(a_yaml=POD, b_yaml=POD) as top:
        (top / "a.yaml").chmod(0o444)
        code, _, err = fix("-w", top)
        assert code == 1 and "a.yaml: it is read-only: it is not mended" in err and "1 mended in 1 file" in err, err
        assert (top / "a.yaml").read_text() == POD and (top / "b.yaml").read_text() == MENDED
        assert stat.S_IMODE((top / "a.yaml").stat().st_mode) == 0o444
        code, out, _ = fix(top / "a.yaml")
        assert code == 0 and "+      allowPrivilegeEscalation: false" in out, "what would be written may be shown"
        if os.geteuid():
            raise tap.Skip("only root can be somebody else")
        (top / "b.yaml").write_text(POD)
        top.chmod(0o777)
        code, _, err = fix("-w", top / "b.yaml", user=65534)
        assert code == 1 and "it is read-only" in err and (top / "b.yaml").read_text() == POD, err
        assert (top / "b.yaml").stat().st_uid == 0


def test_links() -> None:
    with directory(out__a_yaml=POD, repository__b_yaml=POD) as top:
        (top / "repository" / "l.yaml").symlink_to("b.yaml")
        (top / "repository" / "evil.yaml").symlink_to("../out/a.yaml")
        code, _, err = fix("-w", top / "repository")
        assert code == 1 and "evil.yaml: it is a link that leads elsewhere" in err, err
        assert (top / "out" / "a.yaml").read_text() == POD and (top / "repository" / "b.yaml").read_text() == MENDED
        assert (top / "repository" / "l.yaml").is_symlink() and (top / "repository" / "evil.yaml").is_symlink()
        os.chdir(top / "repository")
        (top / "repository" / "b.yaml").write_text(POD)
        assert fix("-w", "l.yaml")[0] == 0 and (top / "repository" / "b.yaml").read_text() == MENDED
        os.chdir("/")


def test_templates_of_charts_are_pointed_to() -> None:
    template = POD.replace("name: p", "name: {{ .Release.Name }}")
    quoted = POD.replace("name: p", "name: \"{{ .Release.Name }}\"")
    with directory(web__Chart_yaml="apiVersion: v2\nname: web\nversion: 1.0.0\n", web__templates__a_yaml=template,
                   web__templates__deep__b_yaml=quoted, web__templates__c_yaml=POD, d_yaml=quoted) as top:
        code, out, err = fix("-w", top)
        assert code in (1, 5) and "deep/b.yaml: it is a template: what is rendered of it" in err, err
        assert "templates/a.yaml: it is a template: what is rendered of it" in err, err
        assert (top / "web/templates/a.yaml").read_text() == template and (top / "web/templates/deep/b.yaml").read_text() == quoted
        assert (top / "web/templates/c.yaml").read_text() == MENDED, "nothing is made of it: it is what it says"
        assert (top / "d.yaml").read_text() != quoted, "of no chart"


def test_patches_of_kustomizations_are_left() -> None:
    with directory(base__kustomization_yaml="resources: [pod.yaml]\n", base__pod_yaml=POD,
                   over__kustomization_yaml="resources: [../base, more.yaml]\npatches:\n- path: ./patch.yaml\n- path: deep/other.yaml\n"
                                            "patchesStrategicMerge: [old.yaml]\n",
                   over__patch_yaml=POD, over__deep__other_yaml=POD, over__old_yaml=POD, over__more_yaml=POD) as top:
        code, _, err = fix("-w", top / "over")
        assert code == 1 and err.count("it is a patch of a kustomization") == 3, err
        left = [p.name for p in sorted(top.rglob("*.yaml")) if p.read_text() == POD]
        assert left == ["pod.yaml", "other.yaml", "old.yaml", "patch.yaml"], left
        code, _, err = fix("-w", top / "over" / "patch.yaml")
        assert code == 1 and "it is a patch of a kustomization" in err, err
        assert fix("-w", top / "base")[0] == 0 and (top / "base" / "pod.yaml").read_text() == MENDED


def test_what_is_piped_comes_out_whole() -> None:
    code, out, _ = fix("-w", "-", stdin=POD)
    assert code == 0 and out == MENDED
    clean = POD.replace("    image: i\n", "    image: i\n    securityContext: {allowPrivilegeEscalation: false}\n")
    assert fix("-w", "-", stdin=clean)[1] == clean
    broken = POD + "---\na: [\n"
    code, out, err = fix("-w", "-", stdin=broken)
    assert code in (1, 5) and out == broken and "it is not mended" in err, err
    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "c"}]}})
    code, out, err = fix("-w", "-", stdin=text)
    assert out == text and "--json gives the patches" in err, (out, err)


def test_what_is_shared_changes_for_nobody() -> None:
    shared = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
  spec: &spec
    containers:
    - &c {name: c, image: i}
- apiVersion: v1
  kind: Pod
  metadata: {name: b}
  spec: *spec
- apiVersion: v1
  kind: Pod
  metadata: {name: d}
  spec:
    containers:
    - <<: *c
      name: d
"""
    with directory(a_yaml=shared) as top:
        code, _, err = fix("-w", top / "a.yaml")
        assert code == 1 and err.count("something else would change with it") == 2, err
        assert (top / "a.yaml").read_text() == shared + "      securityContext:\n        allowPrivilegeEscalation: false\n"


def test_every_form_stays_as_it_was() -> None:
    """A text, and what is added to it: all else is there, byte for byte."""
    spec = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
    block = "  containers:\n  - name: c\n    args:\n    - |\n      # no comment\n\n      x\n    - >-\n      y\n"
    added = "    securityContext:\n      allowPrivilegeEscalation: false\n"
    forms = [
        ("\ufeff" + spec + block, added),
        ((spec + block).replace("\n", "\r\n"), added.replace("\n", "\r\n")),
        (spec + block + "\n\n# the end\n", added),
        (spec + "  containers:\n  - name: \"c\"\t# behind a tab\n    image: 'i'\n", added),
        ("---\n" + spec + block + "---\n# nothing\n---\n" + "apiVersion: v1\nkind: ConfigMap\ndata:\n  pod: |\n    kind: Pod\n", added),
    ]
    for text, more in forms:
        code, out, err = fix("-w", "-", stdin=text)
        at = out.find(more)
        assert code == 0 and at > 0 and out[:at] + out[at + len(more):] == text, (text, out, err)


def test_a_list_that_is_too_large() -> None:
    """it is inspected item by item, and mended only as a whole"""
    item = "".join(f"  {line}\n" for line in POD.splitlines())
    code, _, err = fix("-", stdin="apiVersion: v1\nkind: List\nitems:\n" + ("-" + item[1:]) * 25000)
    assert code in (1, 5) and "is too large to be mended: split the List" in err, err


def test_duplicate_keys_are_left() -> None:
    text = POD + "    image: j\n"
    with directory(a_yaml=text, b_yaml=POD) as top:
        code, _, err = fix("-w", top)
        assert code in (1, 5) and "a.yaml: it has errors: it is not mended" in err, err
        assert (top / "a.yaml").read_text() == text and (top / "b.yaml").read_text() == MENDED


def test_the_difference_is_one_that_patch_takes() -> None:
    if not shutil.which("patch"):
        raise tap.Skip("there is no patch")
    with directory(a_yaml=POD, b_yaml=POD.rstrip("\n")) as top:
        _, out, _ = fix("a.yaml", "b.yaml", cwd=top)
        done = subprocess.run(["patch", "-p0"], input=out, text=True, capture_output=True, cwd=top, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (top / "a.yaml").read_text() == MENDED and (top / "b.yaml").read_text() == MENDED.rstrip("\n")


def test_patches_say_the_same() -> None:
    """What --json says, done to the object, is what --write writes."""
    with directory(a_yaml=POD) as top:
        patches = json.loads(fix("--json", "--aggressive", top / "a.yaml")[1])
        assert [(p["kind"], p["name"], p["document"], p["pointer"]) for p in patches] == [("Pod", "p", 0, "")]
        assert patches[0]["patch"] == [{"op": "add", "path": "/spec/containers/0/securityContext",
                                        "value": {"allowPrivilegeEscalation": False}}]
        assert [m["check"] for m in patches[0]["mended"]] == ["MRL-106"] and (top / "a.yaml").read_text() == POD


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
