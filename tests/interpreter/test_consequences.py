"""After a crash only what has nothing to do with it is reported."""

from __future__ import annotations

from snugly.surfaces.checking import check_text

PROGRAM = """
import torch
from torch import nn

images, labels = torch.randn(64, 1, 8, 8), torch.randint(0, 5, (64,))
{before}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.out = nn.Linear(4, 5)

    def forward(self, x):
        x = self.conv(x).relu()
        return self.out(x.view(-1, 4))


net = Net()
for _ in range(3):
    scores = net(images)
    loss = nn.CrossEntropyLoss()(scores, labels)
    loss.backward()
{after}
"""


def codes(before: str = "", after: str = "") -> list[str]:
    return [finding.code for finding in check_text(PROGRAM.format(before=before, after=after), "net.py").findings]


def test_an_accuracy_of_refused_scores_follows_from_the_crash():
    assert codes(after="print((net(images).argmax(1) == labels).float().mean())") == ["SNG107"]


def test_a_fault_that_has_nothing_to_do_with_the_crash_is_reported_too():
    assert codes(after="nn.Linear(3, 2)(torch.randn(4, 7))") == ["SNG107", "SNG801"]


def test_a_fault_before_the_crash_is_reported_too():
    assert codes(before="nn.Linear(3, 2)(torch.randn(4, 7))") == ["SNG801", "SNG107"]
