"""Where the control node keeps what it saved from its hosts."""
