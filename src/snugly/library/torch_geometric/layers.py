"""Layers on graphs: a row for each node, as many columns as the layer has channels; and pooling over each graph.

Source: the documentation of PyTorch Geometric 2.6, ``nn`` (each layer's section "Shapes").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Unknown, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import function, model
from snugly.library.torch.module import Module
from snugly.library.torch_geometric.graphs import graphs_of

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine


def _nodes(x: Value) -> TensorFacts | None:
    given = x[0] if isinstance(x, tuple) and x else x
    return given if isinstance(given, TensorFacts) else None


class Convolution(Module):
    """A layer that gives each node ``out_channels`` numbers."""

    def __init__(
        self, machine: Machine, in_channels: Value, out_channels: Value, *args: Value, **options: Value
    ) -> None:
        """Keep the channels."""
        super().__init__()
        self.in_channels, self.out_channels = in_channels, out_channels

    def _width(self) -> Dim | None:
        return size_of(self.out_channels)

    def forward(self, machine: Machine, x: Value, edge_index: Value = None, *args: Value, **options: Value) -> Value:
        """Return a row for each node."""
        nodes = _nodes(x)
        if nodes is None or nodes.rank not in (2, None):
            return Unknown("a layer on a graph")
        rows = machine.new_symbol("nodes", 1) if nodes.rank is None or isinstance(x, tuple) else nodes.size(0)
        return TensorFacts((rows, self._width()), "float32", None, True)


class _Heads(Convolution):
    """A layer of several heads, side by side unless they are averaged."""

    def __init__(
        self, machine: Machine, in_channels: Value, out_channels: Value, heads: Value = 1, concat: Value = True,
        *args: Value, **options: Value,
    ) -> None:  # fmt: skip
        """Keep the channels and the heads."""
        super().__init__(machine, in_channels, out_channels)
        self.heads, self.concat = heads, concat

    def _width(self) -> Dim | None:
        each, heads = size_of(self.out_channels), size_of(self.heads)
        if self.concat is False:
            return each
        return None if each is None or heads is None or self.concat is not True else each * heads


def _declare(name: str, base: type[Convolution]) -> None:
    model(f"torch_geometric.nn.{name}", f"torch_geometric.nn.conv.{name}")(type(name, (base,), {}))


for _name in ("GCNConv", "SAGEConv", "GraphConv", "ChebConv", "TAGConv", "SGConv", "ARMAConv", "ResGatedGraphConv",
              "LEConv", "ClusterGCNConv", "GCN2Conv_", "NNConv", "GMMConv_", "RGCNConv", "FiLMConv", "MFConv",
              "FeaStConv", "LGConv_", "EdgeConv_", "GeneralConv"):  # fmt: skip
    if not _name.endswith("_"):
        _declare(_name, Convolution)
for _name in ("GATConv", "GATv2Conv", "TransformerConv"):
    _declare(_name, _Heads)


@model("torch_geometric.nn.GINConv", "torch_geometric.nn.GINEConv")
class GINConv(Module):
    """A layer that runs a network of the user's on each node."""

    def __init__(self, machine: Machine, nn: Value, *args: Value, **options: Value) -> None:
        """Keep the network."""
        super().__init__()
        self.nn = nn

    def forward(self, machine: Machine, x: Value, edge_index: Value = None, *args: Value, **options: Value) -> Value:
        """Return what the network makes of a row for each node."""
        nodes = _nodes(x)
        return Unknown("a layer on a graph") if nodes is None else machine.call(self.nn, nodes.with_(origin=None))


def _pool(machine: Machine, x: Value, batch: Value = None, size: Value = None, *args: Value) -> Value:
    """Return a row for each graph."""
    if not isinstance(x, TensorFacts) or x.rank != 2:
        return Unknown("pooling over graphs")
    rows = 1 if batch is None else size_of(size)
    if rows is None:
        rows = graphs_of(machine, batch)
    return x.with_(shape=(rows, x.size(1)), requires_grad=x.requires_grad)


for _name in ("global_mean_pool", "global_max_pool", "global_add_pool"):
    function(f"torch_geometric.nn.{_name}", f"torch_geometric.nn.pool.{_name}", f"torch_geometric.nn.glob.{_name}")(
        _pool
    )
