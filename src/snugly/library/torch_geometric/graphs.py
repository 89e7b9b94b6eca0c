"""Graphs: what one holds, the published data sets, and loaders, which put the nodes of several graphs in one.

Source: the documentation of PyTorch Geometric 2.6: ``datasets`` (their tables of nodes, edges, features and classes),
``data.Data`` and ``loader.DataLoader``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import NOTHING, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import Model, alias, function, model, quiet

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("torch_geometric", "torch_scatter", "torch_sparse", "torch_cluster", "ogb", "dgl")
alias("torch_geometric.data.DataLoader", "torch_geometric.loader.DataLoader")

# Nodes, features and classes of the data sets that are one graph with a class for each node.
_NODES = {
    "Cora": (2708, 1433, 7), "CiteSeer": (3327, 3703, 6), "Citeseer": (3327, 3703, 6), "PubMed": (19717, 500, 3),
    "Pubmed": (19717, 500, 3), "cora": (2708, 1433, 7), "citeseer": (3327, 3703, 6), "pubmed": (19717, 500, 3),
}  # fmt: skip
# Features of a node and classes of the data sets of many graphs with a class for each.
_GRAPHS = {"MUTAG": (7, 2), "ENZYMES": (3, 6), "PROTEINS": (3, 2), "AIDS": (38, 2)}
_COUNTS = "torch_geometric.graphs"
_INDICES = ValueFacts(0, integral=True, finite=True)


@model("torch_geometric.data.Data", "torch_geometric.data.Batch")
class Data(Model):
    """A graph, or several put together: tensors by name."""

    def __init__(
        self, x: Value = None, edge_index: Value = None, edge_attr: Value = None, y: Value = None, pos: Value = None,
        **others: Value,
    ) -> None:  # fmt: skip
        """Keep the tensors."""
        self._parts: dict[str, Value] = {
            "x": x, "edge_index": edge_index, "edge_attr": edge_attr, "y": y, "pos": pos, **others,
        }  # fmt: skip

    def get_attribute(self, name: str) -> Value:
        """Return the tensor of a name."""
        return NOTHING if hasattr(type(self), name) or name not in self._parts else self._parts[name]

    def set_attribute(self, machine: Machine, name: str, new: Value) -> None:
        """``data.name = new``."""
        machine.touch(self)
        self._parts = {**self._parts, name: new}

    def item(self, key: Value) -> Value:
        """``data[name]``."""
        return self._parts.get(key, Unknown("a part of a graph")) if isinstance(key, str) else Unknown("a part")

    def _size(self, name: str, axis: int) -> Value:
        part = self._parts.get(name)
        size = part.size(axis) if isinstance(part, TensorFacts) and part.rank is not None and part.rank > axis else None
        return Number("int", 0) if size is None else size

    @property
    def num_nodes(self) -> Value:
        """``num_nodes``."""
        return self._size("x", 0)

    @property
    def num_edges(self) -> Value:
        """``num_edges``."""
        return self._size("edge_index", 1)

    @property
    def num_node_features(self) -> Value:
        """``num_node_features``, ``num_features``."""
        return self._size("x", 1)

    num_features = num_node_features

    @property
    def num_graphs(self) -> Value:
        """``num_graphs``."""
        return self._parts.get("num_graphs", 1)

    def _same(self, *args: Value, **options: Value) -> Value:
        return self

    to = cuda = cpu = clone = contiguous = coalesce = _same


def node_data(machine: Machine, nodes: Dim, features: Dim) -> Data:
    """Return a graph with a class for each node, and the masks that split them."""
    edges = machine.new_symbol("edges", 1)
    mask = TensorFacts((nodes,), "bool", "cpu", False)
    return Data(
        TensorFacts((nodes, features), "float32", "cpu", False),
        TensorFacts((2, edges), "int64", "cpu", False, _INDICES),
        y=TensorFacts((nodes,), "int64", "cpu", False, _INDICES),
        train_mask=mask,
        val_mask=mask.with_(),
        test_mask=mask.with_(),
        batch=None,
    )


class Graphs(Model):
    """A data set of graphs."""

    path = "torch_geometric.data.Dataset"

    def __init__(self, machine: Machine, data: Data, count: Dim | None, features: Value, classes: Value) -> None:
        """Keep one graph that stands for all, and how many there are."""
        self._graph, self._count = data, count
        self._data = self.data = data
        self.num_features = self.num_node_features = features
        self.num_classes = classes

    def length(self) -> Value:
        """``len(dataset)``."""
        return self._count

    def item(self, machine: Machine, key: Value) -> Value:
        """``dataset[0]``, ``dataset[:100]``."""
        if isinstance(key, slice | Sequence) or (isinstance(key, TensorFacts) and key.shape != ()):
            return Graphs(machine, self._graph, machine.new_symbol("graphs"), self.num_features, self.num_classes)
        return self._graph

    def shuffle(self, *args: Value) -> Value:
        """``shuffle()``."""
        return self

    def iterate(self) -> Value:
        """Go through the graphs."""
        return Sequence("list", None, self._graph, self._count)


@function("torch_geometric.datasets.Planetoid", "torch_geometric.datasets.CitationFull")
def planetoid(machine: Machine, root: Value = None, name: Value = None, *args: Value, **options: Value) -> Value:
    """``Planetoid(root, name)``: one graph."""
    known = _NODES.get(name) if isinstance(name, str) else None
    nodes, features, classes = known if known is not None else _unnamed(machine)
    return Graphs(machine, node_data(machine, nodes, features), 1, features, classes)


def _unnamed(machine: Machine) -> tuple[Dim, Dim, Dim]:
    return machine.new_symbol("nodes", 1), machine.new_symbol("features", 1), machine.new_symbol("classes", 1)


@function("torch_geometric.datasets.KarateClub")
def karate(machine: Machine, *args: Value) -> Value:
    """``KarateClub()``: 34 nodes, a one-hot vector for each."""
    return Graphs(machine, node_data(machine, 34, 34), 1, 34, 4)


@function("torch_geometric.datasets.Reddit", "torch_geometric.datasets.Amazon", "torch_geometric.datasets.Coauthor",
          "torch_geometric.datasets.WebKB", "torch_geometric.datasets.Flickr", "torch_geometric.datasets.Actor",
          "torch_geometric.datasets.WikipediaNetwork")  # fmt: skip
def one_graph(machine: Machine, *args: Value, **options: Value) -> Value:
    """A data set that is one graph."""
    nodes, features, classes = _unnamed(machine)
    return Graphs(machine, node_data(machine, nodes, features), 1, features, classes)


@function("torch_geometric.datasets.TUDataset")
def tu_dataset(machine: Machine, root: Value = None, name: Value = None, *args: Value, **options: Value) -> Value:
    """``TUDataset(root, name)``: graphs with a class for each."""
    known = _GRAPHS.get(name) if isinstance(name, str) and not options.get("use_node_attr") else None
    _, features, classes = _unnamed(machine)
    features, classes = known if known is not None else (features, classes)
    nodes, edges = machine.new_symbol("nodes", 1), machine.new_symbol("edges", 0)
    graph = Data(
        TensorFacts((nodes, features), "float32", "cpu", False),
        TensorFacts((2, edges), "int64", "cpu", False, _INDICES),
        y=TensorFacts((1,), "int64", "cpu", False, _INDICES),
        batch=None,
    )
    return Graphs(machine, graph, machine.new_symbol("graphs", 1), features, classes)


def graphs_of(machine: Machine, batch: Value) -> Dim:
    """Return how many graphs a ``batch`` vector tells apart: it is the same for the same nodes."""
    nodes = batch.size(0) if isinstance(batch, TensorFacts) else None
    known: dict[Dim | None, Dim] = machine.settings.setdefault(_COUNTS, {})
    found = machine.new_symbol("N", 1) if nodes is None else known.get(nodes)
    if found is None:
        found = known[nodes] = machine.new_symbol("N", 1)
    return found


@model("torch_geometric.loader.DataLoader")
class GraphLoader(Model):
    """Batches of graphs: their nodes and edges one after the other, and ``batch`` tells whose a node is."""

    def __init__(self, machine: Machine, dataset: Value, batch_size: Value = 1, *args: Value, **options: Value) -> None:
        """Keep the graphs and how many are put together."""
        self.dataset, self.batch_size = dataset, batch_size
        self._batches = machine.new_symbol("batches", 1)

    def length(self) -> Value:
        """``len(loader)``."""
        return self._batches

    def iterate(self, machine: Machine) -> Value:
        """Go through the batches."""
        graph = machine.iterate(self.dataset).element if not isinstance(self.dataset, Graphs) else self.dataset._graph
        if isinstance(graph, Unknown) or not isinstance(graph, Data):
            items = machine.iterate(self.dataset).items or []
            graph = next((one for one in items if isinstance(one, Data)), Data())
        limit = size_of(self.batch_size)
        count = 1 if limit == 1 else machine.new_symbol("N", 2, limit if isinstance(limit, int) else None)
        nodes, edges = machine.new_symbol("nodes", 1), machine.new_symbol("edges", 0)
        parts: dict[str, Value] = {}
        for name, part in graph._parts.items():
            if isinstance(part, TensorFacts) and part.shape:
                first: Dim | None = (
                    edges if name in ("edge_attr", "edge_weight") else nodes if name in ("x", "pos") else None
                )
                if name == "edge_index":
                    parts[name] = part.with_(shape=(2, edges))
                    continue
                if first is None:
                    first = count if part.shape[0] == 1 else machine.new_symbol("L", 1)
                parts[name] = part.with_(shape=(first, *part.shape[1:]))
            elif isinstance(part, TensorFacts) and part.shape == ():
                parts[name] = part.with_(shape=(count,))
            else:
                parts[name] = part
        parts["batch"] = TensorFacts((nodes,), "int64", "cpu", False, _INDICES)
        parts["num_graphs"] = count
        machine.settings.setdefault(_COUNTS, {})[nodes] = count
        return Sequence("iterator", None, Data(**parts), self._batches)


@function("torch_geometric.utils.add_self_loops", "torch_geometric.utils.remove_self_loops")
def self_loops(machine: Machine, edge_index: Value, *args: Value, **options: Value) -> Value:
    """``add_self_loops(edges)``: other edges, and their attributes."""
    return TensorFacts((2, machine.new_symbol("edges", 0)), "int64", None, False, _INDICES), Unknown("edge attributes")


@function("torch_geometric.utils.to_undirected", "torch_geometric.utils.negative_sampling")
def other_edges(machine: Machine, *args: Value, **options: Value) -> Value:
    """Edges of another number."""
    return TensorFacts((2, machine.new_symbol("edges", 0)), "int64", None, False, _INDICES)


@function("torch_geometric.device")
def device(*args: Value) -> Value:
    """``device("auto")``."""
    return Text()
