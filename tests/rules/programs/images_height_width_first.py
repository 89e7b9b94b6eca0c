# SNG802: pictures of a batch, channels last, reshaped to channels first
import numpy as np
import torch

batch = np.random.rand(12, 20, 30, 3).astype("float32")
x = torch.from_numpy(batch).view(-1, 3, 20, 30)  # SNG802
