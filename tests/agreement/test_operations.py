"""Operations on facts against torch itself, on torch's own operator samples: shapes, dtypes, values, refusals."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch_samples import OTHERS, Score, operators, run

from snugly.operations import registry

# How many elements these give is decided by the elements.
DECIDED_BY_ELEMENTS = {
    "argwhere",
    "bincount",
    "masked_select",
    "nonzero",
    "nn.functional.one_hot",
    "repeat_interleave",
    "tensor_split",
    "unique",
    "unique_consecutive",
}
SAMPLES = 30  # of each operator and dtype; ``python tests/agreement/torch_samples.py`` runs them all


@pytest.fixture(scope="module")
def scores():
    torch.manual_seed(0)
    with ThreadPoolExecutor(1) as short_stack:  # torch formats its stack for each sample; pytest's is deep
        return short_stack.submit(run, operators(), most=SAMPLES).result()


def total(scores: dict[str, Score], part: str) -> int:
    counts = [getattr(score, part) for score in scores.values()]
    return sum(len(count) if isinstance(count, list) else count for count in counts)


def test_no_shape_dtype_or_value_is_wrong_and_nothing_is_refused_that_torch_takes(scores):
    wrong = [line for score in scores.values() for line in score.wrong]
    assert not wrong, "\n".join(line[:300] for line in wrong[:30])


def test_what_torch_refuses_is_refused_with_its_exception_type(scores):
    others = [line for score in scores.values() for line in score.other_type]
    assert len(others) <= 3, "\n".join(line[:300] for line in others)
    assert total(scores, "refused") > 150


def test_little_is_unknown_where_the_elements_do_not_decide_it(scores):
    known = {name: score for name, score in scores.items() if name not in DECIDED_BY_ELEMENTS}
    assert total(known, "samples") > 8000
    assert total(known, "unknown") / total(known, "samples") < 0.01


def test_symbolic_sizes_agree_with_every_sample(scores):
    assert total(scores, "symbolic") > 4000


def test_most_of_torchs_operators_are_declared(scores):
    assert len(scores) > 540
    assert not OTHERS & scores.keys()


def test_every_declared_name_of_torch_is_there():
    missing = []
    for name in registry.names():
        owner, _, attribute = name.rpartition(".")
        if owner in ("torch", "torch.Tensor", "torch.nn.functional", "torch.linalg", "torch.fft", "torch.special"):
            place = torch
            for part in owner.split(".")[1:]:
                place = getattr(place, part)
            if not hasattr(place, attribute):
                missing.append(name)
    assert not missing, missing
