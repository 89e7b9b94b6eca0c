"""Records mean what dataclasses mean, for the first of a class as for the many that follow."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from snugly.facts import records
from snugly.facts.records import MANY


def both(**options):
    """The same class as a record and as a dataclass, and what makes them."""

    def made(module):
        @module.dataclass(**options)
        class Part:
            a: int
            b: str = "b"
            c: list[int] = module.field(default_factory=list)
            d: int = module.field(default=4, init=False)

        @module.dataclass(**options)
        class Whole(Part):
            e: tuple[int, ...] = ()
            f: int = module.field(default=0, compare=False, repr=False)

            def __post_init__(self):
                object.__setattr__(self, "e", tuple(self.e))

        return Part, Whole

    return made(records), made(dataclasses)


CALLS = [
    ((1,), {}),
    ((1, "x", [2]), {}),
    ((), {"a": 1, "c": [3]}),
    ((), {}),
    ((1,), {"a": 2}),
    ((1,), {"z": 2}),
    ((1, "x", [2], 5, 6, 7, 8, 9), {}),
    ((1,), {"d": 2}),
    ((1,), {"e": [1, 2], "f": 3}),
]


def result(cls, args, kwargs):
    try:
        made = cls(*args, **kwargs)
    except TypeError as error:
        return str(error).rpartition("__init__()")[2]
    names = (
        [field.name for field in cls.__fields__]
        if hasattr(cls, "__fields__")
        else [f.name for f in dataclasses.fields(cls)]
    )
    return repr(made).rpartition(".")[2], [getattr(made, name) for name in names], made == cls(*args, **kwargs)


@pytest.mark.parametrize(
    "options", [{}, {"frozen": True}, {"slots": True, "frozen": True}, {"kw_only": True}, {"eq": False}]
)
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("call", CALLS)
def test_a_record_is_made_as_a_dataclass_is_whether_compiled_or_not(options, which, call):
    ours, theirs = both(**options)
    expected = result(theirs[which], *call)
    for _ in range(MANY + 2):
        assert result(ours[which], *call) == expected


def test_records_of_one_class_are_made_by_many_threads_at_once():
    for _ in range(50):

        @records.dataclass()
        class Pair:
            a: int
            b: int = 2

        begin, made = threading.Barrier(4), []

        def make(begin=begin, made=made, cls=Pair):
            begin.wait()
            made.extend(cls(number) for number in range(MANY))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(pair.a for pair in made) == sorted(list(range(MANY)) * 4)
