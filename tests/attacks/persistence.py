# SPDX-License-Identifier: Apache-2.0
"""60-persistence.yaml: what comes back after a restart, or lets somebody in again."""

from __future__ import annotations

from proof import Proof

PROOFS = [
    Proof("Scheduled job added", attack="echo '* * * * * root /srv/x' >/etc/cron.d/x",
          others=("echo '* * * * * root /srv/x' >/srv/x; mv /srv/x /etc/cron.d/y",),
          look_alike="cat /etc/cron.d/* >/dev/null; echo '* * * * * root /srv/x' >/srv/crontab"),

    Proof("Service added", attack="mkdir -p /etc/systemd/system; echo '[Service]' >/etc/systemd/system/x.service",
          look_alike="echo '[Service]' >/srv/x.service; ls /etc/init.d >/dev/null"),

    Proof("Keys that may log in changed", before="mkdir -p /root/.ssh",
          attack="echo 'ssh-ed25519 AAAA x' >>/root/.ssh/authorized_keys",
          others=("echo 'ssh-ed25519 AAAA x' >/srv/keys; mv /srv/keys /root/.ssh/authorized_keys",),
          look_alike="echo 'host ssh-ed25519 AAAA' >>/root/.ssh/known_hosts"),

    Proof("Accounts or login rules changed in a container", attack="echo 'x::0:0::/:/bin/sh' >>/etc/passwd",
          look_alike="useradd -m bob; cat /etc/passwd >/dev/null"),

    Proof("Start-up file of a shell changed", attack="echo '/srv/x &' >>/root/.bashrc",
          look_alike="echo 'set nu' >>/root/.vimrc; cat /root/.bashrc >/dev/null"),

    # What a request says is in the log; a log that is a script is run by the next request.
    Proof("Script written by a web server", before="""
mkdir -p /var/www
sed 's,access_log .*,access_log /var/www/shell.php;,' /etc/nginx/nginx.conf >/srv/nginx.conf
""", attack="nginx -t -c /srv/nginx.conf", look_alike="nginx -t"),
]
