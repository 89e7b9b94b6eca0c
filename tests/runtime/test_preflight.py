"""preflight on steps as people write them, compared with what torch does when the step is really run."""

import math
import random
import threading

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import snugly
from snugly.runtime.preflight.steps import StepError


def loader(rows=70, batch=32, classes=3, **options):
    return DataLoader(TensorDataset(torch.randn(rows, 6), torch.arange(rows) % classes), batch_size=batch, **options)


def head(classes=3):
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, classes))


class Squeezed(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 1)

    def forward(self, x):
        return self.fc(x).squeeze()


def codes(report):
    return [finding.code for finding in report.findings]


def test_a_step_that_fits_is_proved_for_every_size():
    report = snugly.preflight(head(), nn.CrossEntropyLoss(weight=torch.ones(3)), loader())
    assert report.proof == "proved for every batch size from 1 to 32"
    assert report.tested == (32, 6, 1)
    assert report.exit_code == 0
    assert [row.output for row in report.layers] == [(32, 8), (32, 8), (32, 3)]


def test_the_last_batch_of_one_row_fails_where_torch_fails():
    data = DataLoader(TensorDataset(torch.randn(33, 6), torch.rand(33)), batch_size=32)
    report = snugly.preflight(Squeezed(), nn.BCEWithLogitsLoss(), data)
    assert list(report.failed) == [1]
    x, y = list(data)[-1]
    with pytest.raises(ValueError, match="Target size") as raised:
        nn.BCEWithLogitsLoss()(Squeezed()(x), y)
    assert str(raised.value) in report.failed[1]
    assert report.exit_code == 1
    (finding,) = report.findings
    assert finding.place is not None
    assert finding.severity == "warning"


def test_a_size_that_no_loader_makes_is_a_note():
    norm = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    report = snugly.preflight(norm, nn.CrossEntropyLoss(), loader(rows=70))
    assert report.exit_code == 0
    assert any("batch size 1" in note and "Expected more than 1 value" in note for note in report.notes)
    assert report.proof.startswith("proved for batch sizes 2 to 32")


class Fixed(nn.Module):
    def __init__(self, rows):
        super().__init__()
        self.rows, self.lstm, self.fc = rows, nn.LSTM(6, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        state = torch.zeros(1, self.rows, 8)
        return self.fc(self.lstm(x, (state, state))[0][:, -1])


def sequences(rows, **options):
    return DataLoader(TensorDataset(torch.randn(rows, 5, 6), torch.arange(rows) % 3), batch_size=16, **options)


def test_a_state_made_for_one_batch_size():
    report = snugly.preflight(Fixed(16), nn.CrossEntropyLoss(), sequences(40))
    assert len(report.findings) == 1
    assert set(report.failed) == {8, 1}


def test_a_state_made_for_one_batch_size_fits_where_the_short_batch_is_dropped():
    report = snugly.preflight(Fixed(16), nn.CrossEntropyLoss(), sequences(40, drop_last=True))
    assert report.proof == "proved for batch size 16, the only one that occurs"
    assert not report.findings


def test_recurrent_layers_are_traced_with_a_symbolic_batch():
    class Sequence(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.fc = nn.GRU(6, 8, num_layers=2, bidirectional=True), nn.Linear(16, 3)

        def forward(self, x):
            return self.fc(self.gru(x.transpose(0, 1))[0][-1])

    report = snugly.preflight(Sequence(), nn.CrossEntropyLoss(), sequences(40))
    assert report.proof == "proved for every batch size from 1 to 16"


def test_a_hard_coded_batch_fails_at_the_others():
    def step(model, batch):
        x, y = batch
        return nn.functional.cross_entropy(model(x).view(32, 3), y)

    report = snugly.preflight(head(), None, loader(rows=70), step=step)
    assert 6 in report.failed
    assert report.findings[0].line is not None


def test_a_failure_that_no_rule_knows_has_its_own():
    def step(model, batch):
        x, y = batch
        assert len(x) != 6, "not six"
        return nn.functional.cross_entropy(model(x), y)

    report = snugly.preflight(head(), None, loader(rows=70), step=step)
    assert codes(report) == ["SNG706"]
    assert report.findings[0].raises.message == "not six"
    assert report.findings[0].file == __file__


def test_labels_of_a_later_batch_are_judged():
    labels = torch.arange(96) % 3
    labels[70] = 3
    data = DataLoader(TensorDataset(torch.randn(96, 6), labels.float()), batch_size=32)

    def step(model, batch):
        x, y = batch
        return nn.functional.cross_entropy(model(x), y.long())

    report = snugly.preflight(head(), None, data, step=step)
    assert codes(report) == ["SNG301"]
    assert "batch 3" in report.findings[0].message


def test_a_loss_written_by_hand_that_broadcasts():
    def step(model, batch):
        x, y = batch
        return ((model(x) - y) ** 2).mean()

    report = snugly.preflight(nn.Linear(6, 1), None, (torch.randn(8, 6), torch.rand(8)), step=step)
    assert "SNG402" in codes(report)


def test_class_weights_of_another_length():
    report = snugly.preflight(head(), nn.CrossEntropyLoss(weight=torch.ones(4)), loader())
    assert codes(report) == ["SNG601"]


def test_parameters_without_a_gradient_are_named():
    model = nn.ModuleDict({"used": nn.Linear(6, 3), "idle": nn.Linear(2, 2)})

    def step(model, batch):
        return nn.functional.cross_entropy(model["used"](batch[0]), batch[1])

    report = snugly.preflight(model, None, loader(), step=step)
    assert report.without_gradient == ("idle.weight", "idle.bias")


def test_a_loss_of_many_numbers_is_said():
    report = snugly.preflight(head(), nn.CrossEntropyLoss(reduction="none"), loader())
    assert any("wants one number" in note for note in report.notes)


def test_a_real_step_finds_what_is_not_finite():
    report = snugly.preflight(head(), lambda a, b: (a.log() * b[:, None]).mean(), loader(), real_step=True)
    assert any("not a finite number" in note for note in report.notes)


def test_steps_that_need_elements_run_on_copies():
    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.fc = nn.LSTM(6, 8, batch_first=True), nn.Linear(8, 3)

        def forward(self, x, lengths):
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            return self.fc(self.lstm(packed)[1][0][-1])

    batch = torch.randn(12, 5, 6), torch.randint(1, 6, (12,)), torch.arange(12) % 3
    report = snugly.preflight(Packed(), nn.CrossEntropyLoss(), batch)
    assert report.proof.startswith("tested at batch sizes 1, 3 to 4 with real copies")
    assert not report.findings


def test_a_branch_on_an_element_is_followed_both_ways_and_said():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.wrong = nn.Linear(6, 3), nn.Linear(7, 3)

        def forward(self, x):
            return self.fc(x) if x.abs().mean() * self.fc.weight.sum() > 0 else self.wrong(x)

    report = snugly.preflight(Branching(), nn.CrossEntropyLoss(), loader())
    assert report.exit_code == 1
    assert any("decides which way" in note for note in report.notes)


def test_masked_elements_have_a_size_of_their_own():
    def step(model, batch):
        x, y = batch
        keep = y != 1
        return nn.functional.cross_entropy(model(x)[keep], y[keep])

    assert snugly.preflight(head(), None, loader(), step=step).exit_code == 0


def test_models_that_share_steps_with_optimizers_are_left_as_they_were():
    nets = [nn.Linear(6, 3), nn.Linear(3, 1)]
    optimizers = [torch.optim.Adam(net.parameters()) for net in nets]
    schedule = torch.optim.lr_scheduler.StepLR(optimizers[0], 1)
    nets[0].weight.grad = torch.ones(3, 6)
    before = {name: each.clone() for at, net in enumerate(nets) for name, each in net.named_parameters(str(at))}
    states = [{k: v for k, v in vars(each).items() if k != "state"} for each in (*optimizers, schedule)]

    def step(nets, batch):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss = nn.functional.mse_loss(nets[1](nets[0](batch)), torch.ones(len(batch), 1))
        loss.backward()
        nn.utils.clip_grad_norm_(nets[0].parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        schedule.step()
        return {"loss": loss.item()}

    report = snugly.preflight(nets, None, torch.randn(16, 6), step=step)
    assert report.proof == "proved for every batch size from 1 to 16"
    assert not report.without_gradient
    for at, net in enumerate(nets):
        for name, each in net.named_parameters(str(at)):
            assert torch.equal(each, before[name])
    assert torch.equal(nets[0].weight.grad, torch.ones(3, 6))
    assert nets[1].weight.grad is None
    assert [{k: v for k, v in vars(each).items() if k != "state"} for each in (*optimizers, schedule)] == states
    assert not optimizers[0].state


class Restless(nn.Module):
    """A model that writes to itself in every way that a forward pass can."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 3)
        self.norm = nn.BatchNorm1d(3)
        self.calls, self.kept = 0, {"outputs": [1], "nested": {"deep": []}}
        self.hidden = None

    def forward(self, x):
        self.calls += 1
        self.hidden = self.norm(self.fc(x))
        self.kept["outputs"].append(self.hidden)
        self.kept["nested"]["deep"].append(random.random())
        self.new = torch.rand(2)
        return self.hidden


def test_nothing_of_a_restless_model_is_changed():
    model = Restless().train()
    model.norm.eval()
    seen = []
    model.fc.register_forward_hook(lambda *_: seen.append(1))
    buffers = {name: each.clone() for name, each in model.named_buffers()}
    data = loader(rows=64, shuffle=True, generator=torch.Generator().manual_seed(3))
    states = torch.get_rng_state(), random.getstate()
    order = data.generator.get_state()
    snugly.preflight(model, nn.CrossEntropyLoss(), data)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert torch.equal(data.generator.get_state(), order)
    assert (model.calls, model.hidden, model.kept) == (0, None, {"outputs": [1], "nested": {"deep": []}})
    assert not hasattr(model, "new")
    assert model.training
    assert not model.norm.training
    assert len(model.fc._forward_hooks) == 1
    assert all(torch.equal(each, buffers[name]) for name, each in model.named_buffers())
    assert all(type(each) is nn.Parameter for each in model.parameters())


def test_workers_are_not_started():
    before = threading.active_count()
    data = loader(num_workers=2, persistent_workers=True, prefetch_factor=2)
    assert snugly.preflight(head(), nn.CrossEntropyLoss(), data).exit_code == 0
    assert data._iterator is None
    assert data.num_workers == 2
    assert threading.active_count() == before


def test_iterable_datasets_have_no_last_batch():
    class Endless(IterableDataset):
        def __iter__(self):
            while True:
                yield torch.randn(6), 1

    report = snugly.preflight(head(), nn.CrossEntropyLoss(), DataLoader(Endless(), batch_size=8))
    assert report.tested == (8, 1)
    assert report.proof == "proved for every batch size from 1 to 8"


def test_dict_batches_and_outputs_that_carry_their_loss():
    class Output(dict):
        @property
        def loss(self):
            return self["loss"]

    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.fc = nn.Embedding(10, 8), nn.Linear(8, 4)

        def forward(self, input_ids, labels=None):
            logits = self.fc(self.embedding(input_ids))
            return Output(logits=logits, loss=nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten()))

    batch = {"input_ids": torch.randint(0, 10, (8, 5)), "labels": torch.full((8, 5), -100).fill_diagonal_(2)}
    report = snugly.preflight(Tagger(), None, batch)
    assert report.proof == "proved for every batch size from 1 to 8"


def test_tied_normalized_and_parametrized_layers():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 6), nn.Linear(6, 6)
            self.b.weight = self.a.weight
            self.c = nn.utils.parametrizations.weight_norm(nn.Linear(6, 6))
            self.d = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 3))

        def forward(self, x):
            return self.d(self.c(self.b(self.a(x))))

    model = Tied()
    state = {name: each.clone() for name, each in model.state_dict().items()}
    report = snugly.preflight(model, nn.CrossEntropyLoss(), loader())
    assert report.proof == "proved for every batch size from 1 to 32"
    assert all(torch.equal(each, state[name]) for name, each in model.state_dict().items())
    assert model.b.weight is model.a.weight


def test_models_without_memory():
    with torch.device("meta"):
        model = head()
    assert snugly.preflight(model, nn.CrossEntropyLoss(), loader()).exit_code == 0
    assert all(each.is_meta for each in model.parameters())


def test_lazy_layers_are_asked_to_be_called_first():
    with pytest.raises(StepError, match="lazy"):
        snugly.preflight(nn.LazyLinear(3), nn.CrossEntropyLoss(), loader())


@pytest.mark.filterwarnings("ignore")
def test_compiled_models_run_as_they_are_written():
    model = torch.compile(head())
    assert snugly.preflight(model, nn.CrossEntropyLoss(), loader()).exit_code == 0


def test_models_without_parameters():
    report = snugly.preflight(nn.Flatten(), nn.CrossEntropyLoss(), loader(classes=6))
    assert any("requires no gradient" in note for note in report.notes)


def test_mixed_precision():
    assert snugly.preflight(head(), nn.CrossEntropyLoss(), loader(), autocast=torch.bfloat16).exit_code == 0
    probabilities = nn.Sequential(nn.Linear(6, 1), nn.Sigmoid(), nn.Flatten(0))
    batch = torch.randn(4, 6), torch.rand(4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        try:
            nn.BCELoss()(probabilities(batch[0]), batch[1]).backward()
            fits = True
        except RuntimeError:
            fits = False
    assert snugly.preflight(probabilities, nn.BCELoss(), batch, autocast=torch.bfloat16).exit_code == (not fits)


def test_another_device():
    report = snugly.preflight(head(), nn.CrossEntropyLoss(), loader(), device="cuda", autocast=torch.float16)
    assert report.exit_code == 0


def test_tensors_on_two_devices():
    def step(model, batch):
        x, y = batch
        return nn.functional.cross_entropy(model(x) + torch.zeros(3), y)

    report = snugly.preflight(head(), None, loader(), step=step, device="cuda")
    assert "same device" in report.failed[32]


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), lambda logits, y: logits.gather(1, y[:, None]).mean()])
def test_one_number_comes_out_and_json_says_the_same(loss):
    import json

    report = snugly.preflight(head(), loss, loader())
    said = json.loads(report.to_json())["preflight"]
    assert said["proof"] == report.proof
    assert math.isclose(said["activation_bytes"], report.saved)


def test_the_page_is_one_file_with_every_layer():
    text = snugly.preflight(head(), nn.CrossEntropyLoss(), loader()).to_html()
    assert "Proved for every batch size from 1 to 32" in text
    assert text.count("<tr>") == 4
    assert "[32, 8]" in text
    assert "http" not in text
