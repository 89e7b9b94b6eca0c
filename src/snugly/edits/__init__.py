"""Source edits that keep formatting."""
