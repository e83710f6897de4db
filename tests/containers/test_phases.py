#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Phases: what a workload does before it serves is told apart, and denied once it serves."""

from __future__ import annotations

import http.client
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import merlon  # first: it puts the rig on the path
import tap
from container import available, container
from spec import Spec
from workloads import WORKLOADS

# A server that calls getsid at its start, and again if somebody finds the request that makes it.
SERVER = rb"""
import http.server, os
os.getsid(0)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = b"served"
        if self.path == "/getsid":
            try:
                os.getsid(0)
                answer = b"done"
            except OSError as error:
                answer = str(error.errno).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
"""


def get(path: str) -> bytes:
    """One request, from within the container's network."""
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
    connection.request("GET", path)
    return connection.getresponse().read()


def listens() -> bool:
    """Whether the server answers."""
    try:
        return get("/") == b"served"
    except OSError:
        return False


def spec(seccomp: dict[str, Any] | None = None) -> Spec:
    """The server's container."""
    return Spec(["python3", "-u", "/opt/server"], name="phases", files={"/opt/server": SERVER}, seccomp=seccomp)


def learn(runtime: str) -> merlon.Profile:
    """Record its start and ordinary requests."""
    with container(runtime, spec()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="phases") as recording:
        box.run()
        box.wait_ready(lambda: box.within_net(listens), 60)
        for _ in range(3):
            time.sleep(0.1)
            box.within_net(get, "/")
        box.kill()
        box.wait(30)
        box.delete()
        recording.stop()
        return recording.profile()


def told_apart(runtime: str) -> None:
    """Calls of the start alone are told apart from those of serving"""
    profile = learn(runtime)
    phases = {c["name"]: set(c.get("phases", [])) for c in profile.data["syscalls"] if c["layer"] == "app"}
    tap.check(profile.data["recording"]["readySeen"], "it was not seen to be ready")
    for name in ("getsid", "bind", "listen", "execve"):
        tap.check(phases.get(name, {"start"}) == {"start"}, f"{name}: {phases.get(name)}")
    for name in ("accept4", "sendto"):
        tap.check("serve" in phases[name], f"{name}: {phases[name]}")
    serving = {n for rule in profile.seccomp("--serve-only")["syscalls"] for n in rule["names"]}
    tap.check("getsid" not in serving and "accept4" in serving, f"{sorted(serving)}")


def no_mark_without_listening() -> None:
    """A workload that never listens has no phases, and everything stays allowed"""
    with merlon.Recording("--", "/bin/sh", "-c", "uname >/dev/null", name="silent") as recording:
        recording.wait()
        profile = recording.profile()
    tap.check(not profile.data["recording"]["readySeen"], "it is said to be ready")
    names = {n for rule in profile.seccomp("--serve-only")["syscalls"] for n in rule["names"]}
    tap.check("uname" in names, "uname is left out")


def two_phases(runtime: str) -> None:
    """Under an agent the start works, and what was its alone is denied afterwards, while the service serves"""
    profile = learn(runtime)
    with tempfile.TemporaryDirectory() as directory:
        socket = str(Path(directory, "agent"))
        agent = subprocess.Popen([merlon.BINARY, "confine", "agent", "--socket", socket, "--settle", "1s"],
                                 stdout=subprocess.PIPE, text=True)
        assert agent.stdout
        tap.check(agent.stdout.readline() == "ready\n", "the agent does not begin")
        try:
            filter_ = profile.seccomp("--two-phase", socket)
            asked = {n for rule in filter_["syscalls"] if rule["action"] == "SCMP_ACT_NOTIFY" for n in rule["names"]}
            tap.check("getsid" in asked and "accept4" not in asked, f"asked about: {sorted(asked)}")
            with container(runtime, spec(filter_)) as box:
                box.run()
                box.wait_ready(lambda: box.within_net(listens), 60)
                while "serves" not in (line := agent.stdout.readline()):
                    tap.check(line, "the agent ended")
                answer = box.within_net(get, "/getsid")
                tap.check(answer == b"38", f"getsid after the start: {answer!r}, not ENOSYS")
                tap.check(box.within_net(get, "/") == b"served", "it no longer serves")
                tap.check("denied getsid" in agent.stdout.readline(), "the agent does not say what it denied")
                box.kill()
                box.wait(30)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.communicate(timeout=30)
    tap.check(agent.returncode == 0, f"the agent's exit status: {agent.returncode}")


def nginx_reloads(runtime: str) -> None:
    """nginx under two phases still reloads: what a reload needs is not its start's alone"""
    nginx = WORKLOADS["nginx"]
    with container(runtime, nginx.spec()) as box, \
            merlon.Recording("--wait", "-c", box.id, name="phases") as recording:
        box.run()
        nginx.ready(box)
        for step in (nginx.drive, nginx.rare, nginx.drive):
            time.sleep(0.1)
            step(box)
        nginx.stop(box)
        box.delete()
        recording.stop()
        profile = recording.profile()
    with tempfile.TemporaryDirectory() as directory:
        socket = str(Path(directory, "agent"))
        agent = subprocess.Popen([merlon.BINARY, "confine", "agent", "--socket", socket, "--settle", "1s"],
                                 stdout=subprocess.PIPE, text=True)
        assert agent.stdout
        agent.stdout.readline()
        try:
            filter_ = profile.seccomp("--two-phase", socket)
            with container(runtime, nginx.spec(seccomp=filter_)) as box:
                box.run()
                nginx.ready(box)
                while "serves" not in (line := agent.stdout.readline()):
                    tap.check(line, "the agent ended")
                nginx.drive(box)
                nginx.rare(box)
                nginx.drive(box)
        finally:
            agent.send_signal(signal.SIGTERM)
            output = agent.communicate(timeout=30)[0]
    tap.check("denied" not in output.replace("0 denied", ""), output)


def main() -> None:
    """Under the runtimes that know listenerPath."""
    with tap.Suite("phases: before and after it serves") as suite:
        suite.run(no_mark_without_listening)
        for runtime in ("runc", "crun"):
            works, why = available(runtime)
            for test in (told_apart, two_phases, nginx_reloads):
                title = f"{runtime}: {(test.__doc__ or '').strip()}"
                if works:
                    suite.run(test, runtime, name=title)
                else:
                    suite.skip(title, why)


if __name__ == "__main__":
    main()
