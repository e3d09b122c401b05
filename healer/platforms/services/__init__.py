"""A plug-in room: one file a service manager."""
