"""Graphs and the layers on them, as PyTorch Geometric documents their shapes."""

import pytest

LAYERS = {
    "GCNConv(16, 7)": 7, "SAGEConv(16, 7, aggr='max')": 7, "GATConv(16, 8, heads=4)": 32,
    "GATConv(16, 8, heads=4, concat=False)": 8, "GATv2Conv(16, 5)": 5, "ChebConv(16, 7, K=2)": 7,
    "TransformerConv(16, 6, heads=2)": 12, "GINConv(torch.nn.Linear(16, 9))": 9, "GraphConv(16, 3)": 3,
}  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_gives_each_node_its_channels(follow, layer):
    names = follow(
        f"import torch\nfrom torch_geometric.nn import *\ny = {layer}(torch.ones(20, 16), torch.zeros(2, 50).long())\n"
    )
    assert names["y"].shape == (20, LAYERS[layer])


CORA = """
import torch
import torch.nn.functional as F
from torch_geometric.datasets import Planetoid
from torch_geometric.nn import GCNConv
dataset = Planetoid(root="data", name="Cora")
data = dataset[0].to("cpu")
class GCN(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = GCNConv(dataset.num_features, 16)
        self.conv2 = GCNConv(16, dataset.num_classes)
    def forward(self, data):
        x = F.relu(self.conv1(data.x, data.edge_index))
        return self.conv2(F.dropout(x, training=self.training), data.edge_index)
out = GCN()(data)
picked, labels = out[data.train_mask], data.y[data.train_mask]
count = data.num_nodes
"""


def test_one_graph_with_a_class_for_each_node(follow):
    names = follow(CORA)
    assert names["out"].shape == (2708, 7)
    assert names["picked"].shape[1] == 7
    assert names["labels"].rank == 1
    assert names["count"] == 2708


MANY = """
import torch
from torch_geometric.datasets import TUDataset
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GraphConv, global_mean_pool
dataset = TUDataset("data", name="MUTAG").shuffle()
train = dataset[:150]
conv, head = GraphConv(dataset.num_node_features, 64), torch.nn.Linear(64, dataset.num_classes)
for data in DataLoader(train, batch_size=64, shuffle=True):
    x = conv(data.x, data.edge_index)
    scores = head(global_mean_pool(x, data.batch))
    target = data.y
"""


def test_a_batch_of_graphs_is_pooled_to_a_row_for_each(follow):
    names = follow(MANY)
    assert names["scores"].shape == (names["target"].shape[0], 2)
    assert names["x"].shape[0] == names["data"]._parts["batch"].shape[0]
