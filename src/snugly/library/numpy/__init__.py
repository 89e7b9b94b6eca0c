"""numpy, as of version 2: arrays are ``TensorFacts`` of kind ``"ndarray"``, a numpy scalar is one without axes.

Dtypes have torch's names; one that torch does not have (strings, objects, dates) is not known. Functions that only move
elements around are those of torch under other names, so their shapes come from ``snugly.operations``.
"""
