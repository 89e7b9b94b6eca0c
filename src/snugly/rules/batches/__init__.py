"""SNG7xx: what holds for some batches and fails for others."""
