"""``pandas``: tables by their rows and columns; what a file holds is not known, how its parts relate is."""

from snugly.library.registry import quiet

quiet("pandas", "polars", "dask", "pyarrow")
