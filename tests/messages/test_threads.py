"""Real messages from public threads whose cause is known: it comes first among the likely causes."""

from __future__ import annotations

import pytest

import snugly

ELEMENTS = (
    "ValueError: Target and input must have the same number of elements. target nelement ({}) != input nelement ({})"
)
BATCH = "ValueError: Expected input batch_size ({}) to match target batch_size ({})."
LOGITS = "ValueError: Target size (torch.Size({})) must be the same as input size (torch.Size({}))"
BCE = "ValueError: Using a target size (torch.Size({})) that is different to the input size (torch.Size({})) is deprecated. Please ensure they have the same size."
WARNING = "UserWarning: Using a target size (torch.Size({})) that is different to the input size (torch.Size({})). This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size."
MATRIX = "RuntimeError: mat1 and mat2 shapes cannot be multiplied ({} and {})"

# thread, message, words of the true cause (any of them)
THREADS = [
    ("tsai#22", WARNING.format([16], [16, 1]), ["column"]),
    ("pytorch#16045", WARNING.format([100], [100, 1]), ["column"]),
    ("FARM#229", WARNING.format([32, 1], [32]), ["axis of size 1"]),
    ("NSSADNN_IQA#1", WARNING.format([1], []), ["squeeze() without an axis"]),
    ("xlstm#4", WARNING.format([1, 1], [10, 1]), ["single row"]),
    ("CheXNet#5", LOGITS.format([64, 7], [64, 8]), ["outputs and the labels"]),
    ("Pytorch-UNet#58", LOGITS.format([2, 3, 256, 256], [2, 1, 256, 256]), ["RGB"]),
    ("Image_Segmentation#66", ELEMENTS.format(196608, 65536), ["three colour channels"]),
    ("FCN-pytorch#15", LOGITS.format([4, 32, 90, 160], [4, 20, 90, 160]), ["outputs and the labels"]),
    ("Bert-Multi-Label#26", LOGITS.format([8, 15], [8, 6]), ["outputs and the labels"]),
    ("fairbatch PR#2", BCE.format([64], [64, 1]), ["column"]),
    ("DAGCN#3", BCE.format([128], [128, 1]), ["column"]),
    ("pytorchTutorial#30", BCE.format([4], [4, 2]), ["class indices"]),
    ("notebooks#185", LOGITS.format([32, 224, 224, 3], [32, 187]), ["something else than the labels"]),
    ("ADSH-AAAI2018#5", BCE.format([64, 21], [64, 12]), ["outputs and the labels"]),
    ("pytorch#139031", BATCH.format(60, 10), ["joined along the batch axis"]),
    ("FARM#100", BATCH.format(8, 32), ["one-hot"]),
    ("llama#915", BATCH.format(15, 1), ["row", "length", "positions"]),
    ("LlamaFactory#3765", BATCH.format(103, 95), ["different lengths"]),
    ("question_generation#4", BATCH.format(1216, 1280), ["different lengths"]),
    ("leaf disease", BATCH.format(324, 4), ["view(-1, K)"]),
    ("pytorch-handbook#37", "RuntimeError: 1D target tensor expected, multi-target not supported", ["column"]),
    ("HiDDeN#28", "RuntimeError: result type Float can't be cast to the desired output type Long", ["integers"]),
    ("InfoGAN PR#8", "RuntimeError: Found dtype Long but expected Float", ["integers"]),
    ("MAML-Pytorch#45", "RuntimeError: expected scalar type Long but found Int", ["int32"]),
    (
        "CS224N PR#2",
        "RuntimeError: expected scalar type Float but found Double\n  F.cross_entropy(logits, y, weight=w)",
        ["class weights are float64"],
    ),
    (
        "RandLA-Net#26",
        "RuntimeError: weight tensor should be defined either for all 19 classes or no classes but got weight tensor of shape: [1, 19]",
        ["axis too many"],
    ),
    (
        "banner#2",
        "RuntimeError: weight tensor should be defined either for all 6 classes or no classes but got weight tensor of shape: [9]",
        ["another list of classes"],
    ),
    (
        "Pytorch-UNet#226",
        "RuntimeError: only batches of spatial targets supported (3D tensors) but got targets of dimension: 4",
        ["channel axis"],
    ),
    (
        "mmsegmentation#3055",
        "RuntimeError: only batches of spatial targets supported (3D tensors) but got targets of size: : [2, 256, 256, 3]",
        ["colour images"],
    ),
    ("detectron2#2365", "IndexError: Target 333 is out of bounds.", ["labels", "outputs"]),
    ("Pytorch-UNet#375", "IndexError: Target 255 is out of bounds.", ["left out"]),
    ("ray#17117", "RuntimeError: all elements of input should be between 0 and 1", ["no sigmoid"]),
    ("pytorch-deep-learning#763", MATRIX.format("10x49", "490x10"), ["in_features", "flattened"]),
    ("pytorch#139037", MATRIX.format("60x128", "768x64"), ["batch axis instead of the features"]),
    ("multimil#77", MATRIX.format("256x35228", "30x30"), ["not the one this layer was made for", "in_features"]),
    (
        "GHM_Loss#2",
        "RuntimeError: The size of tensor a (2) must match the size of tensor b (208) at non-singleton dimension 1",
        ["vector of labels"],
    ),
    (
        "fscc#5",
        "RuntimeError: The size of tensor a (1024) must match the size of tensor b (128) at non-singleton dimension 3",
        ["times smaller"],
    ),
    (
        "MolR#1",
        "RuntimeError: The size of tensor a (1024) must match the size of tensor b (97) at non-singleton dimension 0",
        ["last, shorter batch"],
    ),
    (
        "pytorch-sentiment-analysis#17",
        "IndexError: Dimension out of range (expected to be in range of [-1, 0], but got 1)",
        ["squeeze()"],
    ),
    (
        "raster-vision PR#1029",
        "ValueError: Expected more than 1 value per channel when training, got input size torch.Size([1, 256])",
        ["last batch"],
    ),
]


@pytest.mark.parametrize(("thread", "message", "words"), THREADS, ids=[thread for thread, _, _ in THREADS])
def test_the_true_cause_is_among_the_likely_ones(thread, message, words):
    likely = snugly.explain(message).findings[0].likely
    assert any(word in cause.claim for cause in likely for word in words)


def test_the_true_cause_comes_first_in_nine_of_ten():
    first = [
        any(word in snugly.explain(message).findings[0].likely[0].claim for word in words)
        for _, message, words in THREADS
    ]
    missed = [thread for (thread, _, _), right in zip(THREADS, first, strict=True) if not right]
    assert sum(first) >= 0.9 * len(first), missed
