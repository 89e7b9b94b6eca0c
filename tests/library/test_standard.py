"""What is said of the standard library, against the library itself: on constants it is exact, on the rest it holds."""

import random
import sys

import pytest

CONSTANTS = """
import math, itertools, functools, collections, operator, string, re, copy, json, os.path, types, dataclasses
from collections import deque, defaultdict, Counter, OrderedDict, namedtuple
a = math.sqrt(16), math.log(10), math.log(8, 2), math.log2(8), math.exp(1.5), math.sin(1), math.cos(0), math.tanh(0.3)
b = math.floor(2.7), math.ceil(2.1), math.trunc(-1.5), math.prod([1, 28, 28]), math.gcd(12, 18), math.factorial(5), math.comb(5, 2)
c = math.pi * 2, math.inf, math.hypot(3, 4), math.isnan(1.0), math.pow(2, 3), math.isqrt(17), math.fsum([0.1] * 10), math.modf(2.5)
d = list(itertools.chain([1, 2], (3,))), list(itertools.product([0, 1], "ab")), list(itertools.combinations([1, 2, 3], 2))
e = list(itertools.permutations([1, 2, 3], 2)), list(itertools.islice([1, 2, 3, 4], 1, 3)), list(itertools.accumulate([1, 2, 3]))
f = list(itertools.repeat(7, 3)), list(itertools.chain.from_iterable([[1], [2, 3]])), list(itertools.zip_longest([1, 2], [3], fillvalue=0))
g = list(itertools.pairwise([1, 2, 3])), list(itertools.compress("abc", [1, 0, 1])), list(itertools.takewhile(lambda x: x < 3, [1, 2, 3, 1]))
h = functools.reduce(lambda x, y: x * y, [1, 2, 3, 4]), functools.partial(max, 3)(5), functools.reduce(operator.add, [[1], [2]], [])
queue = deque([1, 2, 3])
queue.append(4)
queue.appendleft(0)
i = queue.popleft(), queue.pop(), len(queue), list(queue)
queue.rotate(1)
j = list(queue)
counts = Counter("abracadabra")
k = counts["a"], counts["z"], counts.most_common(2), len(counts), sorted(counts.items()), counts.total()
groups = defaultdict(list)
groups["x"].append(1)
groups["x"].append(2)
groups["y"].append(3)
l = dict(groups), len(groups)
Pair = namedtuple("Pair", "left right")
pair = Pair(1, right=2)
m = pair.left, pair[1], len(pair)
n = [operator.itemgetter(1)([5, 6]), operator.mul(3, 4), operator.attrgetter("left")(pair)]
o = string.ascii_lowercase[:3], len(string.printable), re.findall(r"\\w+", "Hello, big world"), re.sub(r"\\d", "#", "a1b2"), re.split(r",", "a,b")
first = [1, [2]]
second = copy.deepcopy(first)
second[1].append(3)
p = first, second, copy.copy(first)
q = json.loads('{"a": [1, 2.5, null, true]}'), os.path.join("a", "b.txt"), os.path.splitext("x.tar.gz"), os.path.basename("a/b")
ordered = OrderedDict([("one", 1), ("two", 2)])
r = list(ordered), ordered["two"], list(ordered.values())
names = types.SimpleNamespace(depth=3)
names.width = 4
s = names.depth + names.width
@functools.lru_cache(maxsize=None)
def double(x):
    return 2 * x
t = double(4), functools.wraps(double)(lambda x: x)(3)
"""


def test_known_values_are_computed_exactly(follow, faults):
    real = {}
    exec(CONSTANTS, real)
    found = follow(CONSTANTS)
    wrong = [fault for name in "abcdefghijklmnopqrst" for fault in faults(found[name], real[name], name)]
    assert wrong == []


DRAWN = [
    "random.random()", "random.uniform(-2, 3)", "random.randint(1, 6)", "random.randrange(10)", "random.randrange(2, 9, 3)",
    "random.choice([3, 5, 9])", "random.choices([1, 2], k=4)", "random.sample(range(50), 5)", "random.gauss(0, 1)",
    "random.expovariate(2.0)", "random.betavariate(1, 2)", "random.choice('abc')", "random.Random(3).randint(0, 4)",
    "random.Random(3).random()", "random.getrandbits(4)", "random.triangular(0, 1)", "shuffled([1, 2, 3])",
    "random.sample([(1, 'a'), (2, 'b')], 2)", "random.choices([[1, 2], [3, 4]], weights=[1, 3], k=2)",
]  # fmt: skip


@pytest.mark.parametrize("expression", DRAWN)
def test_what_is_drawn_lies_in_its_bounds(expression, follow, faults):
    text = f"import random\ndef shuffled(x):\n    random.shuffle(x)\n    return x\nx = {expression}\n"
    found = follow(text)["x"]
    for seed in range(30):
        real = {}
        random.seed(seed)
        exec(text, real)
        assert faults(found, real["x"], expression) == []


OPTIONS = [
    '"--lr", type=float, default=0.1', '"--lr", type=float, default="0.5"', '"--batch-size", "-b", type=int, default=32',
    '"--name", default="run"', '"--flag", action="store_true"', '"--no-cuda", action="store_false", dest="cuda"',
    '"--sizes", nargs="+", type=int, default=[1, 2]', '"--steps", type=int', '"-v", action="count"',
    '"--model", choices=["a", "b"], default="b"', '"--tags", action="append"', '"--mode", action="store_const", const=3',
    '"--both", action=argparse.BooleanOptionalAction, default=True', '"--gamma", type=lambda s: float(s) * 2, default="0.5"',
    '"extra", nargs="*"', '"maybe", nargs="?", type=int, default=7', '"--pair", nargs=2, type=float, default=(0.9, 0.999)',
    '"--hidden", default=None, type=int', '"--drop", default=argparse.SUPPRESS', '"--size", type=int, nargs="?", const=9, default=3',
]  # fmt: skip
LINES = [
    [],
    ["--batch-size", "8"],
    ["--flag", "--lr", "0.25"],
    ["--sizes", "4", "5"],
    ["--tags", "x", "--tags", "y"],
    ["-b", "2"],
]


def parser_program(seed, given):
    draw = random.Random(seed)
    chosen = draw.sample(OPTIONS, draw.randint(3, 9))
    lines = ["import argparse", "parser = argparse.ArgumentParser(description='generated')"]
    if draw.random() < 0.3:
        lines.append("group = parser.add_argument_group('a group')")
    for option in chosen:
        target = "group" if "group = " in lines[-1] else "parser"
        lines.append(f"{target}.add_argument({option})")
    if draw.random() < 0.3:
        lines.append("parser.set_defaults(lr=3.0, added=1)")
    lines.append(f"args = parser.parse_args({given!r})" if given else "args = parser.parse_args()")
    lines.append("settings = vars(args)")
    return "\n".join(lines)


@pytest.mark.parametrize("given", LINES, ids=" ".join)
def test_parsers_answer_as_argparse_does(given, follow, faults, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["program"])
    compared = 0
    for seed in range(60):
        text = parser_program(seed, given)
        real = {}
        try:
            exec(text, real)
        except SystemExit:
            continue
        except Exception as error:
            assert "conflicting" in str(error)  # noqa: PT017
            continue
        found = follow(text)
        compared += 1
        assert set(found["args"].attributes) == set(vars(real["args"])), text
        assert faults(found["args"], real["args"], text) == []
    assert compared > 2
