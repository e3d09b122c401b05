#!/bin/sh
# Runs once, inside the not yet booted image that all hosts of a lab are copied from.
# Arguments: PACKAGE=VERSION... to install. Standard input: the password of `opspw`, then the public key, one line each.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
IFS= read -r password
IFS= read -r public_key

authorize() { # HOME OWNER
    install -d -m 0700 -o "$2" -g "$2" "$1/.ssh"
    printf '%s\n' "$public_key" >"$1/.ssh/authorized_keys"
    chown "$2:$2" "$1/.ssh/authorized_keys"
    chmod 0600 "$1/.ssh/authorized_keys"
}

authorize /root root
for user in ops opspw; do
    useradd --create-home --shell /bin/bash "$user"
    authorize "/home/$user" "$user"
done
printf 'opspw:%s\n' "$password" | chpasswd
printf 'ops ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/ops
printf 'opspw ALL=(ALL) ALL\n' >/etc/sudoers.d/opspw
chmod 0440 /etc/sudoers.d/ops /etc/sudoers.d/opspw

# Nothing may change a host behind a test's back.
systemctl -q mask apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service \
    systemd-tmpfiles-clean.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer logrotate.timer man-db.timer
systemctl -q enable systemd-networkd.service
# Every boot leaves its id: what a host says of its own boots needs no logs that a lost power could swallow.
cat >/etc/systemd/system/lab-boots.service <<'END'
[Unit]
DefaultDependencies=no
RequiresMountsFor=/var/log
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'cat /proc/sys/kernel/random/boot_id >>/var/log/lab-boots'
[Install]
WantedBy=sysinit.target
END
systemctl -q enable lab-boots.service
# The kernel log belongs to the machine outside; reading it spins in here.
sed -i 's/^module(load="imklog"/#&/' /etc/rsyslog.conf
# The disk lives as long as the lab: dpkg need not wait until every single file is safe on it, which takes more time than all else.
printf 'force-unsafe-io\n' >/etc/dpkg/dpkg.cfg.d/healer-lab
rm -f /etc/ssh/ssh_host_* /etc/apt/apt.conf.d/99mmdebstrap /var/www/html/*

apt-get -q update -o APT::Update::Error-Mode=any
if [ "$#" -gt 0 ]; then
    apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"
fi
