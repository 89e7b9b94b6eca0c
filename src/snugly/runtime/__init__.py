"""Live tensors: facts of them, the real kernels as an oracle, interception of losses, and crashes."""
