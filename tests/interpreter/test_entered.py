"""A model that no script drives is entered with a batch of any size: what is wrong for every size is found."""

from __future__ import annotations

import snugly

MODEL = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3)

    def forward(self, x):
        return torch.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.features = nn.Sequential(Block(3, 32), nn.MaxPool2d(2), Block(32, 64))
        self.head = nn.Linear({features}, classes)

    def forward(self, images):
        x = self.features(images)
        x = {flat}
        return self.head(x)
"""


def codes(tmp_path, features, flat="torch.flatten(x, 1)"):
    script = tmp_path / "model.py"
    script.write_text(MODEL.format(features=features, flat=flat))
    return [(finding.code, finding.line) for finding in snugly.check([str(script)]).findings]


def test_a_size_that_no_image_gives_is_found(tmp_path):
    assert codes(tmp_path, 9210) == [("SNG801", 24)]


def test_a_size_that_some_image_gives_is_not(tmp_path):
    assert codes(tmp_path, "64 * 5 * 5") == []
    assert codes(tmp_path, "64 * 5 * 5", "x.view(x.size(0), -1)") == []
    assert codes(tmp_path, "64 * 5 * 5", "x.view(-1, 64 * 5 * 5)") == []
    assert codes(tmp_path, 64, "x.mean(dim=(2, 3))") == []


def test_pooled_features_of_another_number_are_found(tmp_path):
    assert codes(tmp_path, 128, "x.mean(dim=(2, 3))") == [("SNG801", 24)]


AGENT = """
import torch
from torch import nn


class Memory:
    def __init__(self):
        self.states = []
        self.rewards = []


class Agent:
    def __init__(self):
        self.memory = Memory()
        self.policy = nn.Linear(8, 1)
        self.loss = nn.MSELoss()

    def act(self, state):
        self.memory.states.append(state)
        return self.policy(state)

    def step(self, reward):
        self.memory.rewards.append(reward)

    def update(self):
        states = torch.stack(self.memory.states)
        rewards = torch.tensor(self.memory.rewards)
        return self.loss(self.policy(states).squeeze(1), rewards)
"""
DRIVEN = "\n\nagent = Agent()\nfor _ in range(100):\n    agent.act(torch.rand(8))\n"


def losses(machine):
    return [{name: str(facts) for name, facts in record.arguments.items()} for record in machine.events.losses]


def test_lists_that_other_methods_fill_are_not_taken_for_empty(machine_of):
    for driver in ("", DRIVEN):
        machine = machine_of(AGENT + driver)
        assert machine.events.distinct() == ()


def test_a_method_that_nobody_calls_runs_on_the_object_that_the_program_made(machine_of):
    (told,) = losses(machine_of(AGENT + DRIVEN))
    assert told["input"] == "float32[L]"


def test_lists_of_the_module_that_functions_fill_are_not_taken_for_empty(machine_of):
    text = "import torch\nkept = []\ndef add(x):\n    kept.append(x)\ndef use():\n    return torch.stack(kept)\n"
    assert machine_of(text).events.distinct() == ()


HEADED = """
import torch
from torch import nn
from torch.nn import CrossEntropyLoss


class Head(nn.Module):
    def __init__(self, width, num_labels):
        super().__init__()
        self.num_labels = num_labels
        self.classifier = nn.Linear(width, num_labels)

    def forward(self, states, mask=None, labels=None):
        batch, steps, _ = states.shape
        logits = self.classifier(states)
        if labels is not None:
            return CrossEntropyLoss()(logits.view(-1, self.num_labels), labels.view(-1)), logits
        return logits
"""


def test_a_branch_that_a_default_of_none_closes_is_entered(machine_of):
    (told,) = losses(machine_of(HEADED))
    assert told["input"].startswith("float32[L")
    assert told["input"].count(", ") == 1
    assert told["target"].count("[L") == 1


def test_sizes_that_are_unpacked_tell_how_many_axes_there_are(shapes_of):
    shapes = shapes_of("import torch\nx = torch.load('x.pt')\nx = torch.as_tensor(x)\nb, t = x.shape\ny = x.sum(1)\n")
    assert shapes["y"].endswith("[b]")


def test_nobody_knows_how_many_arguments_a_starred_parameter_takes(shapes_of, tmp_path):
    script = tmp_path / "fill.py"
    script.write_text("import torch\n\n\ndef fill(*size):\n    return torch.zeros(1).expand(*size)\n")
    assert not snugly.check([str(script)]).findings


def test_a_class_made_of_a_starred_argument_knows_that_it_was_given_something(names_of):
    names = names_of(
        """
        import json
        from torch import nn

        class Layers(nn.Module):
            def __init__(self, *sizes, bias=True):
                super().__init__()
                self.count = len(sizes)

        count = Layers(*json.load(open("sizes.json"))).count
        """
    )
    assert names["count"] != 0


def test_a_large_package_does_not_take_the_time_of_the_script(tmp_path, monkeypatch):
    from snugly.interpreter import budget

    monkeypatch.setattr(budget, "IMPORTS", 0.05)
    rows = "\n".join(f"for i{n} in range(60):\n    t{n} = [x * i{n} for x in range(60)]" for n in range(400))
    (tmp_path / "heavy.py").write_text(f"import torch\nfirst = torch.ones(2, 3)\n{rows}\nlast = torch.ones(4)\n")
    script = tmp_path / "train.py"
    script.write_text("import heavy\nimport torch\nx = torch.nn.Linear(3, 5)(heavy.first)\n")
    from snugly.surfaces.checking import follow_file

    _, events = follow_file(str(script), None)
    assert "float32[2, 5]" in {str(line.facts) for line in events.lines if line.name == "x"}
    assert any("import" in missed.reason for missed in events.unknown)


def test_what_only_tensors_do_tells_the_axes_of_something_unknown(machine_of):
    machine = machine_of(
        "import torch\nfrom missing import Model\nmodel = Model()\nout = model(torch.ones(8, 3))\n"
        "scores = out.log_softmax(2).permute(1, 0, 2)\nflat = out.view(-1, 5)\n"
        "loss = torch.nn.functional.nll_loss(flat, torch.zeros(8).long())\n"
    )
    shown = {line.name: line.facts for line in machine.events.lines}
    assert shown["scores"].rank == 3
    assert str(shown["flat"]).endswith(", 5]")
    assert machine.events.distinct() == ()
