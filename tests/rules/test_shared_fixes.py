"""A fault that shows in several places is mended by one edit where one edit can do it."""

from snugly.edits.applying import apply_edits
from snugly.surfaces.checking import check_text

SCORED_TWICE = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x, y = torch.randn(500, 12), torch.randn(500)
train = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=64, shuffle=True)
later_x, later_y = torch.randn(100, 12), torch.randn(100)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.body(x)


model = Net()
optimizer = torch.optim.AdamW(model.parameters())
for inputs, targets in train:
    loss = ((model(inputs) - targets) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    later = model(later_x)
    error = ((later - later_y) ** 2).mean().sqrt()
    explained = 1 - ((later_y - later) ** 2).sum() / ((later_y - later_y.mean()) ** 2).sum()
"""


def test_the_model_is_changed_once_and_not_each_of_its_targets():
    findings = check_text(SCORED_TWICE, "train.py").findings
    assert [finding.line for finding in findings] == [23, 29, 30]
    firsts = {finding.fixes[0].edits for finding in findings}
    assert len(firsts) == 1
    (edits,) = firsts
    assert {finding.cause.line for finding in findings} == {edits[0].start[0]}
    assert check_text(apply_edits(SCORED_TWICE, edits), "train.py").findings == ()
