"""Plots, logs of experiments and metrics services: whatever they return decides no shape."""

from __future__ import annotations

from snugly.library.registry import quiet

quiet(
    "matplotlib", "pylab", "seaborn", "plotly", "bokeh", "wandb", "mlflow", "tensorboard", "tensorboardX",
    "neptune", "comet_ml", "clearml", "aim", "visdom", "IPython", "ipywidgets", "torchsummary", "torchinfo",
    "torchviz", "thop", "fvcore", "ray", "optuna", "hyperopt", "google", "boto3", "loguru", "absl",
    "imutils", "moviepy", "graphviz", "networkx", "nltk", "spacy", "sacrebleu", "rouge_score", "editdistance",
    "Levenshtein", "h5py", "lmdb", "zarr", "pytest", "unittest", "apex", "deepspeed", "horovod", "bitsandbytes",
)  # fmt: skip
