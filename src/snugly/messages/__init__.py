"""Reads torch's error texts, of every version, back into facts."""
