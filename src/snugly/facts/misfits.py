"""The one exception by which an operation says that torch would refuse the facts it was given."""

from __future__ import annotations


class Misfit(Exception):  # noqa: N818 - a fact about the user's program, not an error of ours
    """What torch raises for these facts.

    Attributes:
        raises: name of the exception type that torch raises, such as ``"RuntimeError"``.
        message: torch 2.13's text, with the sizes at hand filled in.
        clause: which requirement is broken, in kebab case, such as ``"matmul-inner-sizes"``;
            rules choose by it, never by the text.
        argument: name of the argument that does not fit, where one is to blame.
        details: sizes and names that a rule or a report may want to repeat.
    """

    def __init__(
        self,
        message: str,
        *,
        clause: str,
        raises: str = "RuntimeError",
        argument: str | None = None,
        **details: object,
    ) -> None:
        """Keep the parts; the text of the exception is torch's."""
        super().__init__(message)
        self.message = message
        self.clause = clause
        self.raises = raises
        self.argument = argument
        self.details = details


def require(truth: bool | None, message: str, **parts: object) -> None:  # noqa: FBT001 - a fact
    """Raise ``Misfit`` when ``truth`` is certainly false; unknown passes.

    Args:
        truth: a three-valued comparison of facts.
        message: torch's text.
        **parts: ``clause`` and the other keywords of ``Misfit``.
    """
    if truth is False:
        raise Misfit(message, **parts)  # type: ignore[arg-type]
