"""Whether samples depend on each other: what ``guard(batch_axis=True)`` shows, and that nothing of it stays."""

from __future__ import annotations

import random
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import snugly
from snugly.runtime import interception

N, CLASSES = 8, 5
CALL = nn.Module._wrapped_call_impl.__code__
BACKWARD = torch.autograd.backward.__code__


@pytest.fixture(autouse=True)
def nothing_stays():
    torch.manual_seed(0)
    yield
    assert not interception.is_watching()
    assert nn.Module._wrapped_call_impl.__code__ is CALL
    assert torch.autograd.backward.__code__ is BACKWARD


def watched(step, calls=2):
    """Run some steps under a guard; return its only proof and the message of its finding."""
    told = []
    with snugly.guard(on_finding=told.append, batch_axis=True, select=["SNG707"]) as guard:
        for _ in range(calls):
            loss = step()
            if isinstance(loss, torch.Tensor) and loss.requires_grad:
                loss.backward()
    assert len(guard.proofs) == 1, guard.proofs
    assert len(told) <= 1
    return guard.proofs[0], told[0] if told else None


class Net(nn.Module):
    """A model whose forward pass is a function of it and its arguments."""

    def __init__(self, forward, **layers):
        super().__init__()
        self.run = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, *args, **kwargs):
        return self.run(self, *args, **kwargs)


def labels():
    return torch.randint(CLASSES, (N,))


def classify(model, *inputs, after=lambda scores: scores):
    target = labels()
    return lambda: F.cross_entropy(after(model(*inputs)), target)


def view_across(m, x):
    hidden = m.conv(x).permute(2, 0, 1).contiguous()  # (L, N, C)
    return m.fc(hidden.view(x.size(0), -1))


def view_within(m, x):
    return m.fc(m.conv(x).permute(0, 2, 1).reshape(x.size(0), -1))


def frames():
    return {"conv": nn.Conv1d(3, 4, 3, padding=1), "fc": nn.Linear(40, CLASSES)}


def last_step(m, x):
    return m.fc(m.rnn(x)[0][:, -1])


def rnn(kind, **options):
    return {"rnn": kind(6, 7, **options), "fc": nn.Linear(7, CLASSES)}


def encoder(**options):
    layer = nn.TransformerEncoderLayer(8, 2, 16, **options)
    return nn.Sequential(nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Flatten(1), nn.Linear(80, CLASSES))  # fmt: skip


def own_attention(m, x):
    q, k = m.q(x), m.k(x)
    if m.wrong:
        q, k, x = q.transpose(0, 1), k.transpose(0, 1), x.transpose(0, 1)
    attended = (q @ k.transpose(1, 2)).softmax(-1) @ x
    return m.fc((attended.transpose(0, 1) if m.wrong else attended).mean(1))


def attention(*, wrong):
    model = Net(own_attention, q=nn.Linear(6, 6), k=nn.Linear(6, 6), fc=nn.Linear(6, CLASSES))
    model.wrong = wrong
    return model


def by(function):
    return Net(lambda m, x: m.fc(function(x)), fc=nn.Linear(6, CLASSES))


def gated(m, x):
    weight = m.b(x).squeeze(1) if m.wrong else m.b(x)
    return m.fc(x) * (m.a(x) + weight).mean(1, keepdim=True)


def gate(*, wrong):
    model = Net(gated, a=nn.Linear(6, 1), b=nn.Linear(6, 1), fc=nn.Linear(6, CLASSES))
    model.wrong = wrong
    return model


ROWS, FRAMES, SEQUENCES = (N, 6), (N, 3, 10), (N, 9, 6)

BROKEN = {
    "a view where the samples are not in front": (lambda: Net(view_across, **frames()), FRAMES, "view", "view in Net cuts (10, 8, 4) into (8, 40)"),
    "an LSTM along the samples": (lambda: Net(last_step, **rnn(nn.LSTM)), SEQUENCES, "recurrent", "LSTM (rnn) runs along"),
    "a GRU of two layers along the samples": (lambda: Net(last_step, **rnn(nn.GRU, num_layers=2)), SEQUENCES, "recurrent", "GRU (rnn)"),
    "attention along the samples": (lambda: encoder(dropout=0.1), (N, 10, 8), "attention", "MultiheadAttention (0.layers.0.self_attn)"),
    "attention by hand along the samples": (lambda: attention(wrong=True), SEQUENCES, "product", "bmm in Net"),
    "softmax over the samples": (lambda: Net(lambda m, x: m.fc(x).log_softmax(0), fc=nn.Linear(6, CLASSES)), ROWS, "reduction", "log_softmax in Net runs along axis 0 of (8, 5)"),
    "normalize over the samples": (lambda: by(lambda x: F.normalize(x, dim=0)), ROWS, "reduction", "norm in Net"),
    "standardized over the samples": (lambda: by(lambda x: (x - x.mean(0)) / x.std(0)), ROWS, "reduction", "mean in Net"),
    "flattened from axis 0": (lambda: nn.Sequential(nn.Flatten(0), nn.Linear(N * 6, N * CLASSES), nn.Unflatten(0, (N, CLASSES))), ROWS, "features", "Linear (1)"),
    "a column with a row": (lambda: gate(wrong=True), ROWS, "broadcast", "which makes (8, 8)"),
    "a cumulative sum over the samples": (lambda: by(lambda x: x.cumsum(0)), ROWS, "reduction", "cumsum"),
    "statistics over samples and features at once": (lambda: by(lambda x: (x - x.mean()) / x.std()), ROWS, "reduction", "mean"),
    "the matrix of features from the wrong side": (lambda: Net(lambda m, x: m.fc(m.mix(x.t()).t()), mix=nn.Linear(N, N), fc=nn.Linear(6, CLASSES)), ROWS, "features", "Linear (mix)"),
}  # fmt: skip

CORRECT = {
    "a view where they are": (lambda: Net(view_within, **frames()), FRAMES),
    "an LSTM along its sequences": (lambda: Net(last_step, **rnn(nn.LSTM, batch_first=True)), SEQUENCES),
    "a GRU both ways, with dropout": (lambda: Net(lambda m, x: m.fc(m.rnn(x)[0].mean(1)[:, :7]), **rnn(nn.GRU, num_layers=2, dropout=0.3, bidirectional=True, batch_first=True)), SEQUENCES),
    "an LSTM that has time in front": (lambda: Net(lambda m, x: m.fc(m.rnn(x)[0][-1]), **rnn(nn.LSTM)), (9, N, 6)),
    "an LSTM that has as much time as samples": (lambda: Net(lambda m, x: m.fc(m.rnn(x)[0][-1]), **rnn(nn.LSTM)), (N, N, 6)),
    "attention along its sequences": (lambda: encoder(batch_first=True, dropout=0.1), (N, 10, 8)),
    "attention by hand along its sequences": (lambda: attention(wrong=False), SEQUENCES),
    "softmax over the classes": (lambda: Net(lambda m, x: m.fc(x).log_softmax(1), fc=nn.Linear(6, CLASSES)), ROWS),
    "normalize over the features": (lambda: by(lambda x: F.normalize(x, dim=1)), ROWS),
    "layer, group and instance normalization": (lambda: nn.Sequential(nn.Conv1d(3, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.InstanceNorm1d(4), nn.Flatten(1), nn.LayerNorm(40), nn.Linear(40, CLASSES)), FRAMES),
    "flattened from axis 1": (lambda: nn.Sequential(nn.Flatten(1), nn.Linear(30, CLASSES)), FRAMES),
    "a column with a column": (lambda: gate(wrong=False), ROWS),
    "a weight that is normalized by its spectrum": (lambda: nn.Sequential(nn.utils.spectral_norm(nn.Linear(6, 6)), nn.utils.parametrizations.spectral_norm(nn.Linear(6, 6)), nn.utils.parametrizations.weight_norm(nn.Linear(6, CLASSES))), ROWS),
    "a hidden batch of experts": (lambda: Net(lambda m, x: torch.einsum("nec,ne->nc", m.fc(x).view(N, 3, CLASSES), m.route(x).softmax(1)), fc=nn.Linear(6, 3 * CLASSES), route=nn.Linear(6, 3)), ROWS),
}  # fmt: skip

ON_PURPOSE = {
    "a graph by its edges": (lambda: Net(lambda m, x: (h := m.fc(x)).index_add(0, EDGES[1], h[EDGES[0]]), fc=nn.Linear(6, CLASSES)), ROWS, "by indices"),
    "a graph by its matrix": (lambda: Net(lambda m, x: MATRIX @ m.fc(x), fc=nn.Linear(6, CLASSES)), ROWS, "relates the samples"),
    "a graph by its sparse matrix": (lambda: Net(lambda m, x: torch.sparse.mm(MATRIX.to_sparse(), m.fc(x)), fc=nn.Linear(6, CLASSES)), ROWS, ""),
    "samples mixed by a permutation": (lambda: by(lambda x: 0.5 * x + 0.5 * x[torch.randperm(N)]), ROWS, "was chosen for it"),
    "batch normalization without running statistics": (lambda: nn.Sequential(nn.Linear(6, CLASSES), nn.BatchNorm1d(CLASSES, track_running_stats=False)), ROWS, "keeps no running statistics"),
    "one sequence": (lambda: Net(lambda m, x: m.fc(m.rnn(x)[0]), **rnn(nn.LSTM)), ROWS, "one sequence"),
    "a batch of one sequence": (lambda: Net(lambda m, x: m.fc(m.rnn(x)[0][:, 0]), **rnn(nn.LSTM)), (N, 1, 6), "one sequence"),
}  # fmt: skip
EDGES = torch.randint(N, (2, 20))
MATRIX = torch.rand(N, N)


@pytest.mark.parametrize("name", BROKEN)
def test_the_layer_at_which_samples_meet_is_named(name):
    make, shape, way, said = BROKEN[name]
    proof, finding = watched(classify(make(), torch.randn(shape)))
    assert proof.independent is False, proof.why
    assert finding.code == "SNG707"
    assert finding.details["way"] == way
    assert said in finding.message
    assert finding.fixes[0].title
    assert finding.details["samples"] == N


@pytest.mark.parametrize("name", BROKEN)
def test_the_gradient_says_the_same(name):
    """An oracle that shares nothing with the rule: autograd's derivative of a sample's loss by other samples."""
    make, shape, _, _ = BROKEN[name]
    assert depends(make().eval(), torch.randn(shape))


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_model_is_proved(name):
    make, shape = CORRECT[name]
    proof, finding = watched(classify(make(), torch.randn(shape)))
    assert proof.independent is True, proof.why
    assert finding is None
    assert proof.samples == N


@pytest.mark.parametrize("name", [name for name, (_, shape) in CORRECT.items() if shape[0] == N != shape[1]])
def test_and_the_gradient_agrees(name):
    make, shape = CORRECT[name]
    assert not depends(make().eval(), torch.randn(shape))


def depends(model, x):
    x.requires_grad_()
    losses = F.cross_entropy(model(x), labels(), reduction="none")
    for at in range(N):
        (gradient,) = torch.autograd.grad(losses[at], x, retain_graph=True)
        gradient[at] = 0
        if gradient.abs().max() > 1e-9:
            return True
    return False


@pytest.mark.parametrize("name", ON_PURPOSE)
def test_what_relates_samples_on_purpose_is_not_blamed(name):
    make, shape, why = ON_PURPOSE[name]
    proof, finding = watched(classify(make(), torch.randn(shape)))
    assert finding is None
    assert proof.independent is None
    assert why in proof.why


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.drop, self.fc = nn.Dropout(), nn.Linear(8, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        return self.fc(self.drop(F.relu(x + self.block(x)).mean((2, 3))))


@pytest.mark.parametrize("training", [True, False])
def test_batch_normalization_is_told_apart(training):
    proof, finding = watched(classify(Residual().train(training), torch.randn(N, 3, 8, 8)))
    assert proof.independent is True
    assert finding is None
    assert ("batch normalization" in proof.why) is training


def contrastive(z):
    z = F.normalize(z, dim=1)
    return z @ z.t() / 0.1


def test_losses_that_compare_samples_are_not_blamed():
    x, encode = torch.randn(N, 6), nn.Linear(6, 16)
    proof, finding = watched(lambda: F.cross_entropy(contrastive(encode(x)), torch.arange(N)))
    assert (proof.independent, finding) == (None, None)
    assert "compares every sample" in proof.why
    towers = Net(
        lambda m, x, y: F.normalize(m.a(x), dim=1) @ F.normalize(m.b(y), dim=1).t(), a=encode, b=nn.Linear(6, 16)
    )
    proof, finding = watched(lambda: F.cross_entropy(towers(x, x.flip(1)), torch.arange(N)))
    assert (proof.independent, finding) == (None, None)
    order = torch.randperm(N)
    proof, finding = watched(lambda: F.triplet_margin_loss(z := encode(x), z + 1, z[order]))
    assert (proof.independent, finding) == (None, None)
    proof, finding = watched(lambda: F.mse_loss(encode(x).mean(0), torch.zeros(16)))
    assert (proof.independent, finding) == (None, None)
    assert "as a whole" in proof.why


def test_what_happens_between_the_model_and_the_loss():
    model, x, target = nn.Linear(6, CLASSES), torch.randn(N, 6), labels()
    proof, finding = watched(lambda: F.nll_loss(F.log_softmax(model(x), 0), target))
    assert proof.independent is False
    assert "Between the model and nll_loss, log_softmax" in finding.message
    assert watched(lambda: F.nll_loss(F.log_softmax(model(x), 1), target))[0].independent is True
    wrong = watched(lambda: F.mse_loss(model(x).t().reshape(N, CLASSES), torch.zeros(N, CLASSES)))
    assert "transpose or reshape" in wrong[1].message
    assert watched(lambda: F.mse_loss(model(x).t().reshape(-1), torch.zeros(N * CLASSES)))[0].independent is True


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.rnn, self.fc = nn.Embedding(20, 8), nn.GRU(8, 8), nn.Linear(8, CLASSES)

    def forward(self, tokens):
        return self.fc(self.rnn(self.words(tokens.t()))[0])  # (L, N, C)


def test_scores_that_meet_the_labels_of_other_samples():
    model, tokens, tags = Tagger(), torch.randint(20, (N, 7)), torch.randint(CLASSES, (N, 7))
    proof, finding = watched(lambda: F.cross_entropy(model(tokens).view(-1, CLASSES), tags.view(-1)))
    assert "scores of one sample meet the labels of another" in finding.message
    assert proof.independent is False
    mended = watched(lambda: F.cross_entropy(model(tokens).view(-1, CLASSES), tags.t().reshape(-1)))
    assert mended[0].independent is True
    mended = watched(lambda: F.cross_entropy(model(tokens).transpose(0, 1).reshape(-1, CLASSES), tags.view(-1)))
    assert mended[0].independent is True


HANDWRITTEN = {
    "squares": lambda out, y: ((out - y) ** 2).mean(),
    "distances": lambda out, y: (y - out.exp()).abs().mean(),
    "cross entropy": lambda out, y: -(y * F.logsigmoid(out) + (1 - y) * F.logsigmoid(-out)).mean(),
}


@pytest.mark.parametrize("name", HANDWRITTEN)
def test_a_column_and_a_row_in_a_loss_that_is_written_by_hand(name):
    model, x, y, loss = nn.Linear(6, 1), torch.randn(N, 6), torch.rand(N), HANDWRITTEN[name]
    proof, finding = watched(lambda: loss(model(x), y))
    assert finding.details["way"] == "broadcast"
    assert finding.file == __file__
    assert proof.loss == "torch.autograd.backward"
    assert watched(lambda: loss(model(x).squeeze(1), y))[1] is None
    assert watched(lambda: loss(model(x), y.unsqueeze(1)))[0].independent is True


def test_pairs_that_are_meant_in_a_loss_that_is_written_by_hand():
    model, x = nn.Linear(6, 1), torch.randn(N, 6)
    assert watched(lambda: (model(x) - model(x).squeeze(1)).abs().mean())[1] is None
    kernel = torch.rand(N, N)
    assert watched(lambda: (model(x) - kernel).abs().mean())[1] is None
    quantiles = torch.rand(7)
    assert watched(lambda: (model(x) - quantiles).abs().mean())[1] is None


def test_samples_that_meet_in_a_model_whose_loss_is_written_by_hand():
    model, x = Net(last_step, **rnn(nn.LSTM)), torch.randn(SEQUENCES)
    assert "LSTM (rnn)" in watched(lambda: model(x).pow(2).mean())[1].message


class WithLoss(nn.Module):
    """As the models of transformers: the loss is called within, the arguments come by name, a mapping goes out."""

    def __init__(self, axis):
        super().__init__()
        self.words, self.fc, self.axis = nn.Embedding(20, 8), nn.Linear(8, CLASSES), axis

    def forward(self, *, tokens, labels=None):
        hidden = self.words(tokens)
        scores = self.fc(hidden / hidden.norm(dim=self.axis, keepdim=True))
        return {"loss": nn.CrossEntropyLoss()(scores.reshape(-1, CLASSES), labels.view(-1)), "scores": scores}


def test_a_model_that_calls_its_loss_itself():
    batch = {"tokens": torch.randint(20, (N, 7)), "labels": torch.randint(CLASSES, (N, 7))}
    assert watched(lambda: WithLoss(-1)(**batch)["loss"], calls=4)[0].independent is True
    wrong = WithLoss(0)
    proof, finding = watched(lambda: wrong(**batch)["loss"])
    assert finding is None  # each position by itself: the axes could have changed places
    assert "if samples lie along axis 0" in proof.why
    wrong.fc = nn.Sequential(nn.GRU(8, CLASSES, batch_first=True), Net(lambda _, both: both[0].contiguous()))
    assert "norm in WithLoss" in watched(lambda: wrong(**batch)["loss"])[1].message


def test_models_that_follow_each_other():
    encode, decode = by(lambda x: x.cumsum(0)), nn.Linear(CLASSES, 6)
    x = torch.randn(N, 6)
    proof, finding = watched(lambda: F.mse_loss(decode(encode(x)), x))
    assert "cumsum" in finding.message
    proof, finding = watched(lambda: F.mse_loss(decode(nn.Linear(6, CLASSES)(x)), x))
    assert proof.independent is True


def test_without_gradients_a_loss_is_judged_too():
    model = Net(last_step, **rnn(nn.LSTM)).eval()
    with torch.no_grad():
        assert "LSTM" in watched(classify(model, torch.randn(SEQUENCES)))[1].message
        proof, _ = watched(classify(Residual().eval(), torch.randn(N, 3, 8, 8)))
    assert proof.independent is True


def test_each_loss_is_judged_once_and_one_that_comes_late_at_its_second_call():
    model, x, target = nn.Linear(6, CLASSES), torch.randn(N, 6), labels()
    with snugly.guard(on_finding=lambda _: None, batch_axis=True) as guard:
        for _ in range(4):
            F.cross_entropy(model(x), target).backward()
        assert [proof.runs for proof in guard.proofs] == [9]
        assert nn.Module._wrapped_call_impl.__code__ is CALL  # nothing is left to judge
        for _ in range(3):
            F.nll_loss(model(x).log_softmax(0), target).backward()
        assert nn.Module._wrapped_call_impl.__code__ is CALL
    assert [proof.independent for proof in guard.proofs] == [True, False]
    assert guard.counts[-1] >= 1


def test_it_raises_at_each_call_where_it_was_asked_to():
    step = classify(by(lambda x: x.cumsum(0)), torch.randn(ROWS))
    with snugly.guard(on_finding="raise", batch_axis=True):
        for _ in range(3):
            with pytest.raises(snugly.MisfitError, match="SNG707"):
                step()


def test_codes_are_selected():
    step = classify(by(lambda x: x.cumsum(0)), torch.randn(ROWS))
    with snugly.guard(on_finding="raise", batch_axis=True, ignore=["SNG707"]):
        step()


def test_the_option_is_checked_at_the_door():
    with pytest.raises(TypeError, match="batch_axis must be"):
        snugly.guard(batch_axis="yes")


class Keeper(nn.Module):
    """Keeps what a forward pass may keep: buffers, a hidden state, a counter, a list, a set of random draws."""

    def __init__(self):
        super().__init__()
        self.fc, self.norm, self.drop = nn.Linear(6, CLASSES), nn.BatchNorm1d(6), nn.Dropout()
        self.register_buffer("seen", torch.zeros(6))
        self.hidden, self.calls, self.history, self.by_name = torch.zeros(N, 6), 0, [], {}

    def forward(self, x):
        self.seen += x.detach().mean(0)
        self.hidden = 0.5 * self.hidden.detach() + x
        self.calls += 1
        self.history.append(float(x.detach().sum()))
        self.by_name["last"] = x.detach().clone()
        noise = random.random() * torch.rand(())
        return self.fc(self.drop(self.norm(self.hidden))) + noise


def trained(*, guarded):
    torch.manual_seed(3)
    random.seed(3)
    model = Keeper()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    guard = snugly.guard(on_finding=lambda _: None, batch_axis=True)
    if guarded:
        guard.__enter__()
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        losses.append(F.cross_entropy(model(torch.randn(N, 6)), torch.randint(CLASSES, (N,))))
        losses[-1].backward()
        optimizer.step()
    if guarded:
        guard.__exit__(None, None, None)
    state = [*losses, *model.state_dict().values(), *(p.grad for p in model.parameters()), model.hidden]
    return [each.detach().clone() for each in state], (model.calls, model.history, random.random(), torch.rand(3).tolist(), vars(model).keys()), guard.proofs  # fmt: skip


def test_not_a_bit_of_a_training_changes():
    plain, rest, _ = trained(guarded=False)
    watched, same, proofs = trained(guarded=True)
    assert all(torch.equal(one, other) for one, other in zip(plain, watched, strict=True))
    assert rest == same
    assert proofs[0].independent is True


def test_hooks_of_the_user_are_not_called_again():
    model, heard = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, CLASSES)), []
    model[0].register_forward_hook(lambda *_: heard.append("forward"))
    model[1].register_full_backward_hook(lambda *_: heard.append("backward"))
    watched(classify(model, torch.randn(ROWS)))
    assert heard == ["forward", "backward"] * 2


def test_arguments_that_a_model_writes_into():
    def halve(m, x):
        return m.fc(x.mul_(0.5))

    model = Net(halve, fc=nn.Linear(6, CLASSES))
    x = torch.randn(ROWS)
    before = x.clone()
    assert watched(classify(model, x))[0].independent is True
    assert torch.equal(x, before * 0.25)


def test_under_autocast():
    x, target = torch.randn(N, 6), labels()
    model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, CLASSES))

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model(x)
        return F.cross_entropy(scores.float(), target)

    assert watched(step)[0].independent is True
    wrong = Net(lambda m, x: m.fc(x).log_softmax(0), fc=nn.Linear(6, CLASSES))

    def bad():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return F.cross_entropy(wrong(x), target)

    assert "log_softmax" in watched(bad)[1].message


def test_a_model_that_calls_autograd_itself():
    def force(m, x):
        x = x.detach().requires_grad_()
        energy = m.a(x).tanh().sum()
        return m.fc(torch.autograd.grad(energy, x, create_graph=True)[0])

    model = Net(force, a=nn.Linear(6, 4), fc=nn.Linear(6, CLASSES))
    assert watched(classify(model, torch.randn(ROWS)))[0].independent is True


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: torch.jit.script(nn.Linear(6, CLASSES)), "scripted"),
        (lambda: by(lambda x: x + torch.rand(6) * 0 + next(COUNT)), "other things"),
        (lambda: by(lambda x: x[(x[:, 0] > 0)].repeat(N, 1)[:N] if bool((x[:, 0] > 0).any()) else x), ""),
    ],
)
@pytest.mark.filterwarnings("ignore:.*script.*:DeprecationWarning")
def test_what_cannot_be_shown_is_said(make, why):
    proof, finding = watched(classify(make(), torch.randn(ROWS)), calls=5)
    assert finding is None
    assert proof.independent is None
    assert why in proof.why


COUNT = iter(float(number) for number in range(10_000))


def test_it_fails_open_with_a_warning(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("snugly.runtime.samples.watching.show", broken)
    step = classify(nn.Linear(6, CLASSES), torch.randn(ROWS))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        proof, finding = watched(step, calls=5)
    assert finding is None
    assert "ZeroDivisionError" in proof.why
    assert any("goes on" in str(each.message) for each in told)


def test_compiled_models_are_neither_compiled_again_nor_broken():
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    counter = CompileCounter()
    model = Net(last_step, **rnn(nn.LSTM))
    compiled = torch.compile(model, backend=counter)
    x, target = torch.randn(SEQUENCES), labels()
    compiled(x)
    frames = counter.frame_count
    with snugly.guard(on_finding=lambda _: None, batch_axis=True) as guard:
        for _ in range(3):
            F.cross_entropy(compiled(x), target).backward()
    compiled(x)
    assert counter.frame_count == frames
    assert [proof.independent for proof in guard.proofs] == [False]
    torch._dynamo.reset()


def test_data_parallel_passes_through():
    model = nn.DataParallel(Residual())
    assert watched(classify(model, torch.randn(N, 3, 8, 8)))[0].model == "Residual"


def test_a_discriminator_and_its_generator():
    generator, discriminator = nn.Linear(4, 6), nn.Linear(6, 1)
    with snugly.guard(on_finding="raise", batch_axis=True) as guard:
        for _ in range(3):
            fake = generator(torch.randn(N, 4))
            F.binary_cross_entropy_with_logits(discriminator(fake.detach()), torch.zeros(N, 1)).backward()
            F.binary_cross_entropy_with_logits(discriminator(fake), torch.ones(N, 1)).backward()
    assert [proof.independent for proof in guard.proofs] == [True, True]


@pytest.mark.parametrize("samples", [2, 3, 16, 33])
def test_the_number_of_runs_grows_with_the_digits_of_the_number_of_samples(samples):
    model, x = nn.Linear(6, CLASSES), torch.randn(samples, 6)
    proof, _ = watched(lambda: F.mse_loss(model(x), torch.zeros(samples, CLASSES)))
    assert proof.samples == samples
    assert proof.runs == 3 + 2 * (samples - 1).bit_length()
