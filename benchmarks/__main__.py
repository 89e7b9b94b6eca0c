"""``python -m benchmarks [NAME ...]`` measures everything, or the modules named, and prints one table."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks.measuring import Row, table


def main() -> None:
    names = sys.argv[1:] or [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    rows: list[Row] = []
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "measure"):
            print(f"measuring {name} ...", file=sys.stderr)
            rows += module.measure()
    print(table(rows))


if __name__ == "__main__":
    main()
