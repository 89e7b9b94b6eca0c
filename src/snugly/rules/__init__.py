"""Turns verdicts and traps into findings."""
