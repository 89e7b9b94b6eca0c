"""The guard in the processes of a real ``torchrun`` on gloo: each checks, one explains, ranks that differ are named."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = str(Path(__file__).parents[2] / "src")
SETUP = """
import json, sys, time, warnings
import torch
from torch import nn
from torch.nn import functional as F
import snugly

torch.distributed.init_process_group("gloo")
rank = torch.distributed.get_rank()

def validate(model, batches):
    with torch.no_grad():
        for rows in batches:
            F.binary_cross_entropy_with_logits(model(torch.randn(rows, 3)).squeeze(), torch.rand(rows))

def train(model, batches, after=lambda scores: scores):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for rows in batches:
        x, y = torch.randn(rows, 3), torch.randn(rows)
        optimizer.zero_grad()
        F.mse_loss(after(model(x)), y).backward()
        optimizer.step()

def watched(work, model, *arguments):
    told = []
    warnings.showwarning = lambda message, *_, **__: told.append(str(message))
    torch.manual_seed(0)
    with snugly.guard(batch_axis=True) as guard:
        try:
            work(model, *arguments)
        except ValueError:
            pass  # torch's own
        torch.distributed.barrier()
        time.sleep(0.3 if rank == 0 else 0)
    said = [each for each in told if "SNG" in each]
    return {
        "codes": [finding.code for finding in guard.findings],
        "counts": guard.counts,
        "said": said,
        "proofs": [[proof.independent, proof.why] for proof in guard.proofs],
        "weights": [parameter.sum().item() for parameter in model.parameters() if type(parameter) is nn.Parameter],
    }
"""
PHASES = """
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.nn.parallel import DistributedDataParallel

def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))

def whole(model):
    return FullyShardedDataParallel(model, device_id=torch.device("cpu"))

def sharded(model):
    fully_shard(model, mesh=init_device_mesh("cpu", (2,)))
    return model

found = {
    "both": watched(train, DistributedDataParallel(net()), [4, 4, 4]),
    # The shards are as large, but rank 1 gets its last sample alone, and squeeze() takes the batch away.
    "short": watched(validate, DistributedDataParallel(net()).eval(), [4, 4] if rank == 0 else [7, 1]),
    "fits": watched(train, DistributedDataParallel(net()), [4, 4, 4], lambda scores: scores.squeeze(1)),
    "fsdp": watched(train, whole(net()), [4, 4], lambda scores: scores.squeeze(1) if rank == 0 else scores),
    "fully_shard": watched(train, sharded(net()), [4, 4], lambda scores: scores.squeeze(1) if rank == 0 else scores),
}
with open(f"found{rank}.json", "w") as file:
    json.dump(found, file)
torch.distributed.destroy_process_group()
"""


def launched(folder, program):
    """Run a program in two processes; return how it ended and what came on the error stream."""
    (folder / "train.py").write_text(SETUP + program)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", port, "train.py"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=240,
        env={**os.environ, "PYTHONPATH": SOURCE, "OMP_NUM_THREADS": "1", "SNUGLY_STRICT": "1"},
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """What each rank found in each phase, and the error stream of both."""
    folder = tmp_path_factory.mktemp("ranks")
    code, shown = launched(folder, PHASES)
    assert code == 0, shown
    return [json.loads((folder / f"found{rank}.json").read_text()) for rank in (0, 1)], shown


def test_what_every_rank_meets_is_explained_once(ranks):
    (first, second), shown = ranks
    for each in (first["both"], second["both"]):
        assert each["codes"] == ["SNG401"]
        assert each["counts"] == [3]
    assert len(first["both"]["said"]) == 1
    assert second["both"]["said"] == []
    assert shown.count(": 3 calls") == 1


def test_a_short_batch_of_one_rank_is_named_by_both(ranks):
    (first, second), shown = ranks
    assert first["short"]["codes"] == []
    assert second["short"]["codes"] == ["SNG105"]
    (said,) = second["short"]["said"]
    assert said.startswith("[only on rank 1, not on rank 0]")
    assert any("SNG105 at" in line and ": only on rank 1" in line for line in shown.splitlines())


def test_each_rank_proves_for_itself_that_samples_stay_apart(ranks):
    for each in ranks[0]:
        (independent, why) = each["fits"]["proofs"][0]
        assert independent is True, why
        assert "batch normalization" in why
        assert each["fits"]["codes"] == []


def test_the_copies_leave_the_replicas_alike(ranks):
    first, second = ranks[0]
    assert first["fits"]["weights"] == second["fits"]["weights"]


@pytest.mark.parametrize("kind", ["fsdp", "fully_shard"])
def test_sharded_models_are_watched_and_not_run_again(ranks, kind):
    first, second = ranks[0]
    assert first[kind]["codes"] == []
    assert second[kind]["codes"] == ["SNG401"]
    for each in (first, second):
        assert each[kind]["proofs"] == [[None, "its parameters are spread over processes"]]


def test_a_rank_that_refuses_a_call_ends_the_run(tmp_path):
    program = """
with snugly.guard(on_finding="raise"):
    validate(nn.Linear(3, 1), [4, 4] if rank == 0 else [7, 1])
"""
    code, shown = launched(tmp_path, program)
    assert code == 1
    assert "MisfitError" in shown
    assert "SNG105" in shown
