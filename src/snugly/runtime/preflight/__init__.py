"""Proves a training step before training: the model on tensors without elements, its losses by their contracts."""
