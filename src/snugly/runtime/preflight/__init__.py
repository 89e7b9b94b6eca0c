"""Proves a training step before training: the real model on fake tensors, its losses judged by the contracts."""
