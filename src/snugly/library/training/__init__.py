"""Libraries around training: progress bars, plots, logs, tables, pictures, environments, frameworks."""
