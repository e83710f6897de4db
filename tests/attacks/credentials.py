# SPDX-License-Identifier: Apache-2.0
"""40-credentials.yaml: secrets read."""

from __future__ import annotations

from proof import Proof, Python

TOKEN = """
mkdir -p /run/secrets/kubernetes.io/serviceaccount/..data
cd /run/secrets/kubernetes.io/serviceaccount
echo secret >..data/token; echo shop >..data/namespace
ln -sf ..data/token token; ln -sf ..data/namespace namespace
"""

# A process that waits; it dies with who attacks it.
VICTIM = """
import calls, ctypes, os, signal
PTRACE_ATTACH = 16
victim = os.fork()
if not victim:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    signal.pause()
"""

PROOFS = [
    Proof("Password file read", attack="cat /etc/shadow",
          others=("cat /proc/1/root/etc/shadow", "ln -s /etc/shadow /srv/notes; cat /srv/../srv/notes",
                  "ln -s /usr/bin/cat /srv/sshd; /srv/sshd /etc/shadow",
                  "unshare -Urm sh -c 'mount --bind /etc /mnt; cat /mnt/shadow >/dev/null'"),
          look_alike="cat /etc/passwd; passwd --status root; chage --list root"),

    Proof("Private key of SSH read",
          before="mkdir -p /root/.ssh; cd /root/.ssh; echo a >id_ed25519; echo b >id_ed25519.pub",
          attack="cat /root/.ssh/id_ed25519",
          others=("ln -s /usr/bin/tail /srv/ssh; /srv/ssh /root/.ssh/id_ed25519",),
          look_alike="cat /root/.ssh/id_ed25519.pub"),

    Proof("Cloud or registry credentials read",
          before="mkdir -p /root/.aws; cd /root/.aws; echo key >credentials; echo x >config",
          attack="grep key /root/.aws/credentials",
          others=("ln -s /usr/bin/cat /srv/reader; /srv/reader /root/.aws/credentials", "exec 9</usr/bin/cat; /proc/self/fd/9 /root/.aws/credentials",
                  "ln -s /usr/bin/python3.11 /srv/app; /srv/app -c 'open(\"/root/.aws/credentials\")'", "sort /root/.aws/credentials"),
          look_alike="grep x /root/.aws/config"),

    Proof("Search for credentials", attack="find /root /etc -name id_rsa",
          others=("ln -s /usr/bin/find /srv/x; /srv/x /root -name id_rsa", "busybox find /root -name id_rsa"),
          look_alike="grep -r listen /etc/nginx"),

    Proof("Keys of the cluster read from a container",
          before="mkdir -p /host/etc/kubernetes/pki; cd /host/etc/kubernetes/pki; echo a >ca.key; echo b >ca.crt",
          attack="cat /host/etc/kubernetes/pki/ca.key", look_alike="cat /host/etc/kubernetes/pki/ca.crt"),

    Proof("Service account token read by a tool", before=TOKEN,
          attack="cat /var/run/secrets/kubernetes.io/serviceaccount/token",
          look_alike="cat /var/run/secrets/kubernetes.io/serviceaccount/namespace"),

    # What is learned is cut to a second: cat belongs to it, what comes later does not.
    Proof("Service account token read for the first time", before=TOKEN + "cat token; sleep 1.1",
          attack="sha256sum /run/secrets/kubernetes.io/serviceaccount/token",
          look_alike="wc -c /run/secrets/kubernetes.io/serviceaccount/namespace"),

    Proof("Environment of processes read", attack="tr '\\0' '\\n' </proc/1/environ >/dev/null",
          others=("ln -s /usr/bin/cat /srv/y; /srv/y /proc/1/environ", "od /proc/1/task/1/environ"),
          look_alike="cat /proc/1/status >/dev/null; ps axe >/dev/null"),

    Proof("Memory of another process accessed", attack=Python(VICTIM + """
assert calls.ptrace(PTRACE_ATTACH, victim, 0, 0) == 0
"""), others=(Python(VICTIM + """
os.close(os.open(f"/proc/{victim}/mem", os.O_RDWR))
"""), Python(VICTIM + """
os.close(os.open(f"/proc/{victim}/task/{victim}/mem", os.O_RDWR))
"""), Python(VICTIM + """
calls.process_vm_readv(victim, b"", 0, b"", 0, 0)
"""), Python(VICTIM + """
assert calls.pidfd_getfd(os.pidfd_open(victim), 1, 0) > 0
""")), look_alike="""
strace -o /dev/null /usr/bin/true
exec perl -e 'syscall(101, 0, 0, 0, 0)'
"""),

    Proof("Debugger used in a container", attack="""
sleep 20 &
timeout 1 strace -o /dev/null -p $! || true
kill $!
""", look_alike="perl -e 'syscall(101, 0, 0, 0, 0)'; strace --version >/dev/null"),

    Proof("Cloud metadata asked by a tool", attack="curl -s http://169.254.169.254/latest/meta-data/",
          look_alike="curl -s http://203.0.113.9/script"),

    Proof("Cloud metadata asked", attack="timeout 5 redis-cli -h 169.254.169.254 -p 80 ping || true",
          look_alike=Python("""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("169.254.169.254", 53))
""")),
]
