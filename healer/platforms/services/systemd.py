"""systemd: how its units are acted on, which of them must not be restarted in place, and in which order the others go.

The list of what to leave alone began as needrestart's defaults (needrestart.conf, `override_rc`); storage, clusters, container
engines and firewalls are added to it, because a restart of those is felt by more than the service itself.
"""

from fnmatch import fnmatchcase

from healer.platforms.services.contract import ServiceManager

ACTS = frozenset({"start", "stop", "restart", "reload"})

BOOT_INSTEAD = "a reboot is owed instead"

NEVER_IN_PLACE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (f"every program on the system bus would lose its connection; {BOOT_INSTEAD}", ("dbus.*", "dbus-*", "dbus@*")),
    (f"it keeps the list of logged-in sessions; {BOOT_INSTEAD}", ("systemd-logind.*", "elogind.*")),
    (
        "whoever is logged in at the console or on the screen would be thrown out; it takes the new code at the next login or boot",
        (
            *("getty@*", "serial-getty@*", "console-getty.*", "container-getty@*", "autovt@*"),
            *(
                "gdm*",
                "greetd.*",
                "kdm.*",
                "nodm.*",
                "sddm.*",
                "wdm.*",
                "xdm.*",
                "lightdm.*",
                "slim.*",
                "lxdm.*",
                "xrdp*",
                "display-manager.*",
            ),
        ),
    ),
    (
        "it would end everything that the user runs; it takes the new code at the user's next login",
        ("user@*", "user-runtime-dir@*", "session-*"),
    ),
    (
        f"the host could lose its network, and healer its way in; {BOOT_INSTEAD}",
        (
            *("network.*", "networking.*", "NetworkManager.*", "ModemManager.*", "wpa_supplicant*", "ifup@*", "netplan-*"),
            *("openvpn*", "wg-quick@*", "tinc*", "*swan*", "bird*", "quagga.*", "frr.*", "bluetooth.*"),
            *("openvswitch*", "ovs-vswitchd.*", "ovsdb-server.*"),
        ),
    ),
    (
        f"the host would stand without its packet filter for a moment; {BOOT_INSTEAD}",
        ("firewalld.*", "nftables.*", "iptables.*", "ip6tables.*"),
    ),
    (
        f"the containers or virtual machines on this host hang on it; drain them first, or {BOOT_INSTEAD}",
        (
            *("docker*", "containerd*", "podman*", "crio*", "cri-o*", "kubelet*", "k3s*", "lxc*", "lxd*", "incus*"),
            *("libvirt*", "virtlogd.*", "virtlockd.*", "virtqemud.*", "xendomains.*", "systemd-nspawn@*"),
        ),
    ),
    (
        f"mounted disks hang on it; {BOOT_INSTEAD}",
        (
            *("multipathd.*", "iscsid.*", "open-iscsi.*", "lvm2-*", "dm-event.*", "zfs-*", "mdmonitor.*"),
            *("glusterd.*", "glusterfsd.*", "drbd*", "ceph-*", "ceph.*"),
        ),
    ),
    (
        f"the cluster would take the restart for a failure and move its services; use the cluster's own maintenance, or {BOOT_INSTEAD}",
        ("corosync*", "pacemaker*", "keepalived.*", "patroni.*"),
    ),
    (f"it refuses to be stopped by hand, so that nobody can switch the audit trail off; {BOOT_INSTEAD}", ("auditd.*",)),
    ("it belongs to a rescue or to the boot itself and has no business to run again", ("emergency.*", "rescue.*", "rc-local.*")),
    (
        "it is in the middle of its own work on packages or scheduled jobs; it takes the new code when it runs next",
        ("apt-daily.*", "apt-daily-upgrade.*", "unattended-upgrades.*", "packagekit.*", "dnf-automatic*", "cron-*", "bacula-*"),
    ),
    (f"a restart interrupts the hardware that it drives; {BOOT_INSTEAD}", ("usbguard.*", "mythtv-backend.*", "qrtr-ns.*", "rmtfs*")),
    ("healer itself runs in it", ("healer-????????-????-????-????-????????????.service", "healer-pass.*", "healer-watch.*")),
)

BASE = (
    "systemd-*",
    "dbus*",
    "rsyslog.*",
    "syslog-ng.*",
    "chrony*",
    "ntp*",
    "unbound.*",
    "named.*",
    "bind9.*",
    "dnsmasq.*",
    "nscd.*",
    "sssd*",
)
DATABASES = (
    *("postgresql*", "mysql*", "mariadb*", "mongod*", "redis*", "valkey*", "memcached*", "elasticsearch*", "opensearch*", "cassandra*"),
    *("rabbitmq*", "kafka*", "zookeeper*", "etcd*", "influxdb*", "clickhouse*", "couchdb*", "slapd.*", "dirsrv@*"),
)
SSH = ("ssh.*", "sshd.*", "ssh@*", "sshd@*")


def act(verb: str, unit: str) -> tuple[str, ...]:
    """Return the argument list. Raises ValueError for a verb that is none of start, stop, restart and reload."""
    if verb not in ACTS:
        raise ValueError(f"systemd units are not acted on by {verb!r}")
    return ("systemctl", verb, "--", unit)


def never_in_place(unit: str) -> str:
    """Return why the unit must not be restarted in place and what happens instead, or ""."""
    for reason, patterns in NEVER_IN_PLACE:
        if _matches(unit, patterns):
            return f"{unit} is not restarted in place: {reason}"
    return ""


def order(units: tuple[str, ...]) -> tuple[str, ...]:
    """Sort units: what others lean on first (logs, names, time), then the rest by name, databases late, sshd last.

    Databases come late so that a fault in an ordinary service ends the work before data is touched; sshd last, so that nothing else
    is left to do should its restart cost the way in.
    """
    return tuple(sorted(units, key=lambda unit: (_rank(unit), unit)))


def _rank(unit: str) -> int:
    if _matches(unit, SSH):
        return 3
    if _matches(unit, DATABASES):
        return 2
    return 0 if _matches(unit, BASE) else 1


def _matches(unit: str, patterns: tuple[str, ...]) -> bool:
    name = unit if "." in unit else f"{unit}.service"
    return any(fnmatchcase(name, pattern) for pattern in patterns)


PLUGIN = ServiceManager(name="systemd", act=act, never_in_place=never_in_place, order=order)
