"""``gymnasium`` and ``gym``: environments by their spaces, wrappers, and several environments side by side."""
