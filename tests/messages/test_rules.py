"""Every message that is explained leads to a rule: to its code, its name and its page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import snugly.messages
from snugly.rules.registry import lookup

FILES = sorted(Path(snugly.messages.__file__).parent.glob("*.py"))


def rules_named(tree: ast.Module) -> set[str]:
    """Return the constants that are given as the second argument of ``Meaning``."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1]
    seconds = [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Meaning"]
    return {each.value for each in seconds if isinstance(each, ast.Constant)}


NAMED = sorted({(path.stem, name) for path in FILES for name in rules_named(ast.parse(path.read_text()))})


def test_messages_name_rules():
    assert len(NAMED) > 20


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_rule_of_a_message_is_a_rule(module, name):
    assert lookup(name) is not None, f"{module} names {name}"
