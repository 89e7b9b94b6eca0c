"""Pictures of unknown mode: an array of one has an axis for colours or it has none, and programs ask which."""

from __future__ import annotations

import pytest

READ = """
import numpy as np
from PIL import Image

picture = Image.open("some.png").resize((30, 20))
array = np.array(picture)
"""


@pytest.mark.parametrize(
    ("question", "rank"),
    [
        ("array.ndim == 2", 2),
        ("len(array.shape) == 2", 2),
        ("array.ndim == 3", 3),
        ("len(array.shape) > 2", 3),
        ("array.ndim != 2", 3),
        ("not array.ndim == 3", 2),
    ],
)
def test_a_question_about_the_rank_of_a_picture_is_answered_on_both_sides(follow, question, rank):
    names = follow(f"{READ}\nyes = no = None\nif {question}:\n    yes = array + 0\nelse:\n    no = array + 0\n")
    yes, no = (next(option for option in names[side].options if option is not None) for side in ("yes", "no"))
    assert (yes.rank, no.rank) == (rank, 5 - rank)
    assert yes.shape[:2] == no.shape[:2] == (20, 30)


def test_a_picture_gets_its_channel_axis_whatever_its_mode(follow):
    names = follow(f"{READ}\nif array.ndim == 2:\n    array = array[..., None]\nturned = array.transpose(2, 0, 1)\n")
    assert names["turned"].rank == 3
    assert names["turned"].shape[1:] == (20, 30)


def test_an_assertion_about_the_rank_is_believed(follow):
    assert follow(f"{READ}\nassert array.ndim == 3\ngray = array.mean(axis=2)\n")["gray"].shape == (20, 30)


def test_nothing_is_claimed_where_nobody_asks(follow):
    assert follow(f"{READ}\nturned = array.T\n")["turned"].shape is None
