# SPDX-License-Identifier: Apache-2.0
"""The rig's own test: whether everything that other tests build on works on this system.

    selftest.py             parsers, then every workload under every runtime here, with and without strace
    selftest.py guest       what a VM must offer (run inside one)
    selftest.py vm [VERSION...]     boot each kernel and run `selftest.py guest` in it
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import artefact
import container as containers
import kernels
import strace
import tap
from container import container
from programs import build as programs
from spec import Spec
from vm import Machine
from workloads import WORKLOADS, Workload, exercise

# What no capability of the default set and no default of Debian's kernels grants a container without a filter.
DENIED_WITHOUT_FILTER = ("mount", "unshare_mount", "setns", "bpf", "init_module", "kexec_load", "reboot")
# What it may do if nothing but a filter stops it.
ALLOWED_WITHOUT_FILTER = ("af_packet", "keyctl", "compat", "chroot", "process_vm_readv")


def everything_but(*denied: str) -> dict[str, object]:
    """A seccomp profile that denies these calls."""
    return {"defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": [{"names": list(denied), "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}


# -- strace's output, from lines that are hard to read

_THREADS = """\
10 [  59] execve("/bin/a", ["a"], 0x7ff /* 1 var */) = 0
10 [ 435] clone3({flags=CLONE_VM|CLONE_THREAD, exit_signal=0} <unfinished ...>
11 [ 273] set_robust_list(0x7f, 24 <unfinished ...>
10 [ 435] <... clone3 resumed> => {parent_tid=[11]}, 88) = 11
11 [ 273] <... set_robust_list resumed>) = 0
11 [  59] execve("/bin/b", ["b"], 0x7ff /* 1 var */ <pid changed to 10 ...>
10 [ 202] +++ superseded by execve in pid 11 +++
10 [  59] <... execve resumed>) = 0
10 [  12] brk(NULL) = 0x5555
10 [ 231] exit_group(0) = ?
10 [ 231] +++ exited with 0 +++
"""
_NAMESPACE = """\
10 [  59] execve("/usr/sbin/runc", ["runc", "run"], 0x7ff /* 1 var */) = 0
10 [  56] clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 20
20 [  56] clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD) = 25
20 [ 317] seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=9, filter=0x7f}) = 0
25 [ 202] futex(0x7f, FUTEX_WAIT_PRIVATE, 0, NULL) = 0
25 [ 231] +++ exited with 0 +++
20 [  33] dup2(1, 2) = 2
20 [  59] execve("/usr/local/bin/sh", ["sh"], 0x7ff /* 1 var */) = -1 ENOENT (No such file or directory)
20 [  59] execve("/bin/sh", ["sh"], 0x7ff /* 1 var */) = 0
20 [  58] vfork( <unfinished ...>
21 [  59] execve("/bin/ls", ["ls", ") = 3"], 0x7ff /* 1 var */ <unfinished ...>
20 [  58] <... vfork resumed>) = 2 /* 21 in strace's PID NS */
21 [  59] <... execve resumed>) = 0
20 [  56] clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>
22 [  39] getpid() = 3
22 [ 231] exit_group(0) = ?
22 [ 231] +++ exited with 0 +++
20 [  56] <... clone resumed>) = 3
20 [  59] --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=3} ---
20 [ 219] restart_syscall(<... resuming interrupted poll ...>) = 0
20 [   0] read(0,  <unfinished ...>
20 [   0] <... read resumed> <unfinished ...>) = ?
20 [   0] ???( <unfinished ...>
20 [   0] <... ??? resumed>)         = ?
20 [   0] +++ killed by SIGKILL (core dumped) +++
"""
_MODES = """\
10 [  59] execve("/opt/x", ["x"], 0x7ff /* 1 var */) = 0
10 [  59] [ Process PID=10 runs in 32 bit mode. ]
10 [  20] getpid() = 10
10 [   4] write(1, "a", 1) = 1
10 [   4] [ Process PID=10 runs in x32 mode. ]
10 [1073741863] getpid() = -1 ENOSYS (Function not implemented)
10 [1073741863] [ Process PID=10 runs in 64 bit mode. ]
10 [   1] write(1, "a", 1) = 1
"""
_KILLED = """\
10 [  59] execve("/opt/x", ["x"], 0x7ff /* 1 var */) = 0
10 [  56] clone(child_stack=NULL, flags=SIGCHLD) = 11
11 [  39] getpid() = 11
11 [  48] shutdown(3, SHUT_WR) = ?
11 [  48] +++ killed by SIGKILL +++
10 [ 231] exit_group(0) = ?
10 [ 231] +++ exited with 0 +++
"""


def _parse(text: str) -> strace.Trace:
    with tempfile.NamedTemporaryFile("w", suffix=".strace") as file:
        file.write(text)
        file.flush()
        trace = strace.parse(Path(file.name))
    tap.check(not trace.oddities, f"not understood: {trace.oddities}")
    return trace


def _names(images: list[strace.Image]) -> dict[str, int]:
    return {call.name: count for call, count in sorted(strace.merged(images).items())}


def strace_threads() -> None:
    """strace: threads belong to their process, and an exec in one ends the others"""
    trace = _parse(_THREADS)
    tap.check(len(trace.processes) == 1, f"processes: {trace.processes}")
    found = [(image.program, _names([image])) for image in trace.processes[0].images]
    tap.check(found == [("", {"execve": 1}), ("/bin/a", {"execve": 1, "set_robust_list": 1, "clone3": 1}),
                           ("/bin/b", {"brk": 1, "exit_group": 1})], f"images: {found}")


def strace_namespace() -> None:
    """strace: the application is told from the runtime, also where ids are of another PID namespace"""
    trace = _parse(_NAMESPACE)
    for init in (20, None):
        application = trace.application(init)
        tap.check([(image.pid, image.program) for image in application] ==
                  [(20, "/bin/sh"), (21, "/bin/sh"), (21, "/bin/ls"), (22, "/bin/sh")], f"images: {application}")
        found = _names(application)
        tap.check(found == {"read": 1, "getpid": 1, "clone": 1, "vfork": 1, "execve": 1, "restart_syscall": 1,
                            "exit_group": 1}, f"calls: {found}")
        tail = {call.name: count for call, count in trace.tail(init).items()}
        tap.check(tail == {"dup2": 1, "execve": 2}, f"tail: {tail}")
    ended = {process.pid: process.ended for process in trace.processes}
    tap.check(ended == {10: "", 20: "SIGKILL", 21: "", 22: "0"}, f"ends: {ended}")


def strace_killed() -> None:
    """strace: the call in which SIGKILL found a process was perhaps never made; exit_group was"""
    images = _parse(_KILLED).images
    tap.check(_names(images)["shutdown"] == 1, f"calls: {_names(images)}")
    found = {call.name: count for call, count in strace.doubtful(images).items()}
    tap.check(found == {"shutdown": 1}, f"doubtful: {found}")


def strace_modes() -> None:
    """strace: 32-bit and x32 calls are told apart by architecture"""
    found = sorted(strace.merged(_parse(_MODES).images))
    tap.check(found == [("i386", 4, "write"), ("i386", 20, "getpid"), ("x32", 0x40000027, "getpid"),
                        ("x86_64", 1, "write"), ("x86_64", 59, "execve")], f"calls: {found}")


# -- containers

def workload_lives(runtime: str, workload: Workload) -> None:
    """A workload's whole life"""
    _require(runtime)
    exercise(runtime, workload)


def workload_traced(runtime: str, workload: Workload, no_new_privs: bool) -> None:
    """A workload under strace, its calls told from the runtime's"""
    _require(runtime)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "trace"
        profile = everything_but("mount_setattr")
        with container(runtime, workload.spec(seccomp=profile, no_new_privs=no_new_privs)) as box:
            box.run(under=strace.command(path))
            init = box.pid if workload.service else None
            workload.ready(box)
            workload.drive(box)
            workload.rare(box)
            workload.stop(box)
        trace = strace.parse(path)
    tap.check(not trace.oddities, f"not understood: {trace.oddities[:3]}")
    calls = strace.merged(trace.application(init))
    tap.check(not any(call.name in ("pivot_root", "capset") for call in calls), "the runtime's calls are among them")
    tail = {call.name for call in trace.tail(init)}
    tap.check("execve" in tail, f"no execve in the tail {tail}")
    tap.check(no_new_privs or "capset" in tail, f"without no_new_privs the filter comes before capset: {tail}")
    arches = {call.arch for call in calls}
    tap.check(arches == {"x86_64"} | ({workload.name.replace("int80", "i386")} & {"i386", "x32"}), f"arches: {arches}")


def intruder_outside(runtime: str) -> None:
    """An intruder in a container without a filter: capabilities alone stop some things, and only some"""
    _require(runtime)
    with container(runtime, WORKLOADS["nginx"].spec(files=_intruder())) as box:
        box.run()
        WORKLOADS["nginx"].ready(box)
        for action in DENIED_WITHOUT_FILTER:
            done = box.exec("/opt/intruder", action)
            tap.check(done.returncode == 0, f"{done.stdout}{done.stderr} ({done.returncode})")
        for action in ALLOWED_WITHOUT_FILTER:
            done = box.exec("/opt/intruder", action)
            tap.check(done.returncode == 1, f"{done.stdout}{done.stderr} ({done.returncode})")
        WORKLOADS["nginx"].drive(box)


def intruder_filtered(runtime: str) -> None:
    """An intruder under a filter: what it denies is denied, and nginx serves"""
    _require(runtime)
    denied = {"keyctl": "keyctl", "chroot": "chroot", "process_vm_readv": "process_vm_readv", "unshare": "unshare",
              "io_uring_setup": "io_uring_setup", "ptrace": "ptrace", "perf_event_open": "perf_event_open",
              "userfaultfd": "userfaultfd"}
    workload = WORKLOADS["nginx"]
    with container(runtime, workload.spec(files=_intruder(), seccomp=everything_but(*denied.values()))) as box:
        box.run()
        workload.ready(box)
        for action in denied:
            done = box.exec("/opt/intruder", action)
            tap.check((done.returncode, done.stdout) == (0, f"{action}: EPERM\n"),
                      f"{done.stdout}{done.stderr} ({done.returncode})")
        workload.drive(box)


def no_traces(runtime: str) -> None:
    """A container that a test gave up on leaves nothing"""
    _require(runtime)
    try:
        with container(runtime, Spec(["sleep", "1000"], name="leak")) as box:
            box.run()
            pid, name, bundle = box.pid, box.id, box.bundle
            raise KeyError
    except KeyError:
        pass
    tap.check(not os.path.exists(f"/proc/{pid}"), f"process {pid} lives")
    tap.check(not bundle.exists(), f"{bundle} is there")
    tap.check(not [mount for mount in artefact.mounts() if str(bundle) in mount], "something is mounted")
    left = [path for path, names, _ in os.walk("/sys/fs/cgroup") if name in names]
    tap.check(not left, f"cgroups in {left}")


def _intruder() -> dict[str, bytes | Path]:
    return {"/opt/intruder": programs.programs() / "intruder"}


def _require(runtime: str) -> None:
    works, why = containers.available(runtime)
    if "not installed" in why or "hybrid mode not supported" in why:
        tap.skip(why)
    tap.check(works, why)


# -- what a VM offers

def guest_bpf() -> None:
    """BPF: type information, a mounted file system, no memory limit, and the system call works"""
    tap.check(Path("/sys/kernel/btf/vmlinux").stat().st_size > 1 << 20, "no BTF")
    tap.check("/sys/fs/bpf" in artefact.mounts(), "no bpffs")
    limits = Path("/proc/self/limits").read_text()
    tap.check(re.search(r"Max locked memory +unlimited", limits), limits)
    done = subprocess.run([artefact.rig_dir() / "programs/intruder", "bpf"], capture_output=True, text=True)
    tap.check(done.returncode == 1, done.stdout)


def guest_modules() -> None:
    """Modules: those of the kernel are there, and load when they are needed"""
    for action in ("af_alg", "af_vsock"):
        done = subprocess.run([artefact.rig_dir() / "programs/intruder", action], capture_output=True, text=True)
        tap.check(done.returncode == 1, done.stdout)


def guest_apparmor(runtime: str) -> None:
    """AppArmor: a profile loads, and confines a container"""
    _require(runtime)
    if "apparmor" not in _lsms():
        tap.skip("not among the active LSMs")
    profile = "profile rig-test flags=(attach_disconnected) {\n  file,\n  signal,\n  deny /etc/shadow r,\n}\n"
    subprocess.run(["apparmor_parser", "--replace", "--skip-cache"], input=profile.encode(), check=True)
    spec = Spec(["sh", "-c", "cat /proc/self/attr/current; cat /etc/shadow"], apparmor="rig-test")
    with container(runtime, spec) as box:
        box.run()
        status = box.wait()
        tap.check("rig-test (enforce)" in box.output() and status == 1 and "root:" not in box.output(),
                  f"ended with {status}: {box.output()}")


def guest_selinux() -> None:
    """SELinux: its file system is mounted"""
    if "selinux" not in _lsms():
        tap.skip("not among the active LSMs")
    tap.check(Path("/sys/fs/selinux/enforce").read_text() in "01", "no selinuxfs")


def guest_lsms(wanted: str) -> None:
    """The LSMs that were asked for are active"""
    tap.check(set(wanted.split(",")) <= set(_lsms()), f"active: {_lsms()}")


def _lsms() -> list[str]:
    return Path("/sys/kernel/security/lsm").read_text().split(",")


def here(suite: tap.Suite) -> None:
    """Everything on this system."""
    for parsing in (strace_threads, strace_namespace, strace_modes, strace_killed):
        suite.run(parsing)
    for runtime in containers.RUNTIMES:
        for workload in WORKLOADS.values():
            suite.run(workload_lives, runtime, workload, name=f"{runtime}: {workload.name}: a whole life")
        for function in (intruder_outside, intruder_filtered, no_traces):
            suite.run(function, runtime, name=f"{runtime}: {_title(function)}")
    for runtime in ("runc", "crun"):
        for workload in WORKLOADS.values():
            for no_new_privs in (False, True):
                suite.run(workload_traced, runtime, workload, no_new_privs,
                          name=f"{runtime}: {workload.name}: traced{', no_new_privs' * no_new_privs}")


def guest(suite: tap.Suite, lsms: str) -> None:
    """What a VM must offer, and the containers that prove it."""
    suite.run(guest_lsms, lsms)
    for offer in (guest_bpf, guest_modules, guest_selinux):
        suite.run(offer)
    for runtime in ("runc", "crun"):
        for name in ("nginx", "int80", "x32"):
            suite.run(workload_lives, runtime, WORKLOADS[name], name=f"{runtime}: {name}: a whole life")
        for function in (guest_apparmor, intruder_outside, intruder_filtered, no_traces):
            suite.run(function, runtime, name=f"{runtime}: {_title(function)}")
        suite.run(workload_traced, runtime, WORKLOADS["nginx"], True, name=f"{runtime}: nginx: traced")


def machines(suite: tap.Suite, versions: list[str]) -> None:
    """Boot each kernel as it comes, and once more with BPF-LSM and once with SELinux."""
    for version in versions:
        for lsms, cgroup in (("apparmor", "v2"), ("lockdown,yama,apparmor,bpf", "hybrid"), ("selinux,bpf", "v2")):
            what = f"{version}, {lsms}, cgroup {cgroup}"
            machine = Machine(version, cgroup=cgroup, lsm=None if lsms == "apparmor" else lsms)
            with suite.case(f"{what}: boots"):
                result = machine.run(["python3", "tests/rig/selftest.py", "guest", lsms], timeout=900,
                                     stderr=sys.stderr.buffer)
                print(f"# boot {result.boot:.1f} s, all {result.seconds:.1f} s")
                suite.include(what, result.stdout.decode(), result.status)


def _title(function: object) -> str:
    return str(function.__doc__).splitlines()[0]


def main() -> None:
    """See the module."""
    words = sys.argv[1:]
    with tap.Suite(" ".join(["rig", *words])) as suite:
        if words[:1] == ["guest"]:
            guest(suite, words[1])
        elif words[:1] == ["vm"]:
            machines(suite, words[1:] or list(kernels.SUITES))
        else:
            here(suite)


if __name__ == "__main__":
    main()
