"""A plug-in room: one file a kind of probe."""
