"""Which services are in trouble, what may be done about it, and what was learned from what was done before: pure."""
