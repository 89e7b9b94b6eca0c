"""snugly: makes model outputs and targets fit."""
