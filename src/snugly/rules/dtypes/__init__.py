"""SNG2xx: dtypes that a loss refuses, or takes for something else."""
