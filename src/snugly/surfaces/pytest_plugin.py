"""The pytest plugin: with ``--snugly`` each test runs under a guard, and one whose tensors do not fit fails.

Switched on by the option, by ``snugly = true`` in the ini file, for one test by the marker ``snugly`` (whose keywords
are options of ``snugly.guard``), or by the fixture ``snugly_guard``, which does not raise but collects findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from snugly.surfaces.guarding import guard


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini value."""
    group = parser.getgroup("snugly", "model outputs and targets that do not fit")
    group.addoption("--snugly", action="store_true", default=None, help="fail tests whose tensors do not fit a loss")
    parser.addini("snugly", "fail tests whose tensors do not fit a loss", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", "snugly(**options): watch the losses of this test; options of snugly.guard, or enabled=False"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run a test under a guard if that was asked for."""
    options = _options(item)
    if options is None:
        return (yield)
    from snugly.surfaces.guarding import guard

    with guard(**options):
        return (yield)


def _options(item: pytest.Item) -> dict[str, Any] | None:
    """Return the options of the guard of a test; ``None`` for no guard."""
    config = item.config
    wanted = bool(config.getoption("--snugly") or config.getini("snugly"))
    marker = item.get_closest_marker("snugly")
    options = dict(marker.kwargs) if marker is not None else {}
    if not options.pop("enabled", wanted or marker is not None) or "snugly_guard" in getattr(item, "fixturenames", ()):
        return None
    return {"on_finding": "raise", "value_checks": "always", **options}


@pytest.fixture
def snugly_guard() -> Iterator[guard]:
    """A guard that raises nothing; ``snugly_guard.findings`` holds what the test met."""
    from snugly.surfaces.guarding import guard

    with guard(on_finding=lambda _: None, value_checks="always") as watching:
        yield watching
