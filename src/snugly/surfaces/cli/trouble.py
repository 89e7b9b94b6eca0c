"""What the user has to be told when a command cannot do its work."""

from __future__ import annotations


class Trouble(Exception):  # noqa: N818 - said to a user, who has a trouble and not an exception
    """A command cannot go on. The message says what is wrong, where, and what to do; the exit code is 2."""
