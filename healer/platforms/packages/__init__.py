"""A plug-in room: one file a package manager."""
