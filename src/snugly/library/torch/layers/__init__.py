"""The layers of ``torch.nn``, by kind."""

from snugly.library.torch.layers import attention, convolution, functional, linear, normalization, pooling, recurrent

__all__ = ["attention", "convolution", "functional", "linear", "normalization", "pooling", "recurrent"]
