"""healer keeps a fleet of Linux servers from rotting, over SSH, with nothing installed on them."""

__version__ = "0.1.0"
