# SPDX-License-Identifier: Apache-2.0
"""What runs in the test containers: real servers and programs, with clients that use them as people do.

    workload = WORKLOADS["nginx"]
    with container("runc", workload.spec()) as box:
        box.run()
        workload.ready(box)         # wait for it
        workload.drive(box)         # ordinary use; raises clients.Wrong when an answer is wrong
        workload.rare(box)          # what happens once a week: reload, background save, a worker's death
        workload.stop(box)

Clients enter the container's network namespace and nothing else of it, so they are not recorded with it.
`python3 tests/rig/workloads.py [RUNTIME [WORKLOAD...]]` runs them.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import clients
from artefact import say
from container import Container, available, container
from programs import build as programs
from spec import Spec


def check(condition: object, what: str) -> None:
    """Raise Wrong(what) unless the condition holds."""
    if not condition:
        raise clients.Wrong(what)


def _nothing(box: Container) -> None:
    pass


@dataclass(frozen=True)
class Workload:
    """Something to run in a container and ways to use it.

    A *service* runs until it is stopped, and is driven by clients.  Anything else does its work and ends by itself;
    to drive it is to wait for that.
    """

    name: str
    args: list[str]
    user: str = "root"
    files: dict[str, bytes | str] = field(default_factory=dict)     # a str names a test program
    port: int | None = None                                         # what a service listens on
    probe: Callable[[], bool] | None = None                         # a service is ready when this says so
    drive_: Callable[[Container], None] = _nothing
    rare_: Callable[[Container], None] = _nothing
    stop_signal: int = signal.SIGTERM
    stop_statuses: tuple[int, ...] = (0,)
    says: str = ""                                                  # what a program that ends by itself must print

    @property
    def service(self) -> bool:
        """Whether it runs until it is stopped."""
        return self.probe is not None

    def spec(self, **overrides: Any) -> Spec:
        """What to make a container from; anything of Spec can be overridden."""
        files: dict[str, bytes | Path] = {
            path: content if isinstance(content, bytes) else programs.programs() / content
            for path, content in self.files.items()
        }
        files |= overrides.pop("files", {})
        settings: dict[str, Any] = {"args": self.args, "name": self.name, "user": self.user, "files": files}
        return Spec(**(settings | overrides))

    def ready(self, box: Container, timeout: float = 120) -> None:
        """Wait until a service serves; the others are ready at once."""
        if self.probe:
            box.wait_ready(self.probe, timeout)

    def drive(self, box: Container) -> None:
        """Ordinary use."""
        if self.service:
            self.drive_(box)
            return
        status = box.wait(120)
        check(status == 0, f"{self.name} ended with {status}: {box.output()[-1000:]}")
        check(self.says in box.output(), f"{self.name} did not say {self.says!r}: {box.output()[-1000:]}")

    def rare(self, box: Container) -> None:
        """What a short recording does not see."""
        if self.service:
            self.rare_(box)

    def crash(self, box: Container) -> None:
        """Die as of a power cut, start again on the same files, and serve."""
        if self.service:
            box.restart()
            self.ready(box)
            self.drive_(box)

    def stop(self, box: Container) -> None:
        """End a service as its makers want it ended."""
        if self.service:
            status = box.stop(self.stop_signal)
            check(status in self.stop_statuses, f"{self.name} stopped with {status}: {box.output()[-1000:]}")


def _children(box: Container) -> list[int]:
    """The processes of a container but the first."""
    return [pid for pid in box.processes() if pid != box.pid]


def _eventually(condition: Callable[[], object], what: str, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        check(time.monotonic() < deadline, f"not within {timeout:g} s: {what}")
        time.sleep(0.05)


# -- nginx: a master and workers, files, a proxy, logs

_NGINX_CONF = b"""\
user www-data;
worker_processes 2;
pid /run/nginx.pid;
daemon off;
error_log /var/log/nginx/error.log notice;
events { worker_connections 256; }
http {
    include /etc/nginx/mime.types;
    access_log /var/log/nginx/access.log;
    sendfile on;
    gzip on;
    server {
        listen 127.0.0.1:80;
        root /var/www/html;
        location /echo { proxy_pass http://127.0.0.1:8081; client_max_body_size 1m; }
        location /list/ { alias /usr/share/nginx/; autoindex on; }
    }
    server {
        listen 127.0.0.1:8081;
        location / { return 200 "echo\\n"; }
    }
}
"""


def _nginx_drive(box: Container) -> None:
    box.within_net(clients.nginx_use)


def _nginx_rare(box: Container) -> None:
    log = box.root / "var/log/nginx/access.log"
    log.rename(log.with_suffix(".1"))
    os.kill(box.pid, signal.SIGUSR1)
    _eventually(log.exists, "nginx reopened its log")

    workers = _children(box)
    os.kill(box.pid, signal.SIGHUP)
    _eventually(lambda: len(_children(box)) >= 2 and not set(workers) & set(_children(box)), "nginx has new workers")
    box.within_net(clients.nginx_use)

    victim = _children(box)[0]
    os.kill(victim, signal.SIGKILL)
    _eventually(lambda: victim not in _children(box) and len(_children(box)) >= 2, "nginx replaced a killed worker")
    box.within_net(clients.nginx_use)


# -- redis: one process with helper threads, that forks to save

_REDIS_ARGS = ["redis-server", "--bind", "127.0.0.1", "--port", "6379", "--dir", "/var/lib/redis",
               "--appendonly", "yes", "--save", "3600 1"]


def _redis_drive(box: Container) -> None:
    box.within_net(clients.redis_use)


def _redis_rare(box: Container) -> None:
    box.within_net(clients.redis_rare)
    box.within_net(clients.redis_use)


# -- postgresql: many processes, shared memory, recovery

_PGDATA = "/var/lib/postgresql/data"
_POSTGRES_ARGS = ["/usr/lib/postgresql/15/bin/postgres", "-D", _PGDATA, "-c", "listen_addresses=127.0.0.1",
                  "-c", "unix_socket_directories=/tmp"]


def _postgres_drive(box: Container) -> None:
    box.within_net(clients.postgres_use)


def _postgres_rare(box: Container) -> None:
    box.within_net(clients.postgres_rare)
    # A backend that is killed makes the server throw away shared memory, recover, and carry on.
    before = set(_children(box))
    backend = box.within_net(clients.postgres_dying_backend, str(box.pid))
    _eventually(lambda: backend not in box.processes() and not before & set(_children(box)), "the server recovered")
    box.wait_ready(clients.postgres_probe)
    box.within_net(clients.postgres_use)
    os.kill(box.pid, signal.SIGHUP)


# -- python: an interpreter that serves files, with a thread per request

def _python_drive(box: Container) -> None:
    box.within_net(clients.python_use)


# -- a shell script that runs tools

_SCRIPT = rb"""#!/bin/bash
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/words" <<END
merlon battlement
crenel gap
merlon solid
arrow slit
END
grep merlon "$work/words" | sed 's/merlon/MERLON/' | sort -r | tee "$work/sorted" >/dev/null
[ "$(wc -l <"$work/sorted")" = 2 ]
find /etc -maxdepth 1 -name 'host*' -type f -print0 | xargs -0 cat | awk '{ n += NF } END { exit n == 0 }'
tar -C "$work" -cf - words | gzip | gunzip | tar -tf - >/dev/null
for i in 1 2 3; do ( sleep 0.0$i; echo "$i" >>"$work/jobs" ) & done
wait
[ "$(sort "$work/jobs" | tr -d '\n')" = 123 ]
mkdir "$work/d"; touch "$work/d/f"; mv "$work/d/f" "$work/d/g"; ln -s g "$work/d/l"; chmod 600 "$work/d/g"
[ "$(readlink "$work/d/l")" = g ]
date +%s >/dev/null; id >/dev/null; uname -a >/dev/null; dd if=/dev/zero of="$work/z" bs=4k count=4 2>/dev/null
diff <(printf 'a\nb\n') <(printf 'a\nb\n')
echo "shell: ok"
"""

WORKLOADS: dict[str, Workload] = {workload.name: workload for workload in (
    Workload("nginx", ["nginx", "-c", "/etc/nginx/rig.conf"], port=80, probe=clients.nginx_probe,
             files={"/etc/nginx/rig.conf": _NGINX_CONF, "/var/www/html/index.html": b"<h1>rig</h1>\n" * 200,
                    "/var/www/html/big.bin": bytes(range(256)) * 1024},
             drive_=_nginx_drive, rare_=_nginx_rare, stop_signal=signal.SIGQUIT),
    Workload("redis", _REDIS_ARGS, user="redis", port=6379, probe=clients.redis_probe,
             drive_=_redis_drive, rare_=_redis_rare),
    Workload("postgres", _POSTGRES_ARGS, user="postgres", port=5432, probe=clients.postgres_probe,
             drive_=_postgres_drive, rare_=_postgres_rare, stop_signal=signal.SIGINT),
    Workload("python", ["python3", "-u", "-m", "http.server", "8000", "--bind", "127.0.0.1", "--directory",
                        "/usr/share"], user="www-data", port=8000, probe=clients.python_probe, drive_=_python_drive,
             stop_signal=signal.SIGINT, stop_statuses=(0, 130)),
    Workload("shell", ["bash", "/opt/script"], files={"/opt/script": _SCRIPT}, says="shell: ok"),
    Workload("static", ["/opt/static"], files={"/opt/static": "static"}, says="static: ok"),
    Workload("int80", ["/opt/int80"], files={"/opt/int80": "int80"}, says="int80: ok"),
    Workload("x32", ["/opt/x32"], files={"/opt/x32": "x32"}, says="x32: ok"),
)}


def exercise(runtime: str, workload: Workload, **overrides: Any) -> None:
    """The whole life of a workload in a container."""
    with container(runtime, workload.spec(**overrides)) as box:
        box.run()
        workload.ready(box)
        workload.drive(box)
        workload.rare(box)
        workload.crash(box)
        workload.stop(box)


def main() -> int:
    """Run all workloads, or those named, under a runtime or all."""
    runtimes = sys.argv[1:2] or ["runc", "crun"]
    failures = 0
    for runtime in runtimes:
        works, why = available(runtime)
        if not works:
            say(f"{runtime}: {why}")
            failures += 1
            continue
        for name in sys.argv[2:] or WORKLOADS:
            started = time.monotonic()
            try:
                exercise(runtime, WORKLOADS[name])
                outcome = "ok"
            except Exception as error:      # tell, and go on with the next
                outcome = f"FAILED: {type(error).__name__}: {error}"
                failures += 1
            print(f"{runtime}\t{name}\t{time.monotonic() - started:.1f} s\t{outcome}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
