"""Tell it: events turned into a summary, and summaries into formats."""
