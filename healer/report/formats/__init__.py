"""A plug-in room: one file a report format."""
