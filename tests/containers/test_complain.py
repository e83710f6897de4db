#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Complaining from end to end: a profile that is too small is exported to complain, the workload does what the profile
lacks and is let, what would have been denied is collected with who did it, what a person accepts is folded back, and under
the profile made of that, enforcing, it works, while the rest is denied."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import kernel_log
import merlon  # first: it puts the rig on the path
import tap
from container import Container, available, container
from spec import Spec
from test_apparmor import load

# Answers "/" plainly, and does one more thing for every other request.
SERVER = rb"""
import ctypes, http.server, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*words):
    result = libc.syscall(*words)
    return b"done" if result >= 0 else str(ctypes.get_errno()).encode()
def chown():
    os.chown("/opt/data", 1, 1)
    return b"done"
def read(path):
    try:
        with open(path, "rb") as file:
            file.read()
        return b"done"
    except OSError as error:
        return str(error.errno).encode()
ACTIONS = {"/": lambda: b"served", "/getsid": lambda: call(124, 0), "/keyctl": lambda: call(250, 0, -3, 0),
           "/chown": chown, "/data": lambda: read("/opt/data"), "/secret": lambda: read("/opt/secret")}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = ACTIONS[self.path]()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
"""
ENOSYS, EACCES = b"38", b"13"


def spec(**options: Any) -> Spec:
    """The server's container."""
    return Spec(["python3", "-u", "/opt/server"], name="complain",
                files={"/opt/server": SERVER, "/opt/data": b"data\n", "/opt/secret": b"secret\n"}, **options)


def get(path: str) -> bytes:
    """One request, from within the container's network."""
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=60)
    connection.request("GET", path)
    return connection.getresponse().read()


def serves() -> bool:
    """Whether it answers."""
    try:
        return get("/") == b"served"
    except OSError:
        return False


@contextmanager
def serving(runtime: str, what: Spec) -> Iterator[Container]:
    """The server, ready."""
    with container(runtime, what) as box:
        box.run()
        box.wait_ready(lambda: box.within_net(serves), 120)
        yield box
        box.kill()
        box.wait(30)


def learn(runtime: str) -> merlon.Profile:
    """Record its start, and plain requests."""
    with merlon.Recording("--wait", "-c", "complaining", name="complain") as recording:
        with serving(runtime, spec(id="complaining")) as box:
            box.within_net(get, "/")
        recording.stop()
        return recording.profile()


class Watch:
    """A running `merlon confine watch`."""

    def __init__(self, *options: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="merlon-test-"))
        self.file = self.directory / "denials.json"
        self.process = subprocess.Popen([merlon.BINARY, "confine", "watch", "-o", self.file, *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        line = self.process.stderr.readline()
        tap.check("watching" in line, line)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> list[dict[str, Any]]:
        """End it; what it kept."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.shown, self.said = self.process.communicate(timeout=60)
        tap.check(self.process.returncode == 0, f"merlon confine watch: {self.said}")
        return [json.loads(line) for line in self.file.read_text().splitlines()]


def check_who(denials: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The denial of a call: by whom it was made."""
    found = [d for d in denials if d.get("call") == name]
    tap.check(len(found) == 1, f"{name}: {found} in {[d.get('call') for d in denials]}")
    tap.check(found[0]["executable"].endswith(("python3", "python3.11")), f"{name}: by {found[0]['executable']}")
    tap.check(not found[0]["enforced"], f"{name} is said to be denied")
    tap.check(found[0]["container"].startswith("complain"), f"{name}: in {found[0]['container']}")
    tap.check(found[0]["parents"], f"{name}: nobody started the process")
    return found[0]


def fold(profile: merlon.Profile, denials: Path, *options: str) -> tuple[int, dict[str, str]]:
    """merlon profile learn: exit code, and verdicts by call or target."""
    done = merlon.run("profile", "learn", "--json", *options, profile.path, denials, check=False)
    tap.check(done.returncode in (0, 1), done.stderr)
    return done.returncode, {d["denial"].get("call") if d["denial"]["layer"] == "seccomp" else d["denial"].get("target"):
                             d["verdict"] for d in json.loads(done.stdout)}


def logged(runtime: str) -> None:
    """seccomp: what a logging filter tells is folded back, by name where it is dangerous"""
    profile = learn(runtime)
    with Watch() as watch, serving(runtime, spec(seccomp=profile.seccomp("--complain"))) as box:
        for path in ("/getsid", "/getsid", "/keyctl"):
            tap.check(box.within_net(get, path) == b"done", f"{path} is not done under a filter that complains")
        denials = watch.end()
    tap.check(check_who(denials, "getsid")["count"] == 2, f"getsid: {denials}")
    check_who(denials, "keyctl")
    tap.check("would deny getsid" in watch.shown and "LOST" not in watch.said, watch.shown + watch.said)

    before = profile.path.read_text()
    code, verdicts = fold(profile, watch.file)
    tap.check(code == 1 and verdicts["getsid"] == "open" and verdicts["keyctl"] == "dangerous", f"{code} {verdicts}")
    tap.check(profile.path.read_text() == before, "nothing was accepted, and the profile has changed")
    code, verdicts = fold(profile, watch.file, "--accept", "all")
    tap.check(code == 1 and verdicts["getsid"] == "folded" and verdicts["keyctl"] == "dangerous", f"{code} {verdicts}")
    with serving(runtime, spec(seccomp=profile.seccomp())) as box:
        tap.check(box.within_net(get, "/getsid") == b"done", "getsid was accepted, and is denied")
        tap.check(box.within_net(get, "/keyctl") == ENOSYS, "keyctl was not accepted, and is done")
    code, verdicts = fold(profile, watch.file, "--accept", "keyctl")
    tap.check(code == 0 and verdicts["getsid"] == "known" and verdicts["keyctl"] == "folded", f"{code} {verdicts}")
    with serving(runtime, spec(seccomp=profile.seccomp())) as box:
        tap.check(box.within_net(get, "/keyctl") == b"done", "keyctl was accepted by name, and is denied")


def asked(runtime: str) -> None:
    """seccomp: an agent that is asked tells of arguments too, and only those are allowed afterwards"""
    profile = learn(runtime)
    with tempfile.TemporaryDirectory() as directory:
        socket = str(Path(directory, "agent"))
        with Watch("--agent", socket) as watch:
            filter_ = profile.seccomp("--complain", "--two-phase", socket)
            with serving(runtime, spec(seccomp=filter_)) as box:
                for path in ("/getsid", "/keyctl"):
                    tap.check(box.within_net(get, path) == b"done", f"{path} is not done")
                denials = watch.end()
    keyctl = check_who(denials, "keyctl")
    tap.check(keyctl["arguments"][0] == 0 and len(keyctl["arguments"]) == 6, f"{keyctl}")
    code, _ = fold(profile, watch.file, "--accept", "keyctl", "--accept", "getsid")
    rules = [rule for rule in profile.seccomp()["syscalls"] if "keyctl" in rule["names"]]
    tap.check(len(rules) == 1 and rules[0]["args"][0]["value" if "valueTwo" not in rules[0]["args"][0] else "valueTwo"]
              == 0, f"keyctl: {rules}")


def kernel_log_lines(runtime: str) -> None:
    """The same records out of the kernel's log fold as well as those of the watch"""
    profile = learn(runtime)
    log = kernel_log.Log()
    with serving(runtime, spec(seccomp=profile.seccomp("--complain"))) as box:
        box.within_net(get, "/getsid")
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.write("\n".join(log.lines()))
        file.flush()
        code, verdicts = fold(profile, Path(file.name), "--accept", "getsid")
    tap.check(verdicts.get("getsid") == "folded", f"{code} {verdicts}")


def apparmor(runtime: str) -> None:
    """AppArmor: a profile that complains, denials folded back by path, and enforced"""
    if not Path("/sys/kernel/security/apparmor").is_dir():
        tap.skip("AppArmor is not active here")
    profile = learn(runtime)
    with Watch() as watch, serving(runtime, spec(apparmor=load(profile, "merlon-complaint", "--complain"))) as box:
        for path in ("/data", "/secret"):
            tap.check(box.within_net(get, path) == b"done", f"{path} is not read under a profile that complains")
        denials = watch.end()
    told = {d["target"]: d for d in denials if d["layer"] == "apparmor" and d.get("target", "").startswith("/opt/")}
    tap.check(set(told) == {"/opt/data", "/opt/secret"}, f"{denials}")
    tap.check(told["/opt/data"]["operation"] == "open" and not told["/opt/data"]["enforced"], f"{told}")
    tap.check(told["/opt/data"]["parents"] and told["/opt/data"]["executable"], f"{told}")
    code, verdicts = fold(profile, watch.file, "--accept", "/opt/d*")
    tap.check(code == 1 and verdicts["/opt/data"] == "folded" and verdicts["/opt/secret"] == "open", f"{code} {verdicts}")
    with serving(runtime, spec(apparmor=load(profile, "merlon-complaint"))) as box:
        tap.check(box.within_net(get, "/data") == b"done", "what was accepted is denied")
        tap.check(box.within_net(get, "/secret") == EACCES, "what was not accepted is read")


def refused() -> None:
    """Files that hold no denials, and words that accept nothing"""
    with tempfile.TemporaryDirectory() as directory:
        profile = Path(directory, "p.merlon.json")
        with merlon.Recording("--", "/bin/true", name="refused") as recording:
            recording.wait()
            profile.write_text(recording.profile().path.read_text())
        log = Path(directory, "log")
        for text, code, word in [("nothing\n", 5, "no audit record"), ("{\"layer\":\"x\"}\n", 5, "log:1: /: unknown layer"),
                                 ("{}\n{\n", 5, "log:1"), ("", 0, "0 folded")]:
            log.write_text(text)
            done = merlon.run("profile", "learn", profile, log, check=False)
            tap.check(done.returncode == code and word in done.stderr, f"{text!r}: {done.returncode} {done.stderr}")
        done = merlon.run("profile", "learn", profile, check=False)
        tap.check(done.returncode == 2, f"no denials: {done.returncode} {done.stderr}")


def main() -> None:
    """Both runtimes."""
    with tap.Suite("complain, and learn") as suite:
        for runtime in ("runc", "crun"):
            works, why = available(runtime)
            if not works:
                suite.skip(f"{runtime}: complain", why)
                continue
            for test in (logged, asked, apparmor):
                suite.run(test, runtime, name=f"{runtime}: {test.__doc__}")
        suite.run(kernel_log_lines, "runc")
        suite.run(refused)


if __name__ == "__main__":
    main()
