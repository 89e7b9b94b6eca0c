"""torch, as far as it is not operations on facts: modules, layers, losses, loaders, optimizers, constructors."""
