"""Contracts against torch's own kernels, on generated calls."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from agree import Tally, compare
from calls import LOSSES, Generator

CALLS = int(os.environ.get("SNUGLY_AGREEMENT_CALLS", "20000"))
SEED = int(os.environ.get("SNUGLY_AGREEMENT_SEED", "0"))
AGREE = Path(__file__).with_name("agree.py")
IN_MEMORY = [loss for loss in LOSSES if loss != "ctc_loss"]


@pytest.mark.parametrize("loss", IN_MEMORY)
def test_every_verdict_is_what_the_kernel_does(loss):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tally = compare(Generator(SEED * 1000 + LOSSES.index(loss)), loss, CALLS, Tally())
    assert not tally.disagreements, "\n".join(tally.disagreements.values())
    assert not tally.texts, "\n".join(tally.texts)
    assert tally.accepted > CALLS // 20


def test_ctc_agrees_in_a_process_that_may_die():
    run = [sys.executable, str(AGREE), "--loss", "ctc_loss", "--calls", str(CALLS), "--seed", str(SEED)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"ctc_loss: \d+ calls, \d{2,} accepted, 0 disagreements", done.stdout), done.stdout
