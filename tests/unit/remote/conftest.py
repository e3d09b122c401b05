"""Real SSH servers for the tests of the remote room."""

from loopback_fixtures import clock, connector, open_host, sshd, user_key  # noqa: F401 - fixtures
