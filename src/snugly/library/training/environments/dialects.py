"""How ``gym`` answers depends on its version. A program tells which one it was written for by what it unpacks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.interpreter.values import Mapping, Number, Text, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.interpreter.machine import Machine

_SETTING = "gym.dialect"
OLD, NEW = "old", "new"
"""``reset() -> observation`` and four values of ``step``, or ``reset() -> observation, info`` and five of them."""


def dialect(machine: Machine) -> str | None:
    """Return how the environments of ``gym`` answer in this program, ``None`` where nothing tells."""
    if _SETTING not in machine.settings:
        told = {answer for source in machine.program.sources.values() for answer in _told(source.tree)}
        machine.settings[_SETTING] = told.pop() if len(told) == 1 else None
    found: str | None = machine.settings[_SETTING]
    return found


def _told(tree: ast.AST) -> Iterator[str]:
    """Yield what each unpacking of what ``step`` returns says."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=ast.Call(func=ast.Attribute(attr="step"))) if (
                not any(isinstance(part, ast.Starred) for part in parts)
            ):
                if len(parts) in (4, 5):
                    yield OLD if len(parts) == 4 else NEW
            case _:
                continue


def reset_answer(how: str | None, observation: Value) -> Value:
    """Return what ``reset`` returns."""
    if how is None:
        return Unknown("how gym answers")
    return observation if how == OLD else (observation, information())


def step_answer(how: str | None, observation: Value, reward: Value, ended: Value) -> Value:
    """Return what ``step`` returns."""
    if how is None:
        return Unknown("how gym answers")
    if how == OLD:
        return observation, reward, ended, information()
    return observation, reward, ended, ended, information()


def information() -> Value:
    """Return the dict with the rest of what an environment says."""
    return Mapping({}, Unknown("info"), open=True, rest_key=Text())


REWARD = Number("float")
"""The reward of one environment."""

ENDED = Number("bool")
"""Whether its episode has ended."""
