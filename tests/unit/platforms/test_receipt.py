"""The end of a package job's output, read by a program."""

from healer.platforms.receipt import Receipt, read_receipt

OUTPUT = """Setting up nginx (1.22.1-9+deb12u11) ...
healer: waiting for /var/lib/dpkg/lock, held by process 7 (unattended-upgr)
healer: conffile-keep /etc/demo/demo.conf demo
healer: version nginx 1.22.1-9+deb12u9 1.22.1-9+deb12u11
healer: version linux-image-9 - 9.1
healer: restarted-by-scripts nginx.service
healer: conffile-left /etc/demo/demo.conf.dpkg-dist
healer: kept nginx 1.22.1-9+deb12u9
healer: not-kept openssl 3.0.9-1
"""


def test_a_receipt_is_read_line_by_line() -> None:
    """Versions, restarts, configuration files and what was kept are told apart; what other programs print is passed over."""
    expected = Receipt(
        (("nginx", "1.22.1-9+deb12u9", "1.22.1-9+deb12u11"), ("linux-image-9", "", "9.1")),
        ("nginx.service",),
        ("/etc/demo/demo.conf",),
        ("/etc/demo/demo.conf.dpkg-dist",),
        ("waiting for /var/lib/dpkg/lock, held by process 7 (unattended-upgr)",),
        (("nginx", "1.22.1-9+deb12u9"),),
        (("openssl", "3.0.9-1"),),
    )
    assert expected == read_receipt(OUTPUT)


def test_an_output_without_a_receipt_is_empty() -> None:
    """A job that was cut before its end tells nothing."""
    assert Receipt() == read_receipt("Reading package lists...\n")
