"""A guard where losses run in other ways: compiled, checkpointed, under transforms, in threads and forks."""

from __future__ import annotations

import os
import threading

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import snugly

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def told():
    found = []
    with snugly.guard(on_finding=lambda finding: found.append(finding.code)):
        yield found


def broadcast(x):
    return F.mse_loss(x, torch.ones(len(x)))


def test_a_compiled_step_stays_one_graph(told):
    torch._dynamo.reset()
    graphs = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    step = torch.compile(lambda x, y: F.mse_loss(x * 2, y), backend=backend, fullgraph=True)
    for _ in range(5):
        assert step(torch.ones(4, 1), torch.ones(4, 1)) == 1
    assert len(graphs) == 1


def test_a_loss_around_a_compiled_model_is_watched(told):
    model = torch.compile(nn.Linear(3, 1), backend="eager")
    broadcast(model(torch.ones(4, 3))).backward()
    assert told == ["SNG401"]


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_checkpointed_loss_is_computed_again_as_it_was(told, reentrant):
    x = torch.ones(4, 1, requires_grad=True)
    checkpoint(broadcast, x, use_reentrant=reentrant).backward()
    assert told == ["SNG401"]
    assert x.grad is not None


def test_hooks_on_saved_tensors_see_what_the_user_saves_and_nothing_else():
    def saved():
        kept = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape) or t, lambda t: t):
            broadcast(torch.ones(4, 1, requires_grad=True)).backward()
        return kept

    plain = saved()
    with snugly.guard(on_finding=lambda _: None) as guard:
        assert saved() == plain
    assert guard.findings


def test_transforms_autocast_and_data_parallel_work(told):
    grads = torch.func.vmap(torch.func.grad(F.mse_loss))(torch.ones(4, 3), torch.zeros(4, 3))
    assert grads.shape == (4, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        broadcast(nn.Linear(3, 1)(torch.ones(4, 3)))
    assert told == ["SNG401"]
    F.cross_entropy(nn.DataParallel(nn.Linear(3, 2))(torch.ones(4, 3)), torch.zeros(4, dtype=torch.int64))
    assert told == ["SNG401"]


def test_threads_are_watched(told):
    thread = threading.Thread(target=broadcast, args=(torch.ones(4, 1),))
    thread.start()
    thread.join()
    assert told == ["SNG401"]


def test_a_fork_goes_on_for_itself(told):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        broadcast(torch.ones(4, 1))
        os.write(writer, ",".join(told).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 99) == b"SNG401"
    assert told == []
