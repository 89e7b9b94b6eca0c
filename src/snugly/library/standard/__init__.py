"""The standard library, where it decides a size or the way a program goes: one file per module."""
