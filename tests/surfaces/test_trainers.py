"""The shims in the real libraries; each is left out where its library is not installed."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import snugly
from snugly.runtime import interception

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    assert not interception.is_watching()


def loader():
    return DataLoader(TensorDataset(torch.randn(12, 3), torch.randn(12)), batch_size=4)


def test_lightning(tmp_path):
    lightning = pytest.importorskip("lightning")
    from snugly.surfaces.lightning import SnuglyCallback

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 1)

        def training_step(self, batch, _):
            return nn.functional.mse_loss(self.layer(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.01)

    def fit(callback):
        quiet = {
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
        }
        trainer = lightning.Trainer(
            max_epochs=1, accelerator="cpu", callbacks=[callback], default_root_dir=tmp_path, **quiet
        )
        trainer.fit(Model(), loader())

    told = []
    callback = SnuglyCallback(on_finding=told.append)
    fit(callback)
    assert [finding.code for finding in told] == ["SNG401"]
    assert callback.guard.counts == (3,)
    with pytest.raises(snugly.MisfitError):
        fit(SnuglyCallback(on_finding="raise"))


def test_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from snugly.surfaces.transformers import SnuglyCallback

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 1)

        def forward(self, x, labels):
            scores = self.layer(x)
            return {"loss": nn.functional.mse_loss(scores, labels), "logits": scores}

    data = [{"x": torch.randn(3), "labels": torch.tensor(1.0)} for _ in range(8)]
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path), max_steps=2, per_device_train_batch_size=4, report_to=[], save_strategy="no",
        use_cpu=True, disable_tqdm=True, remove_unused_columns=False,
    )  # fmt: skip
    told = []
    callback = SnuglyCallback(on_finding=told.append)
    transformers.Trainer(Model(), arguments, train_dataset=data, callbacks=[callback]).train()
    assert [finding.code for finding in told] == ["SNG401"]
    assert callback.guard.counts == (2,)


def test_accelerate():
    accelerate = pytest.importorskip("accelerate")
    accelerator = accelerate.Accelerator(cpu=True)
    layer = nn.Linear(3, 1)
    model, optimizer, batches = accelerator.prepare(layer, torch.optim.SGD(layer.parameters(), lr=0.01), loader())
    told = []
    with snugly.guard(on_finding=told.append) as guard:
        for x, y in batches:
            optimizer.zero_grad()
            accelerator.backward(nn.functional.mse_loss(model(x), y))
            optimizer.step()
    assert [finding.code for finding in told] == ["SNG401"]
    assert guard.counts == (3,)


def test_ignite():
    engine = pytest.importorskip("ignite.engine")
    from snugly.surfaces.ignite import attach

    def trained():
        layer = nn.Linear(3, 1)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
        return engine.create_supervised_trainer(layer, optimizer, nn.functional.mse_loss)

    told = []
    trainer = trained()
    guard = attach(trainer, on_finding=told.append)
    trainer.run(loader(), max_epochs=2)
    assert [finding.code for finding in told] == ["SNG401"]
    assert guard.counts == (6,)
    trainer = trained()
    attach(trainer, on_finding="raise")
    with pytest.raises(snugly.MisfitError):
        trainer.run(loader(), max_epochs=1)
