"""What people paste: noise around the error, escape codes, notebooks, launchers, junk, megabytes."""

from __future__ import annotations

import time

import pytest

import snugly
from snugly.messages.explaining import NotTextError
from snugly.messages.paste import clean

ERROR = "ValueError: Expected input batch_size (324) to match target batch_size (4)."
TRACEBACK = f"""Epoch 0:   0%|          | 0/25 [00:00<?, ?it/s]
Traceback (most recent call last):
  File "/home/me/train.py", line 41, in <module>
    main()
  File "/home/me/train.py", line 33, in main
    loss = criterion(outputs, labels.to(device))
  File "/usr/lib/python3.11/site-packages/torch/nn/modules/loss.py", line 1293, in forward
    return F.cross_entropy(
{ERROR}
"""


def test_a_traceback_gives_the_users_line_and_names():
    finding = snugly.explain(TRACEBACK).findings[0]
    assert (finding.file, finding.line) == ("/home/me/train.py", 33)
    assert finding.loss == "torch.nn.functional.cross_entropy"
    row = snugly.explain(TRACEBACK.replace("(324)", "(8)").replace("(4)", "(1)")).findings[0]
    assert row.likely[0].edit.startswith("labels.to(device).squeeze(0)")


@pytest.mark.parametrize("prefix", ["[rank0]: ", "[rank1]:", "(pid=7121) ", "(RayTrainWorker pid=7121, ip=10.0.0.1) "])
def test_a_launchers_prefix_is_taken_off(prefix):
    pasted = "".join(prefix + line + "\n" for line in TRACEBACK.splitlines())
    finding = snugly.explain(pasted).findings[0]
    assert finding.line == 33


def test_colours_and_line_wraps_do_not_hide_the_message():
    colored = "\x1b[91mValueError\x1b[0m: Expected input batch_size\n   (324) to match\r\n target batch_size (4)."
    assert snugly.explain(colored).findings[0].facts["input"].shape[0] == 324


def test_a_notebooks_frames_are_read():
    pasted = (
        "---------------------------------------------------------------------------\n"
        "ValueError                                Traceback (most recent call last)\n"
        "Cell In[12], line 7\n      5 for x, y in loader:\n      6     out = net(x)\n----> 7     loss = loss_fn(out, y)\n"
        f"{ERROR}"
    )
    frame = clean(pasted).frames[0]
    assert (frame.file, frame.line, frame.code) == ("Cell In[12]", 7, "loss = loss_fn(out, y)")
    assert snugly.explain(pasted).findings[0].line == 7


def test_the_error_that_stopped_the_program_comes_before_a_warning():
    pasted = (
        "UserWarning: Using a target size (torch.Size([6])) that is different to the input size (torch.Size([3, 2])). This will "
        "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.\n"
        "RuntimeError: The size of tensor a (2) must match the size of tensor b (6) at non-singleton dimension 1"
    )
    kinds = [str(finding.severity) for finding in snugly.explain(pasted).findings]
    assert kinds == ["error", "warning"]


def test_an_unknown_text_has_no_finding_and_says_what_to_send():
    report = snugly.explain("KeyError: 'lr'")
    assert report.findings == ()
    assert "report" in report.notes[0]


@pytest.mark.parametrize("junk", ["", "  \n ", "\0\1\2 ELF", bytes(range(256)).decode("latin-1") * 20])
def test_what_is_no_text_is_refused(junk):
    with pytest.raises(NotTextError):
        snugly.explain(junk)


def test_ten_megabytes_of_log_are_read():
    log = "step 12 loss 0.31 batch_size 4 Error rate 0.2\n" * 200_000 + TRACEBACK
    started = time.perf_counter()
    finding = snugly.explain(log).findings[0]
    assert finding.line == 33
    assert time.perf_counter() - started < 10  # a guard against quadratic reading; the bar is in benchmarks/
