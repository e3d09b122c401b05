"""A plug-in room: one file a fact."""
