"""A plug-in room: one file an inventory format."""
