"""Live tensors: crashes, training loops, steps before training."""
