"""What healer knows of systemd's units."""

import pytest

from healer.platforms.services.systemd import PLUGIN


def test_the_unit_stands_behind_two_dashes() -> None:
    """A unit's name can never be taken for an option."""
    assert ("systemctl", "restart", "--", "-.mount") == PLUGIN.act("restart", "-.mount")


def test_other_verbs_are_refused() -> None:
    """Only start, stop, restart and reload are acts."""
    with pytest.raises(ValueError, match="isolate"):
        PLUGIN.act("isolate", "rescue.target")


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "dbus.service",
            "dbus-broker.service",
            "systemd-logind.service",
            "gdm3.service",
            "getty@tty1.service",
            "serial-getty@ttyS0.service",
        ),
        *(
            "NetworkManager.service",
            "networking.service",
            "strongswan-starter.service",
            "user@1000.service",
            "docker.service",
            "containerd.service",
        ),
        *("libvirtd.service", "auditd.service", "firewalld.service", "corosync.service", "ceph-osd@3.service", "iscsid.service"),
        *("unattended-upgrades.service", "systemd-nspawn@web.service", "kubelet.service", "docker"),
    ],
)
def test_units_that_are_left_alone(unit: str) -> None:
    """A unit whose restart is felt beyond itself is refused with its name and a reason."""
    assert PLUGIN.never_in_place(unit).startswith(f"{unit} is not restarted in place: ")


@pytest.mark.parametrize(
    "unit",
    [
        *("nginx.service", "ssh.service", "sshd.service", "cron.service", "postgresql@15-main.service", "systemd-journald.service"),
        *("systemd-networkd.service", "rsyslog.service", "networkd-dispatcher.service", "php8.2-fpm.service"),
    ],
)
def test_units_that_may_be_restarted(unit: str) -> None:
    """An ordinary service, sshd among them, may be restarted in place."""
    assert "" == PLUGIN.never_in_place(unit)


def test_the_order_of_restarts() -> None:
    """What others lean on goes first, databases late, sshd last, and equals go by name."""
    units = ("ssh.service", "postgresql@15-main.service", "nginx.service", "systemd-resolved.service", "apache2.service")
    wanted = ("systemd-resolved.service", "apache2.service", "nginx.service", "postgresql@15-main.service", "ssh.service")
    assert wanted == PLUGIN.order(units)
