"""Facts about tensors: sizes, shapes, dtypes, values, origins, and their notation."""
