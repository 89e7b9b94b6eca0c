"""Objects that are nothing but attributes: namespaces, configurations, results with names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.interpreter.values import Class, Instance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.interpreter.values import Value


def record_class(name: str, methods: Mapping[str, Value] | None = None) -> Class:
    """Return a class without bases whose objects are records."""
    node = ast.ClassDef(name=name, bases=[], keywords=[], body=[], decorator_list=[])
    return Class(name, node, (), dict(methods or {}), None)


def record(kind: Class, attributes: Mapping[str, Value]) -> Instance:
    """Return an object with these attributes, which the program may change and add to."""
    return Instance(kind, dict(attributes))


NAMESPACE = record_class("Namespace")
