# SPDX-License-Identifier: Apache-2.0
"""60-persistence.yaml: what comes back after a restart, or lets somebody in again."""

from __future__ import annotations

from proof import Proof, Python

PROOFS = [
    Proof("Scheduled job added", attack="echo '* * * * * root /srv/x' >/etc/cron.d/x",
          others=("echo '* * * * * root /srv/x' >/srv/x; mv /srv/x /etc/cron.d/y",
                  "echo '* * * * * root /srv/x' >/srv/job; ln /srv/job /etc/cron.d/linked", "ln -s /srv/x /etc/cron.d/symbolic",
                  Python("import calls; open('/srv/other', 'w').close()\n"
                         "assert calls.renameat2(-100, b'/etc/cron.d/x', -100, b'/srv/other', 2) == 0")),
          look_alike="cat /etc/cron.d/* >/dev/null; echo '* * * * * root /srv/x' >/srv/crontab"),

    Proof("Service added", attack="mkdir -p /etc/systemd/system; echo '[Service]' >/etc/systemd/system/x.service",
          others=("echo '[Service]' >/srv/unit; ln /srv/unit /etc/systemd/system/linked.service",
                  "ln -s /srv/unit /etc/systemd/system/symbolic.service"),
          look_alike="echo '[Service]' >/srv/x.service; ls /etc/init.d >/dev/null"),

    Proof("Keys that may log in changed", before="mkdir -p /root/.ssh",
          attack="echo 'ssh-ed25519 AAAA x' >>/root/.ssh/authorized_keys",
          others=("echo 'ssh-ed25519 AAAA x' >/srv/keys; mv /srv/keys /root/.ssh/authorized_keys",
                  "rm /root/.ssh/authorized_keys; ln -s /srv/keys /root/.ssh/authorized_keys",
                  "mkdir /srv/keyring; mv /root/.ssh /srv/keyring/old; mv /srv/keyring/old /root/.ssh"),
          look_alike="echo 'host ssh-ed25519 AAAA' >>/root/.ssh/known_hosts"),

    Proof("Accounts or login rules changed in a container", attack="echo 'x::0:0::/:/bin/sh' >>/etc/passwd",
          others=("sed -i 's/^root:x:/root::/' /etc/passwd", "mkdir -p /etc/sudoers.d; ln -s /srv/x /etc/sudoers.d/x"),
          look_alike="useradd -m bob; cat /etc/passwd >/dev/null"),

    Proof("Start-up file of a shell changed", attack="echo '/srv/x &' >>/root/.bashrc",
          others=("sed -i '1i /srv/x &' /root/.bashrc", "ln -s /srv/x /etc/profile.d/x.sh"),
          look_alike="echo 'set nu' >>/root/.vimrc; cat /root/.bashrc >/dev/null"),

    # What a request says is in the log; a log that is a script is run by the next request.
    Proof("Script written by a web server", before="""
mkdir -p /var/www
sed 's,access_log .*,access_log /var/www/shell.php;,' /etc/nginx/nginx.conf >/srv/nginx.conf
""", attack="nginx -t -c /srv/nginx.conf",
          others=("ln -sf /usr/bin/python3 /srv/php; echo x >/srv/upload\n"
                  "/srv/php -c 'import os; os.rename(\"/srv/upload\", \"/var/www/x.php\")'",
                  "ln -sf /usr/bin/perl /srv/php; /srv/php -e '$p = \"/var/www/y.php\"; syscall(85, $p, 0644)'"),
          look_alike="nginx -t"),
]
