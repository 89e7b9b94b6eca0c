"""torchvision: data sets with the facts of their samples, transforms, and models with their classifiers.

torchvision is not needed, and not asked: the facts are those of its documentation and source (0.20 to 0.24). What is
not certain is left open.
"""
