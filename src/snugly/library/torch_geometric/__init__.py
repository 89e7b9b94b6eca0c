"""``torch_geometric``: graphs by their nodes and edges, the layers on them, and batches of graphs."""
