"""The loopback servers for the tests of looks that go on."""

from loopback_fixtures import clock, connector, open_host, sshd, user_key  # noqa: F401 - fixtures
