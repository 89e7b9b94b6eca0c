"""Every wording that torch has had for the same fault is recognised and leads to the same rule."""

from __future__ import annotations

import pytest

import snugly

# fault, wording, version that says it so
WORDINGS = [
    (
        "bce sizes",
        "ValueError: Target and input must have the same number of elements. target nelement (196608) != input nelement (65536)",
        "1.6",
    ),
    (
        "bce sizes",
        "ValueError: Using a target size (torch.Size([4])) that is different to the input size (torch.Size([4, 1])) is deprecated. Please ensure they have the same size.",
        "2.13",
    ),
    (
        "bce sizes",
        "ValueError: Target size (torch.Size([64, 7])) must be the same as input size (torch.Size([64, 8]))",
        "0.2",
    ),
    (
        "distance sizes",
        "RuntimeError: input and target shapes do not match: input [64 x 1], target [64] at /pytorch/aten/src/THNN/generic/MSECriterion.c:12",
        "0.4",
    ),
    (
        "distance sizes",
        "RuntimeError: input and target have different number of elements: input[2 x 3] has 6 elements, while target[2] has 2 elements at /b/w/THNN/generic/MSECriterion.c:12",
        "0.3",
    ),
    ("batch", "ValueError: Expected input batch_size (1216) to match target batch_size (1280).", "2.13"),
    (
        "multi-target",
        "RuntimeError: multi-target not supported at /pytorch/torch/lib/THNN/generic/ClassNLLCriterion.c:22",
        "0.3",
    ),
    ("multi-target", "RuntimeError: 1D target tensor expected, multi-target not supported", "1.9"),
    ("multi-target", "RuntimeError: 0D or 1D target tensor expected, multi-target not supported", "2.13"),
    (
        "label dtype",
        "RuntimeError: Expected object of type torch.LongTensor but found type torch.FloatTensor for argument #2 'target'",
        "0.4",
    ),
    (
        "label dtype",
        "RuntimeError: Expected object of scalar type Long but got scalar type Float for argument #2 'target' in call to _thnn_nll_loss_forward",
        "1.6",
    ),
    ("label dtype", "RuntimeError: expected scalar type Long but found Float", "1.7"),
    ("label dtype", "RuntimeError: expected target dtype to be Long or Byte, but got Float", "2.13"),
    (
        "label range",
        "RuntimeError: Assertion `cur_target >= 0 && cur_target < n_classes' failed.  at /pytorch/aten/src/THNN/generic/ClassNLLCriterion.c:94",
        "1.0",
    ),
    (
        "label range",
        "RuntimeError: Expected cur_target >= 0 && cur_target < n_classes to be true, but got false.",
        "1.8",
    ),
    ("label range", "IndexError: Target 7 is out of bounds.", "1.9"),
    ("label range", "IndexError: Target A is out of bounds.", "2.13, uint8"),
    (
        "probabilities",
        "RuntimeError: Expected floating point type for target with class probabilities, got Long",
        "1.10",
    ),
    ("ignore_index", "RuntimeError: ignore_index is not supported for floating point target", "1.10"),
    ("bce range", "RuntimeError: all elements of input should be between 0 and 1", "1.5"),
    (
        "bce range",
        "/opt/conda/conda-bld/aten/src/THCUNN/BCECriterion.cu:57: Acctype bce_functor: block: [3,0,0], thread: [1,0,0] Assertion `input >= 0. && input <= 1.` failed.",
        "1.4",
    ),
    ("bce target range", "RuntimeError: all elements of target should be between 0 and 1", "2.1"),
    (
        "ranking",
        "ValueError: margin_ranking_loss does not support scalars, got sizes: input1: torch.Size([]), input2: torch.Size([]), target: torch.Size([])",
        "1.10",
    ),
    (
        "ranking",
        "RuntimeError: margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: torch.Size([4, 1]), input2: torch.Size([4, 1]), target: torch.Size([4])",
        "1.11",
    ),
    ("triplet", "RuntimeError: All inputs should have same dimension but got 2D, 2D and 1D inputs", "1.13"),
    (
        "triplet",
        "RuntimeError: The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor 2D, positive 2D, and negative 1D inputs",
        "2.0",
    ),
    (
        "multi margin",
        "RuntimeError: inconsistent target size at /pytorch/aten/src/THNN/generic/MultiMarginCriterion.c:37",
        "1.0",
    ),
    (
        "multi margin",
        "RuntimeError: multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). Expected target size [4], but got [4, 1]. Input has shape [4, 3].",
        "2.12",
    ),
    ("kl ints", "RuntimeError: kl_div: Integral inputs not supported.", "1.13"),
    ("unbatched", "ValueError: For 1D input, 1D target must have size 1, but got target size: 32", "2.10"),
    ("element weight", "ValueError: Weights and input must have the same size.", "2.6"),
    (
        "class weight",
        "RuntimeError: weight tensor should be defined either for all 19 classes or no classes but got weight tensor of shape: [1, 19]",
        "2.13",
    ),
    (
        "class weight",
        "RuntimeError: weight tensor should be defined either for all or no classes at /pytorch/torch/lib/THNN/generic/SpatialClassNLLCriterion.c:28",
        "0.3",
    ),
    (
        "spatial",
        "RuntimeError: only batches of spatial targets supported (3D tensors) but got targets of dimension: 4",
        "2.13",
    ),
    (
        "spatial",
        "RuntimeError: only batches of spatial targets supported (non-empty 3D tensors) but got targets of size: : [2, 256, 256, 3]",
        "1.0",
    ),
    (
        "cuda",
        "RuntimeError: CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.",
        "2.13",
    ),
    (
        "cuda",
        "RuntimeError: cuda runtime error (59) : device-side assert triggered at /pytorch/aten/src/THC/generic/THCTensorMath.cu:24",
        "1.0",
    ),
]


@pytest.mark.parametrize(
    ("fault", "wording", "version"), WORDINGS, ids=[f"{fault}, {version}" for fault, _, version in WORDINGS]
)
def test_a_wording_is_known_and_has_causes(fault, wording, version):
    report = snugly.explain(wording)
    assert report.findings, f"{fault} of torch {version} is not known"
    finding = report.findings[0]
    assert finding.likely
    assert finding.likely[0].because
    assert finding.likely[0].edit
    assert finding.raises is not None


def test_wordings_of_one_fault_lead_to_one_rule():
    rules: dict[str, set[str]] = {}
    for fault, wording, _ in WORDINGS:
        rules.setdefault(fault, set()).add(snugly.explain(wording).findings[0].name)
    assert {fault: names for fault, names in rules.items() if len(names) > 1} == {}


def test_a_cuda_assert_with_its_condition_is_told_by_the_condition():
    report = snugly.explain(
        "/pytorch/aten/src/ATen/native/cuda/Loss.cu:250: nll_loss_forward_reduce_cuda_kernel_2d: block: [0,0,0], "
        "thread: [13,0,0] Assertion `t >= 0 && t < n_classes` failed.\n"
        "Traceback (most recent call last):\n"
        '  File "train.py", line 41, in <module>\n'
        "    loss.backward()\n"
        "RuntimeError: CUDA error: device-side assert triggered\n"
    )
    assert "class indices" in report.findings[0].message
    assert report.findings[0].line == 41
