"""Tensors without elements give what torch's kernels give: sizes, dtypes and strides, for every batch size at once."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils._pytree import tree_leaves

from snugly.runtime.preflight.formation import ElementsNeededError, PairsNeededError, formation_of
from snugly.runtime.preflight.outcomes import sizes_at
from snugly.runtime.preflight.shadows import Shadows

SIZES = (1, 2, 3, 5)
TRANSPOSED = torch.randn(4, 7).t()
CALLS = {
    "broadcast": lambda x: x + torch.ones(4),
    "promote": lambda x: (x > 0) * x.double() + x.int() / 2,
    "permuted": lambda x: x.t().exp() + x.t(),
    "mixed order": lambda x: x[:, :, None] * TRANSPOSED.t()[None],
    "reductions": lambda x: (x.sum(1), x.mean(0, keepdim=True), x.amax(-1), x.norm(), x.argmax(1)),
    "linear": lambda x: F.linear(x, torch.ones(3, 4), torch.ones(3)),
    "products": lambda x: (x @ x.t(), (x[:, None] @ x[:, :, None]).squeeze(-1), x[0] @ x[0]),
    "convolutions": lambda x: F.conv_transpose2d(
        F.conv2d(x.view(-1, 1, 2, 2), torch.ones(6, 1, 2, 2), padding=1), torch.ones(6, 2, 3, 3), stride=2, padding=1
    ),
    "pooled": lambda x: F.max_pool2d(F.pad(x.view(-1, 1, 2, 2), (2, 2, 2, 2)), 3, stride=2, padding=1),
    "normalized": lambda x: (F.batch_norm(x.view(-1, 2, 2), None, None, training=True), F.layer_norm(x, (4,))),
    "softmax": lambda x: (x.softmax(0), x.log_softmax(-1)),
    "cut and joined": lambda x: (torch.cat([x, x[:, 1:]], 1), *x.split(2, dim=1), torch.stack([x, x], 1)),
    "counted": lambda x: torch.arange(x.size(0))[:, None] + torch.arange(2, 10, 3),
    "made": lambda x: (torch.zeros(x.size(0), 3), x.new_ones(2, x.size(0)), torch.full_like(x, 2.0), x.to(torch.int8)),
    "reshaped": lambda x: (x.reshape(-1), x.view(x.size(0), 2, 2).transpose(1, 2).flatten(1), x.repeat(2, 3)),
    "embedded": lambda x: F.embedding(x.abs().long() % 4, torch.ones(4, 6)),
    "attention": lambda x: F.scaled_dot_product_attention(*[x.view(-1, 1, 2, 2)] * 3, is_causal=True),
    "written": lambda x: x.clone().fill_(2).add_(1).masked_fill_(x > 0, 0),
}


def described(value, member=None):
    strides = [
        stride if member is None else getattr(stride, "values", [stride] * (member + 1))[member]
        for stride in (value.stride() if member is None else value.form.strides)
    ]
    sizes = tuple(value.shape) if member is None else sizes_at(value, member)
    return sizes, value.dtype, [stride for stride, size in zip(strides, sizes, strict=True) if size > 1]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_batch_size_gets_what_torch_gives_it(call):
    covered = set()
    for lead in (5, 1):
        formation = formation_of(SIZES, lead)
        shadows = Shadows(formation)
        with shadows.watching():
            found = tree_leaves(call(shadows.of(torch.randn(lead, 4), 0)))
        for member in formation.flying:
            real = tree_leaves(call(torch.randn(SIZES[member], 4)))
            assert [described(each, member) for each in found] == [described(each) for each in real]
        covered |= formation.sizes
    assert covered == set(SIZES)


def test_gradients_have_the_sizes_of_what_they_are_gradients_of():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(36, 5),
        nn.GELU(),
    )
    formation = formation_of(range(2, 9), 8)
    shadows = Shadows(formation)
    stand_ins = {name: shadows.of(each).requires_grad_() for name, each in model.named_parameters()}
    stand_ins |= {name: shadows.of(each) for name, each in model.named_buffers()}
    with shadows.watching():
        torch.func.functional_call(model, stand_ins, shadows.of(torch.randn(8, 1, 8, 8), 0)).mean().backward()
    assert formation.sizes == set(range(2, 9))
    assert all(stand_ins[name].grad.form is stand_ins[name].form for name, _ in model.named_parameters())


def test_whatever_tells_sizes_apart_lets_others_fall_out():
    formation = formation_of(range(1, 33), 20)
    batch = formation.batch()
    assert not batch > 24
    assert formation.sizes == set(range(1, 25))
    assert batch % 2 == 0
    assert formation.sizes == set(range(2, 25, 2))
    assert len(torch.empty(2, 3)[:, :1].expand(2, batch // batch)) == 2  # nothing to tell apart
    assert formation.sizes == set(range(2, 25, 2))
    assert [each.condition for each in formation.parted] == ["N > 24", "N % 2 == 0"] or len(formation.parted) == 2
    assert range(batch).stop == 20
    assert formation.sizes == {20}


def test_a_kernel_that_refuses_some_sizes_parts_them():
    formation = formation_of(range(1, 9), 6)
    shadows = Shadows(formation)
    with shadows.watching():
        assert sizes_at(shadows.of(torch.randn(6, 4), 0).view(-1, 3, 8)) == (1, 3, 8)
    assert formation.sizes == {6}


def test_masks_that_only_elements_know_are_sizes_of_their_own():
    formation = formation_of((4, 8), 8, paired=True)
    shadows = Shadows(formation)
    with shadows.watching():
        x = shadows.of(torch.randn(8, 3), 0)
        keep = x[:, 0] > 0
        assert x[keep].shape[0] == keep.nonzero().shape[0]
        assert formation.sizes == {4, 8}
        with pytest.raises(ElementsNeededError):
            bool(x[keep].shape[0] == x[~keep].shape[0])
    with pytest.raises(PairsNeededError):
        formation_of((4, 8), 8).unknown()
