"""Promotion of dtypes, against torch itself, exhaustively."""

import itertools

import pytest
import torch

from snugly.facts.dtypes import DTYPES, NUMBER_DTYPES, Standing, can_cast, promote_types, result_type
from snugly.facts.misfits import Misfit

NUMBERS = {"bool": True, "int": 1, "float": 1.0, "complex": 1j}


def torch_answer(function, *args):
    try:
        return str(function(*args)).removeprefix("torch.")
    except RuntimeError as error:
        return str(error)


def our_answer(function, *args):
    try:
        return str(function(*args))
    except Misfit as misfit:
        return misfit.message


@pytest.mark.parametrize("a", DTYPES)
def test_promote_types_is_that_of_torch_or_its_message(a):
    for b in DTYPES:
        expected = torch_answer(torch.promote_types, getattr(torch, a), getattr(torch, b))
        assert our_answer(promote_types, a, b) == expected, (a, b)


def test_can_cast_is_that_of_torch():
    for a, b in itertools.product(DTYPES, DTYPES):
        assert can_cast(a, b) == torch.can_cast(getattr(torch, a), getattr(torch, b)), (a, b)


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("a", DTYPES)
def test_result_type_of_tensors_and_numbers_is_that_of_torch(a):
    for rank in (0, 1):
        tensor = torch.ones([2] * rank).to(getattr(torch, a))
        ours = (a, Standing(rank + 1))
        for kind, number in NUMBERS.items():
            expected = torch_answer(torch.result_type, tensor, number)
            assert our_answer(result_type, [ours, (NUMBER_DTYPES[kind], Standing.NUMBER)]) == expected, (a, rank, kind)
        for b, other_rank in itertools.product(DTYPES, (0, 1)):
            other = torch.ones([2] * other_rank).to(getattr(torch, b))
            expected = torch_answer(torch.result_type, tensor, other)
            assert our_answer(result_type, [ours, (b, Standing(other_rank + 1))]) == expected, (a, rank, b, other_rank)


def test_an_unknown_rank_leaves_the_dtype_open_only_where_it_matters():
    assert result_type([("float32", None), ("float32", Standing.WITH_AXES)]) == "float32"
    assert result_type([("float64", None), ("float32", Standing.WITH_AXES)]) is None
    assert result_type([("float64", None), ("int64", Standing.WITH_AXES)]) == "float64"
    assert result_type([(None, Standing.WITH_AXES), ("int64", Standing.NUMBER)]) is None
