"""Programs without tensors: what the run says of their names covers what Python computes, exactly where it should."""

from __future__ import annotations

import textwrap
import types

import pytest
from covering import covers, says_exactly

EXACT = {
    "arithmetic": "a = 7 // 2 * 3 - 2 ** 5 % 7\nb = 1.5 / 3\nc = -a + ~b if False else not a\nd = 6 & 3 | 8 ^ 1 << 2 >> 1",
    "comparisons": "a = 1 < 2 <= 2 != 3\nb = 'x' in ['x', 'y']\nc = None is None\nd = 3 not in (1, 2)\ne = (1, 2) < (1, 3)",
    "boolean operators": "a = 0 or 'x'\nb = 1 and ''\nc = None or 0 or 5\nd = not []",
    "texts": "a = f'{3:>5}|{2.5:.2f}|{\"x\"!r}'\nb = 'a-b-c'.split('-')\nc = '%d of %s' % (3, 'x')\nd = '{}{}'.format(1, 2)\ne = 'ab' * 3",
    "text methods": "a = ' Ab '.strip().lower()\nb = ','.join(['x', 'y'])\nc = 'abc'.find('c')\nd = 'x=1'.partition('=')\ne = 'abc'[::-1]",
    "lists": "a = [1, 2]\na.append(3)\na.extend((4, 5))\nb = a.pop()\na.insert(0, 9)\nc = a[1:3]\na[0] = 7\ndel a[1]\nd = a.index(3)\na.reverse()",
    "dicts": "a = {'x': 1}\na['y'] = 2\nb = a.get('z', 0)\nc = list(a.items())\na.update(z=3)\nd = {**a, 'w': 4}\ne = a.pop('x')\nf = sorted(d)",
    "sets": "a = {1, 2, 2}\na.add(3)\nb = len(a)\nc = sorted(a | {5})\nd = sorted({1, 2} & {2, 3})",
    "unpacking": "a, (b, *c), d = 1, (2, 3, 4), 5\n[e, f] = 'xy'\n(g := 3)\nh, *i = range(4)\n*j, k = [1]",
    "comprehensions": "a = [x * y for x in range(3) for y in range(x) if y != x]\nb = {k: len(k) for k in ('a', 'bb')}\nc = sum(x for x in range(5))\nd = [[j for j in range(i)] for i in range(3)]",
    "shadowed comprehension": "x = 5\na = [x for x in range(2)]\nb = x",
    "slices": "a = list(range(10))\nb = a[-3:]\nc = a[::2]\na[2:4] = [0]\nd = len(a)",
    "loops": "a = []\nfor i in range(5):\n    if i == 3:\n        continue\n    a.append(i)\nelse:\n    b = 'done'\nfor c in 'xyz':\n    if c == 'y':\n        break\nelse:\n    b = 'never'",
    "while": "a = 1\nn = 0\nwhile a < 100:\n    a *= 2\n    n += 1\nelse:\n    n = -n",
    "zip and enumerate": "a = [(i, x, y) for i, (x, y) in enumerate(zip('ab', (1, 2)), 1)]\nb = list(map(lambda x: x + 1, [1, 2]))\nc = list(filter(None, [0, 1]))\nd = list(reversed([1, 2]))",
    "sorting": "a = sorted([3, 1, 2], reverse=True)\nb = sorted(['bb', 'a'], key=len)\nc = max([1, 5, 2])\nd = min('ba', 'ab')\ne = max(['a', 'bbb'], key=len)\nf = any([0, 1])\ng = all([])",
    "functions": "def f(a, b=2, *c, d, e=5, **g):\n    return a, b, c, d, e, g\nx = f(1, d=4)\ny = f(1, 2, 3, 4, d=0, z=9)\nz = f(*[1, 2], **{'d': 3})",
    "closures": "def counter():\n    n = 0\n    def step():\n        nonlocal n\n        n += 1\n        return n\n    return step\nc = counter()\na = c(), c()\nd = counter()()",
    "globals": "n = 1\ndef f():\n    global n\n    n = n + 1\n    return n\na = f()\nb = n",
    "recursion": "def f(n):\n    return 1 if n == 0 else n * f(n - 1)\na = f(2)",
    "lambdas": "f = lambda x, *y: (x, y)\na = f(1, 2, 3)\nfs = [lambda i=i: i for i in range(3)]\nb = [g() for g in fs]",
    "decorators": "def twice(f):\n    def g(*a):\n        return f(f(*a))\n    return g\n@twice\ndef inc(x):\n    return x + 1\na = inc(1)",
    "generators": "def f(n):\n    for i in range(n):\n        yield i * i\n    yield from (7, 8)\na = list(f(3))\nb = sum(f(3))\nc = next(f(2))",
    "classes": "class A:\n    n = 1\n    def __init__(self, x):\n        self.x = x\n    def f(self):\n        return self.x + self.n\n    @property\n    def p(self):\n        return self.x * 2\n    @staticmethod\n    def s(y):\n        return y\n    @classmethod\n    def c(cls, y):\n        return cls(y)\na = A(3).f()\nb = A.c(4).p\nd = A.s(5)",
    "inheritance": "class A:\n    def f(self):\n        return 'A'\nclass B(A):\n    def f(self):\n        return 'B' + super().f()\nclass C(A):\n    def f(self):\n        return 'C' + super().f()\nclass D(B, C):\n    def f(self):\n        return 'D' + super().f()\na = D().f()",
    "special methods": "class V:\n    def __init__(self, x):\n        self.x = x\n    def __add__(self, o):\n        return V(self.x + o.x)\n    def __len__(self):\n        return self.x\n    def __getitem__(self, i):\n        return i * self.x\n    def __call__(self, y):\n        return y + self.x\n    def __contains__(self, y):\n        return y == self.x\n    def __eq__(self, o):\n        return self.x == o.x\nv = V(2) + V(3)\na = len(v), v[2], v(1), 5 in v, v == V(5)",
    "iterator protocol": "class R:\n    def __init__(self, n):\n        self.n = n\n    def __iter__(self):\n        return iter(range(self.n))\na = list(R(3))",
    "dataclasses": "from dataclasses import dataclass, field\n@dataclass\nclass P:\n    x: int\n    y: int = 2\n    z: list = field(default_factory=list)\np = P(1)\na = p.x, p.y, p.z\nq = P(1, y=5)\nb = q.y",
    "named tuples": "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    y: int = 2\np = P(1)\na = p.x + p.y\ndel p",
    "enums": "from enum import Enum\nclass E(Enum):\n    A = 1\n    B = 2\na = E.A.value\nb = E.B.name\nc = len(E)\nd = E(2) is E.B\ne = [m.value for m in E]",
    "match": "def f(x):\n    match x:\n        case 0 | 1:\n            return 'small'\n        case [a, b]:\n            return a + b\n        case {'k': v}:\n            return v\n        case str():\n            return 'text'\n        case _:\n            return None\na = f(1), f([2, 3]), f({'k': 4}), f('x'), f(2.5)",
    "try": "a = []\ntry:\n    a.append(1)\n    raise ValueError\nexcept ValueError:\n    a.append(2)\nfinally:\n    a.append(3)",
    "try else": "try:\n    a = 1\nexcept KeyError:\n    a = 2\nelse:\n    a = 1\nfinally:\n    b = 3" if False else "b = 0\ntry:\n    pass\nfinally:\n    b = 3",
    "with": "class M:\n    def __enter__(self):\n        return 5\n    def __exit__(self, *a):\n        pass\nwith M() as m:\n    a = m",
    "assert and raise": "def f(x):\n    if x > 1:\n        raise ValueError\n    return x\na = f(1)\nassert a == 1",
    "augmented": "a = [1]\nb = a\na += [2]\nc = 3\nc -= 1\nd = {'k': 1}\nd['k'] *= 5",
    "conditional import": "try:\n    import math\nexcept ImportError:\n    math = None\na = math.floor(2.5)" if False else "import math\na = math.floor(2.5)\nb = math.sqrt(16)",
    "annotations": "a: int = 1\nb: 'str'\nc: list[int] = []",
    "chained targets": "a = b = [1]\na.append(2)\nc = len(b)",
    "class attributes": "class A:\n    k = 1\nA.k = 5\na = A().k\nclass B:\n    xs = [i for i in range(3)]\nb = B.xs",
    "getattr": "class A:\n    x = 1\na = getattr(A(), 'x')\nb = hasattr(A(), 'x')\nsetattr(A, 'y', 2)\nc = A.y",
    "main guard": "a = 0\nif __name__ == '__main__':\n    a = 1",
    "numbers": "a = int('12')\nb = float('1.5')\nc = round(2.567, 1)\nd = divmod(7, 3)\ne = abs(-2)\nf = bool([])\ng = str(3)\nh = pow(2, 3)\ni = 10 // 3.0",
    "big loop of a constant list": "a = [0] * 100\nb = len(a)",
}  # fmt: skip

COVERED = {
    "undecided branch": "import random\nx = random.random()\nif x < 0.5:\n    a = 1\nelse:\n    a = 2\nb = [1] if x < 0.5 else [2]",
    "undecided return": "import random\ndef f():\n    if random.random() < 0.5:\n        return 1\n    return 2\na = f()",
    "undecided raise": "import random\ndef f(x):\n    if x < -1:\n        raise ValueError\n    y = 1\n    return y\na = f(random.random())",
    "undecided break": "import random\na = 0\nfor i in range(200):\n    if random.random() < 0.1:\n        break\n    a = i",
    "long loop": "a = []\nn = 0\nfor i in range(500):\n    a.append(i * 2)\n    n += 1\nb = len(a)",
    "nested loops": "t = 0\nrows = []\nfor i in range(100):\n    row = []\n    for j in range(80):\n        row.append(i * j)\n        t += 1\n    rows.append(row)",
    "filtering": "import random\na = [x for x in range(300) if x % 7]\nb = [i for i in range(100) if random.random() < 0.5]",
    "growing text": "s = ''\nfor i in range(300):\n    s += 'x'",
    "unknown keys": "import random\nd = {}\nfor i in range(200):\n    d[i % 3] = i\nk = random.choice(['a', 'b'])\ne = {k: 1, 'c': 2}",
    "mutation in a branch": "import random\na = [1]\nif random.random() < 0.5:\n    a.append(2)\nb = len(a)",
    "while true": "import random\nn = 0\nwhile True:\n    n += 1\n    if random.random() < 0.3:\n        break",
    "state in an object": "class C:\n    def __init__(self):\n        self.n = 0\n        self.log = []\n    def step(self):\n        self.n += 1\n        self.log.append(self.n)\nc = C()\nfor _ in range(300):\n    c.step()\na = c.n\nb = len(c.log)",
    "swap": "a, b = 0, 1\nfor _ in range(90):\n    a, b = b, a + b",
    "try": "import random\ntry:\n    a = 1 if random.random() < 2 else 2\n    b = 1\nexcept ValueError:\n    a = 3\n    b = 2",
}  # fmt: skip


def run_for_real(text):
    names = {"__name__": "__main__"}
    exec(compile(textwrap.dedent(text), "program.py", "exec"), names)
    return {
        name: value
        for name, value in names.items()
        if not name.startswith("__") and not isinstance(value, types.ModuleType | types.FunctionType | type)
    }


@pytest.mark.parametrize("text", EXACT.values(), ids=EXACT)
def test_what_is_known_is_computed_as_python_computes_it(names_of, text):
    said = names_of(text)
    plain = (int, float, str, bool, tuple, list, dict, type(None))
    for name, actual in run_for_real(text).items():
        if not isinstance(actual, plain) or name.startswith("_"):
            continue
        if isinstance(actual, list | dict | tuple) and any(callable(one) for one in actual):
            continue
        assert says_exactly(said[name], actual), f"{name} = {actual!r}, said {said[name]!r}"


@pytest.mark.parametrize("text", COVERED.values(), ids=COVERED)
def test_what_depends_is_covered(names_of, text):
    said = names_of(text)
    for _ in range(5):
        for name, actual in run_for_real(text).items():
            assert covers(said[name], actual), f"{name} = {actual!r}, said {said[name]!r}"
