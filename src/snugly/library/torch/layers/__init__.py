"""The layers of ``torch.nn``, by kind."""
