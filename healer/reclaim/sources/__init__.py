"""Where room can come from: one file a source."""
