"""Source of any kind ends with a verdict, soon, and nothing of it is executed."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import pytest

from snugly.interpreter.budget import Budget
from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program
from snugly.interpreter.sources import Unreadable, parse

SECONDS = 5.0
FIRST = "import torch\n"
HOSTILE = {
    "infinite loop": "while True:\n    pass",
    "growing infinite loop": "a = []\nwhile True:\n    a = [a, a]",
    "long loop": "for i in range(10**9):\n    for j in range(10**9):\n        x = i * j",
    "huge power": "a = 10 ** 10 ** 10\nb = 9 ** 9 ** 9 ** 9\nc = 1 << 10**12\nd = 2 ** 4000000000",
    "growing power": "a = 2\nwhile True:\n    a = a ** a * a",
    "huge text": "a = 'x' * 10**12\nb = f'{1:>999999999999}'\nc = '%999999999d' % 1\nd = 'x'.ljust(10**12)\ne = '{:>{}}'.format(1, 10**9)",
    "doubling text": "a = 'ab'\nfor i in range(100):\n    a = a + a\n    b = a.replace('a', a)\n    c = a.join(a)",
    "huge list": "a = [0] * 10**12\nb = list(range(10**12))\nc = (1,) * 10**9\nd = [[0] * 10**6] * 10**6",
    "doubling list": "a = [1]\nfor i in range(100):\n    a = a + a\n    a.extend(a)\n    a += a",
    "recursion": "def f(n):\n    return f(n + 1)\nf(0)",
    "mutual recursion": "def f(n):\n    return g(n) + g(n)\ndef g(n):\n    return f(n) + f(n)\nf(0)",
    "branching recursion": "import random\ndef f(n):\n    if random.random() < 0.5:\n        return f(n - 1) + f(n - 2) + f(n - 3)\n    return f(n / 2)\nf(100)",
    "many branches": "import random\nx = 0\n" + "if random.random() < 0.5:\n    x += 1\nelse:\n    x = [x]\n" * 300,
    "nested branches": "import random\n" + "".join("    " * i + "if random.random() < 0.5:\n" for i in range(20)) + "    " * 20 + "x = 1",
    "self-containing list": "a = []\na.append(a)\nb = a == a\nfor i in range(200):\n    a.append(a)\nc = [a, a] == [a, a]",
    "self-containing dict": "a = {}\na['x'] = a\nb = {**a}\nc = a == b\nfor i in range(99):\n    a[i] = a",
    "self-containing object": "class A:\n    pass\na = A()\na.b = a\nfor i in range(200):\n    a.c = A()\n    a.c.b = a\n    a = a.c",
    "class of itself": "class A(A):\n    pass",
    "strange bases": "class A(1, 'x', *[2], **{'metaclass': 3}):\n    def f(self):\n        return super().f()\nA().f()\nclass B(A, object): pass\nB()",
    "getattr that asks itself": "class A:\n    def __getattr__(self, n):\n        return self.x\n    def __len__(self):\n        return len(self)\n    def __bool__(self):\n        return bool(self)\n    def __eq__(self, o):\n        return self == o\n    def __iter__(self):\n        return self\n    def __call__(self):\n        return self()\na = A()\na.y\nlen(a)\nif a: pass\na == a\na()\nlist(a)",
    "decorator of itself": "def d(f):\n    return d(f)\n@d\n@d\ndef f(): pass\nf()",
    "endless generator": "def f():\n    while True:\n        yield 1\nfor x in f():\n    y = list(f())\nz = sum(f())",
    "comprehension tower": "a = [[[[[[x for x in range(99)] for y in range(99)] for z in range(99)] for u in range(99)] for v in range(99)] for w in range(99)]",
    "flat comprehension": "a = [x for x in range(200) for y in range(200) for z in range(200) for u in range(200)]",
    "names that are not there": "a.b.c = d\ne[f] = g\ndel h, i.j\nk += l\nglobal m\nm()",
    "everything unknown": "from nowhere import *\nimport nothing.at.all as x\ny = x.f(*x, **x)[x:x, ...]\nfor z, *w in y: z @= w\nwith y as (p, q): pass\nlambda *a, **b: (yield)\n",
    "odd statements": "for a.b in [1]: pass\nfor c[0] in [1]: pass\n[d, [e, *f]] = 1, (2, 3)\nasync def g():\n    async for x in y: await z\n    async with u as v: return [i async for i in w]\ntry:\n    pass\nexcept* ValueError as r:\n    raise\nprint((yield))\nbreak\nreturn 5",
    "deep expression": "a = " + "(" * 80 + "1" + ")" * 80 + "\nb = " + "+".join(["1"] * 3000) + "\nc = " + "not " * 300 + "1",
    "deep calls": "def f(x): return x\na = " + "f(" * 80 + "1" + ")" * 80,
    "long chain of attributes": "import torch\na = torch" + ".x" * 500,
    "large literal": "a = [" + "[1, 2.5, 'x', (3, None)], " * 30_000 + "]\nimport torch\nb = torch.tensor([" + "1, " * 100_000 + "])",
    "large dict": "a = {" + ", ".join(f"'{i}': {i}" for i in range(30_000)) + "}\nb = {k: v for k, v in a.items()}\nc = sorted(a)",
    "many functions": "".join(f"def f{i}(x, y=1):\n    return f{(i + 1) % 2000}(x + y)\n" for i in range(2000)),
    "many lines": "import torch\nx = torch.zeros(3)\n" + "x = x + 1\ny = x.sum()\n" * 30_000,
    "huge tensors": "import torch\na = torch.zeros(10**9, 10**9, 10**9)\nb = torch.arange(10**15)\nc = torch.stack([a] * 10**6)\nd = a.view(-1).split(1)\ne = torch.cat(list(torch.eye(10**6)))\nf = torch.tensor(list(range(10**7)))\ng = b.tolist()\nh = [x for x in b]",
    "hostile numpy": "import numpy as np\na = np.zeros((10**6,) * 20)\nb = np.arange(10**12)\nc = np.meshgrid(*[b] * 30)\nd = np.array([[0] * 1000] * 1000)\ne = b.reshape(-1, 10**6).T @ b",
    "strange layers": "import torch\nfrom torch import nn\na = nn.Linear(-1, 'x')\nb = nn.Sequential(*[nn.Linear(3, 3) for _ in range(10**5)])\nc = nn.Conv2d(0, 0, 0, stride=0)(torch.zeros(0, 0, 0, 0))\nd = b(torch.zeros(3))\ne = nn.ModuleList([e for e in []])\nf = nn.CrossEntropyLoss()(None, 1)\ng = nn.Embedding(10**12, 10**12)",
    "exec and eval": "exec('while True: pass')\neval('1/0')\n__import__('os').system('true')\ncompile('x', 'y', 'exec')\nglobals()['a'] = 1\nprint(a)",
    "odd characters": "é = 'ü' * 3\nprint(é)  # \u2028\nx = '''a\fb'''\n\f\ny = é",
}  # fmt: skip


def take(text, root=None):
    started = time.process_time()
    try:
        machine = follow(Program(root), parse(text, "program.py"))
    except Unreadable:
        machine = None
    return machine, time.process_time() - started


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_source_ends_with_a_verdict(text):
    _, seconds = take(text)
    assert seconds < SECONDS


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe\x00x = 1", b"x = 1\x00", b"\x80abc", b"def f(:", b"(" * 5000],
    ids=["utf-16", "null byte", "no encoding", "syntax", "nesting"],
)
def test_what_is_not_python_is_said_to_be_unreadable(data):
    with pytest.raises(Unreadable) as caught:
        parse(data, "program.py")
    assert caught.value.message


def test_source_in_another_encoding_is_read():
    source = parse("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "program.py")
    assert source.lines[1] == "x = 'é'"


def test_columns_count_characters():
    source = parse("é = max('ü', x)", "program.py")
    place = source.place(source.tree.body[0].value.args[1])
    assert (place.column, place.end_column) == (14, 15)


def test_nothing_is_executed(tmp_path):
    """A file that would write to disk when it is imported, run, or when any part of it is called, does not."""
    canary = tmp_path / "canary"
    touch = f"open({str(canary)!r}, 'w').close()"
    (tmp_path / "helper.py").write_text(
        f"{touch}\ndef f():\n    {touch}\nclass A:\n    def __init__(self):\n        {touch}\n"
    )
    text = f"""
import os, sys, importlib, subprocess
from helper import f, A
from helper import *
import helper
{touch}
f(); A(); helper.f()
exec({touch!r}); eval({touch!r}); os.system("touch {canary}"); subprocess.run(["touch", {str(canary)!r}])
importlib.import_module("helper"); __import__("helper")
class B:
    def __del__(self): {touch}
    def __repr__(self): return {touch}
    def __getattr__(self, name): return {touch}
b = B(); print(b); b.x
from pathlib import Path
Path({str(canary)!r}).write_text("x")
if __name__ == "__main__":
    {touch}
"""
    (tmp_path / "program.py").write_text(text)
    before = set(sys.modules)
    program = Program(tmp_path)
    follow(program, program.read(tmp_path / "program.py"))
    assert not canary.exists()
    assert "helper" not in sys.modules
    assert not {name for name in set(sys.modules) - before if not name.startswith("snugly")} & {"torch", "helper"}


def test_cyclic_imports_end(tmp_path):
    (tmp_path / "a.py").write_text("from b import y\nx = 1\nimport a\n")
    (tmp_path / "b.py").write_text("import a\nfrom a import *\ny = 2\nz = a.x\n")
    program = Program(tmp_path)
    machine = follow(program, program.read(tmp_path / "a.py"))
    assert not machine.exhausted


def test_a_spent_budget_keeps_what_was_found():
    text = (
        FIRST
        + "loss = torch.nn.functional.mse_loss(torch.zeros(3, 1), torch.zeros(3))\na = [[i for i in range(9)] for j in range(99)]\n"
    )
    machine = follow(Program(None), parse(text, "program.py"), Budget(2.0, steps=40))
    assert machine.exhausted
    assert machine.events.losses


def test_files_of_the_standard_library_are_followed_to_a_verdict():
    """A sample; ``benchmarks/robustness.py`` takes them all."""
    files = sorted(Path(random.__file__).parent.glob("*.py"))
    for path in random.Random(0).sample(files, 5):
        started = time.process_time()
        program = Program(path.parent)
        follow(program, program.read(path), Budget(0.5))
        assert time.process_time() - started < SECONDS, path
