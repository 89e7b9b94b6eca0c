"""Preflights the training steps of a folder of cases: broken programs with a ``case.json`` beside their correct twins.

    SNUGLY_CASES=folder python tests/quality/preflight_cases.py [NAME ...]

The step is the one that the program trains with: the loop over batches that calls ``backward()`` is cut out of its
source, what comes before it runs as it is, and the body of the loop up to ``backward()`` becomes the step. A program
whose loop takes its batches from no loader has no step that a user would hand over, and is left out.
"""

from __future__ import annotations

import ast
import io
import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Captured(BaseException):
    """The training loop was reached; carries the step."""

    def __init__(self, step: Any, loader: Any, names: dict[str, Any]) -> None:
        """Keep what the loop is about to use."""
        super().__init__()
        self.step, self.loader, self.names = step, loader, names


class Cutting(ast.NodeTransformer):
    """Replaces the first loop over batches that goes backward by ``raise Captured(step, loader, names)``."""

    def __init__(self) -> None:
        self.done = False
        self._functions: list[ast.FunctionDef] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()
        return node

    def visit_For(self, node: ast.For) -> Any:
        at = next((i for i, each in enumerate(node.body) if _calls_backward(each)), None)
        if at is None or self.done:
            self.generic_visit(node)
            return node
        self.done = True
        loader, target = _loader(node)
        result = _receiver(node.body[at])
        body = [ast.Assign([target], ast.Name("snugly_batch", ast.Load())), *node.body[:at], ast.Return(result)]
        assigned = {
            each.id
            for part in body
            for each in ast.walk(part)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        outer = assigned & _bound_before(self._functions[-1], node) if self._functions else assigned
        if outer:
            body.insert(0, (ast.Nonlocal if self._functions else ast.Global)(sorted(outer)))
        arguments = ast.arguments([], [ast.arg("snugly_model"), ast.arg("snugly_batch")], None, [], [], None, [])
        step = ast.FunctionDef("snugly_step", arguments, body, [], None, None)
        raised = ast.parse("raise snugly_Captured(snugly_step, snugly_loader, {**globals(), **locals()})").body
        made = [step, ast.Assign([ast.Name("snugly_loader", ast.Store())], loader), *raised]
        for each in made:
            ast.copy_location(each, node)
            ast.fix_missing_locations(each)
        return made


def _calls_backward(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and getattr(statement.value.func, "attr", "") == "backward"
    )


def _receiver(statement: Any) -> ast.expr:
    return statement.value.func.value


def _loader(loop: ast.For) -> tuple[ast.expr, ast.expr]:
    call = loop.iter
    if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"enumerate", "tqdm"} and call.args:
        target = (
            loop.target.elts[1] if isinstance(loop.target, ast.Tuple) and call.func.id == "enumerate" else loop.target
        )
        return call.args[0], target
    return call, loop.target


def _bound_before(function: ast.FunctionDef, loop: ast.For) -> set[str]:
    scopes = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
    own = [each for each in ast.walk(function) if isinstance(each, scopes)]
    inside = {id(each) for scope in (loop, *own) for each in ast.walk(scope)}
    bound = {each.arg for each in function.args.args}
    return bound | {
        each.id
        for each in ast.walk(function)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and id(each) not in inside
    }


def captured(path: Path) -> Captured | None:
    """Run a program up to its training loop and return the step."""
    import torch

    programs = [path, *(each for each in path.parent.glob("*.py") if each != path)]
    hooks, before = _Cut({each.stem: each for each in programs}), set(sys.modules)
    sys.path.insert(0, str(path.parent))
    sys.meta_path.insert(0, hooks)
    old, argv = os.getcwd(), sys.argv
    os.chdir(path.parent)
    sys.argv = [str(path)]
    torch.manual_seed(0)
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(path), "snugly_Captured": Captured}
    try:
        exec(_cut(path), names)
    except Captured as found:
        return found
    finally:
        os.chdir(old)
        sys.argv = argv
        sys.meta_path.remove(hooks)
        sys.path.remove(str(path.parent))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(path.parent)):
                del sys.modules[name]
    return None


def _cut(path: Path) -> Any:
    return compile(Cutting().visit(ast.parse(path.read_text())), str(path), "exec")


class _Cut:
    """Imports the modules beside a program with their loops cut out."""

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002 - Python's own signature
        import importlib.util

        file = self._files.get(name)
        return None if file is None else importlib.util.spec_from_file_location(name, file, loader=self)

    def create_module(self, spec: Any) -> None:
        """Let Python make the module."""

    def exec_module(self, module: Any) -> None:
        module.snugly_Captured = Captured
        exec(_cut(Path(module.__spec__.origin)), vars(module))


def models(names: dict[str, Any]) -> dict[str, Any]:
    """Return the modules with parameters among the names that the loop sees."""
    from torch import nn

    found: dict[int, tuple[str, Any]] = {}
    for name, value in names.items():
        if isinstance(value, nn.Module) and any(True for _ in value.parameters()):
            found.setdefault(id(value), (name, value))
    return dict(found.values())


def preflighted(path: Path) -> Any:
    """Return the report on the step of a program, or a text that says why there is none."""
    import snugly

    try:
        with redirect_stdout(io.StringIO()):
            found = captured(path)
    except Exception as error:
        return f"stops before its loop: {type(error).__name__}: {error}"
    if found is None:
        return "no loop over batches"
    if not hasattr(found.loader, "batch_sampler") and not isinstance(found.loader, list):
        return "no loader"
    with redirect_stdout(io.StringIO()):
        return snugly.preflight(models(found.names), None, found.loader, step=found.step)


def main() -> None:
    """Print a line for each program and the figures."""
    root = Path(os.environ["SNUGLY_CASES"])
    wanted = sys.argv[1:]
    counts: dict[str, list[int]] = {"broken found": [], "fixed silent": [], "fixed proved": []}
    for folder in _folders(root):
        if wanted and not any(each in str(folder) for each in wanted):
            continue
        for path, broken in (
            ((folder / "broken.py", True), (folder / "fixed.py", False)) if folder.is_dir() else ((folder, False),)
        ):
            report = preflighted(path)
            label = f"{folder.name} {path.stem}"
            if isinstance(report, str):
                print(f"{label:<45} left out: {report}")
                continue
            codes = sorted({finding.code for finding in report.findings})
            proved = report.proof.startswith("proved")
            if broken:
                counts["broken found"].append(bool(codes))
                case = json.loads((folder / "case.json").read_text())
                at = any(
                    finding.line
                    in (case["error_line"], case["cause_line"], *case["also_error_lines"], *case["also_cause_lines"])
                    for finding in report.findings
                )
                codes.append("at the line" if at else "elsewhere")
            else:
                counts["fixed silent"].append(not codes)
                counts["fixed proved"].append(proved)
            print(f"{label:<45} {' '.join(codes) or '-':<24} {report.proof[:150]}")
    for name, hits in counts.items():
        print(f"{name}: {sum(hits)} of {len(hits)}")


def _folders(root: Path) -> Iterator[Path]:
    yield from sorted(each for each in root.iterdir() if (each / "case.json").exists())
    yield from sorted((root / "correct").glob("*.py"))


if __name__ == "__main__":
    main()
