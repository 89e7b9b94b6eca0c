"""``torchtext``: fields and iterators of the versions until 0.8, vocabularies and data sets of the later ones."""
