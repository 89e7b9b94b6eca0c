"""Whether a sample's loss depends on other samples: shown by running the model again with some samples exchanged."""
