"""Lengths that the samples of a batch have of their own, and the axis that is padded to the longest of them."""

from __future__ import annotations

import pytest

from snugly.surfaces.checking import check_text

PROGRAM = """
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset


class Clips(Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, i):
        n = int(torch.randint(20, 60, (1,)))
        return torch.randn(n, 40), torch.randint(1, 30, (n // 10,))


def collate(batch):
{collate}
    return x, torch.cat([b[1] for b in batch]), lens, torch.tensor([len(b[1]) for b in batch])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential({layers})
        self.head = nn.Linear(64, 30)

    def forward(self, x):
        x = self.conv(x.transpose(1, 2)).transpose(1, 2)
        return self.head(x).log_softmax(-1)


net = Net()
for x, y, lens, target_lens in DataLoader(Clips(), batch_size=8, collate_fn=collate):
    out = net(x).transpose(0, 1)
    loss = nn.CTCLoss()(out, y, {lengths}, target_lens)
    loss.backward()
"""
COLLATE = {
    "pad_sequence": """
    x = pad_sequence([b[0] for b in batch], batch_first=True)
    lens = torch.tensor([len(b[0]) for b in batch])
""",
    "into zeros": """
    batch = sorted(batch, key=lambda b: b[0].shape[0], reverse=True)
    lens = torch.LongTensor([f.shape[0] for f, _ in batch])
    x = torch.zeros(len(batch), int(lens.max()), 40)
    for i, (f, _) in enumerate(batch):
        x[i, :f.shape[0]] = f
""",
    "padded one by one": """
    frames, _ = zip(*batch)
    lens = torch.tensor([f.shape[0] for f in frames], dtype=torch.long)
    longest = max(f.shape[0] for f in frames)
    x = torch.stack([nn.functional.pad(f, (0, 0, 0, longest - f.shape[0])) for f in frames])
""",
}
SAME = "nn.Conv1d(40, 64, 3, padding=1)"
HALVED = "nn.Conv1d(40, 64, 3, stride=2, padding=1)"
SHORTER = "nn.Conv1d(40, 64, 5), nn.ReLU(), nn.MaxPool1d(2)"


def codes(lengths: str, layers: str, collate: str = "pad_sequence") -> list[str]:
    text = PROGRAM.format(collate=COLLATE[collate], layers=layers, lengths=lengths)
    return [finding.code for finding in check_text(text, "speech.py").findings]


@pytest.mark.parametrize("collate", COLLATE)
def test_lengths_before_a_stride_are_too_long_after_it(collate):
    assert codes("lens", HALVED, collate) == ["SNG110"]
    assert codes("lens", SAME, collate) == []


@pytest.mark.parametrize(
    ("lengths", "layers"),
    [
        ("(lens + 1) // 2", HALVED),
        ("lens // 2", HALVED),
        ("torch.div(lens + 1, 2, rounding_mode='floor')", HALVED),
        ("lens.clamp(max=out.size(0))", HALVED),
        ("torch.full((len(x),), out.size(0))", HALVED),
        ("(lens - 4) // 2", SHORTER),
    ],
)
def test_lengths_that_went_through_the_same_arithmetic_fit(lengths, layers):
    assert codes(lengths, layers) == []


def test_lengths_that_forget_what_a_kernel_takes_away_are_too_long():
    assert codes("lens // 2", SHORTER) == ["SNG110"]
