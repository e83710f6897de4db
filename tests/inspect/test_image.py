#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""merlon inspect --image: layouts, archives and root file systems, good and hostile.  Argument: the program.  Prints TAP."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rig"))
import tap  # noqa: E402  # pylint: disable=wrong-import-position

MERLON = sys.argv[1]
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEAuN1kGVx\n" * 20 + "-----END RSA PRIVATE KEY-----\n"
TOKEN = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
Files = dict[str, object]
SEEN: dict[str, set[str]] = {}  # what each check has said of images so far

def layer(files: Files) -> bytes:
    """A tar: a text or bytes, a mode with one, a link's target in brackets, or None for a directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, what in files.items():
            mode, content = what if isinstance(what, tuple) else (None, what)
            item = tarfile.TarInfo(name)
            item.mode = mode or (0o755 if content is None else 0o644)
            if content is None:
                item.type = tarfile.DIRTYPE
            elif isinstance(content, list):
                item.type, item.linkname = tarfile.SYMTYPE, content[0]
            elif content == "device":
                item.type, item.devmajor, item.devminor = tarfile.BLKTYPE, 8, 0
            data = content.encode() if isinstance(content, str) and content != "device" else content
            data = data if isinstance(data, bytes) else b""
            item.size = len(data)
            tar.addfile(item, io.BytesIO(data))
    return out.getvalue()


CONFIG: dict[str, object] = {
    "architecture": "amd64", "os": "linux",
    "config": {"User": "app", "Env": ["PATH=/bin"], "Healthcheck": {"Test": ["CMD", "true"]}},
    "history": [{"created_by": "COPY app /app"}]}
GOOD: Files = {"etc": None, "etc/os-release": 'ID=debian\nVERSION_ID="13"\n', "app": (0o755, "x"), "tmp": (0o1777, None)}


def blob(root: Path, data: bytes) -> dict[str, object]:
    name = hashlib.sha256(data).hexdigest()
    path = root / "blobs" / "sha256" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"digest": f"sha256:{name}", "size": len(data)}


def layout(root: Path, layers: list[bytes], config: dict[str, object] | None = None, name: str | None = "web:1.2") -> Path:
    manifest = {"schemaVersion": 2, "config": blob(root, json.dumps(config or CONFIG).encode()),
                "layers": [blob(root, data) for data in layers]}
    entry = blob(root, json.dumps(manifest).encode())
    if name:
        entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    (root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return root


def archive(path: Path, layers: list[bytes], config: dict[str, object] | None = None) -> Path:
    files: Files = {"c.json": json.dumps(config or CONFIG)}
    files |= {f"{i}/layer.tar": data for i, data in enumerate(layers)}
    files["manifest.json"] = json.dumps([{"Config": "c.json", "RepoTags": ["web:1.2"],
                                          "Layers": [f"{i}/layer.tar" for i in range(len(layers))]}])
    path.write_bytes(layer(files))
    return path


def inspect(path: Path, *more: str) -> tuple[int, dict[str, list[dict[str, object]]], str]:
    """The exit code, findings of images by check, and all that was said."""
    done = subprocess.run([MERLON, "inspect", "--image", "--json", "--all", "--passed", *more, path], capture_output=True, text=True,
                          timeout=60, check=False, errors="replace")
    found: dict[str, list[dict[str, object]]] = {}
    if done.returncode in (0, 1, 5) and done.stdout:
        for finding in json.loads(done.stdout)["findings"]:
            SEEN.setdefault(finding["check"], set()).add("fail" if finding["outcome"] == "warn" else finding["outcome"])
            if finding["check"].startswith("MRL-4") and finding["outcome"] in ("fail", "warn"):
                found.setdefault(finding["check"], []).append(finding)
    return done.returncode, found, done.stdout + done.stderr


def paths(found: dict[str, list[dict[str, object]]], check: str) -> list[object]:
    return sorted(f["path"] for f in found.get(check, []))


def test_a_good_image_is_clean(root: Path) -> None:
    code, found, out = inspect(layout(root, [layer(GOOD)]))
    assert code == 0 and not found, out


def test_weak_configuration(root: Path) -> None:
    config = {"config": {"User": "0:0", "Env": ["DB_PASSWORD=hunter2hunter2", f"X={TOKEN}"], "Labels": {"note": TOKEN},
                         "ExposedPorts": {"22/tcp": {}}},
              "history": [{"created_by": "ADD https://e.example/x /x # buildkit"},
                          {"created_by": f"RUN curl -H {TOKEN} https://e.example/i | sh"}, {"created_by": "COPY a /a"}]}
    for number, path in enumerate((layout(root / "oci", [layer(GOOD)], config, name=None),
                                   archive(root / "docker.tar", [layer(GOOD)], config))):
        code, found, out = inspect(path)
        assert code == 1 and {"MRL-411", "MRL-412", "MRL-417", "MRL-419", "MRL-420"} <= set(found), out
        assert paths(found, "MRL-411") == ["config.User"] and found["MRL-411"][0]["line"] == 1
        assert len(found["MRL-417"]) == 4 and len(found["MRL-420"]) == 2, out
        assert TOKEN not in out and "hunter2" not in out
        assert ("MRL-422" in found) == (number == 0), "a name is missing"


def test_weak_files(root: Path) -> None:
    files = GOOD | {
        "usr/bin/su": (0o4755, "x"), "usr/bin/wall": (0o2755, "x"), "usr/share/x": (0o4644, "x"),
        "data": (0o777, None), "shared.conf": (0o666, "x"), "root/.ssh/id_rsa": (0o600, KEY), "app.env": f"T={TOKEN}\n",
        "usr/share/doc/key": KEY, "binary": b"\0" + KEY.encode(), "sda": "device",
        "var/lib/apt/lists/a": "x", "var/lib/apt/lists/b": "x", "usr/sbin/sshd": (0o755, "x"),
        "etc/os-release": "NAME=x\nID=debian\nVERSION_ID='10'\n"}
    for path in (layout(root / "oci", [gzip.compress(layer(files))]), archive(root / "docker.tar", [layer(files)])):
        code, found, out = inspect(path)
        assert code == 1
        assert paths(found, "MRL-413") == ["/usr/bin/su", "/usr/bin/wall"], out
        assert paths(found, "MRL-414") == ["/data", "/shared.conf"]
        assert paths(found, "MRL-415") == ["/app.env", "/root/.ssh/id_rsa"]
        assert paths(found, "MRL-418") == ["/var/lib/apt/lists/a"] and paths(found, "MRL-419") == ["/usr/sbin/sshd"]
        assert paths(found, "MRL-421") == ["/etc/os-release"] and paths(found, "MRL-423") == ["/sda"]
        assert TOKEN not in out and "MIIEpAIB" not in out


def test_later_layers_hide(root: Path) -> None:
    low = {"etc": None, "a/key": KEY, "b/key": KEY, "c/deep/key": KEY, "d/su": (0o4755, "x"), "e/key": KEY, "ab/key": KEY,
           "f/sub/key": KEY, "twice": (0o4777, KEY)}
    high: Files = {"a/.wh.key": "", "b/key": "nothing", ".wh.c": "", "d/su": (0o755, "x"), "e/.wh..wh..opq": "", "e/f": "y",
                   "f/sub": ["elsewhere"], "twice": "nothing"}
    code, found, out = inspect(layout(root, [layer(low), gzip.compress(layer(high))]))
    assert code == 1 and paths(found, "MRL-415") == ["/ab/key"], out
    assert paths(found, "MRL-416") == ["/a/key", "/b/key", "/c/deep/key", "/e/key", "/f/sub/key", "/twice"], "still in the image"
    assert not {"MRL-413", "MRL-414"} & set(found)
    again = layout(root / "again", [layer({"a/.wh.key": ""}), layer({"a/key": KEY})])
    assert paths(inspect(again)[1], "MRL-415") == ["/a/key"], "what is removed first is there"


def test_root_file_systems(root: Path) -> None:
    (root / "etc").mkdir()
    (root / "etc" / "os-release").write_text("ID=alpine\nVERSION_ID=3.12.1\n")
    (root / "home").mkdir()
    (root / "home" / "key").write_text(KEY)
    (root / "home" / "su").write_text("x")
    (root / "home" / "su").chmod(0o4755)
    (root / "home" / "out").symlink_to("/")
    (root / "home" / "loop").symlink_to(".")
    (root / "home" / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(root / "home" / "fifo")
    code, found, out = inspect(root)
    assert code == 1 and paths(found, "MRL-415") == ["/home/key"] and paths(found, "MRL-413") == ["/home/su"], out
    assert paths(found, "MRL-421") == ["/etc/os-release"] and not {"MRL-411", "MRL-417", "MRL-422"} & set(found)
    whole = root.with_suffix(".tar")
    whole.write_bytes(layer(GOOD | {"key": KEY}))
    assert paths(inspect(whole)[1], "MRL-415") == ["/key"], "as docker export writes it"


def zstd(data: bytes, *options: str) -> bytes:
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, capture_output=True, check=True).stdout


def test_layers_compressed_by_zstd(root: Path) -> None:
    if not shutil.which("zstd"):
        return
    whole = layer({"a": KEY, "bulk": os.urandom(300000), "b": KEY})
    table = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"table"
    for data in (zstd(whole), zstd(whole, "-19", "--ultra", "--long=27"), zstd(whole[:1000]) + table + zstd(whole[1000:]),
                 table + zstd(whole)):
        code, found, out = inspect(layout(root, [layer(GOOD), data, zstd(layer({".wh.a": ""}))]))
        assert code == 1 and paths(found, "MRL-415") == ["/b"] and found["MRL-416"], out
    for data in (zstd(whole)[:-9], zstd(whole)[:200000] + b"\0" * 1000):
        code, found, out = inspect(layout(root, [data, layer({"last": KEY})]))
        assert "/last" in paths(found, "MRL-415") and out.count('"message":"layer 0') == 1, out
    for magic in (b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\xfd7zX", b"BZh9"):
        (root / "packed").write_bytes(magic + b"\0" * 4096)
        code, _, out = inspect(root / "packed")
        assert code == 5 and "compressed as a whole" in out, out


def test_exemptions_and_names(root: Path) -> None:
    config = json.loads(json.dumps(CONFIG))
    config["config"]["User"] = ""
    config["config"]["Labels"] = {"merlon/exempt-image-root-user": "it drops its rights itself"}
    assert "MRL-411" not in inspect(layout(root, [layer(GOOD)], config))[1]
    assert "MRL-422" in inspect(layout(root / "l", [layer(GOOD)], name="web:latest"))[1]


def hostile(root: Path) -> dict[str, Path]:
    """Images that are broken or want out, by what they are."""
    def manifest(name: str, config: dict[str, object], layers: list[dict[str, object]]) -> Path:
        where = root / name
        entry = blob(where, json.dumps({"config": config, "layers": layers}).encode())
        (where / "index.json").write_text(json.dumps({"manifests": [entry]}))
        return where

    out = {}
    out["digest leads out"] = manifest("digest", {"digest": "sha256:../../../../etc/passwd"}, [])
    link = layout(root / "link", [layer(GOOD)])
    for path in (link / "blobs" / "sha256").iterdir():
        if path.read_bytes()[:1] != b"{":
            path.unlink()
            path.symlink_to("/etc/passwd")
    out["a layer is a link out"] = link
    out["itself"] = root / "itself"
    out["itself"].mkdir()
    text = json.dumps({"manifests": [{"digest": "sha256:" + "0" * 64}]})
    (out["itself"] / "index.json").write_text(text)
    (out["itself"] / "blobs" / "sha256").mkdir(parents=True)
    (out["itself"] / "blobs" / "sha256" / ("0" * 64)).write_text(text)
    out["no JSON"] = root / "nojson"
    out["no JSON"].mkdir()
    (out["no JSON"] / "index.json").write_text("{")
    out["half an archive"] = root / "half.tar"
    out["half an archive"].write_bytes(archive(root / "whole.tar", [layer(GOOD)]).read_bytes()[:1800])
    out["nothing"] = root / "nothing"
    out["nothing"].mkdir()
    out["a text"] = root / "text"
    out["a text"].write_text("hello\n" * 200)
    return out


def test_hostile_images_are_refused(root: Path) -> None:
    for what, path in hostile(root).items():
        code, found, out = inspect(path)
        assert code in (4, 5), (what, code, out)
        assert not found.get("MRL-415"), (what, out)


def test_hostile_layers_cost_themselves_only(root: Path) -> None:
    bad = bytearray(layer(GOOD))
    bad[600] ^= 0xff
    long = b"\x1f\x8b" + b"broken"
    layers = [layer({"ok": KEY, "../../out": KEY, "/abs": KEY, "a/../b": KEY}), bytes(bad), long, b"\x28\xb5\x2f\xfd" + b"zstd",
              gzip.compress(layer(GOOD))[:-20], gzip.compress(b"\0" * (64 << 20)), layer({"last": KEY})]
    code, found, out = inspect(layout(root, layers))
    assert code in (1, 5) and paths(found, "MRL-415") == ["/abs", "/last", "/ok"], out
    assert out.count("this is no tar archive") >= 3 and "leads out of the layer" in out, out
    assert not any(name.exists() for name in (root / "out", root.parent / "out"))


def test_every_check_has_failed_and_passed(root: Path) -> None:
    said = subprocess.run([MERLON, "checks", "--json"], check=True, capture_output=True, text=True).stdout
    about = {c["id"] for c in json.loads(said) if "Image" in c["kinds"]}
    assert len(about) > 10 and not (missing := {c for c in about if not {"fail", "pass"} <= SEEN.get(c, set())}), missing


def with_image(test: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory() as held:
        root = Path(held) / "image"
        root.mkdir()
        test(root)


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals(), with_image))
