"""Networks of timm, segmentation_models_pytorch and efficientnet_pytorch: what comes out, before and after a change."""

from __future__ import annotations

import pytest

HEAD = """
import segmentation_models_pytorch as smp
import timm
import torch
from efficientnet_pytorch import EfficientNet
from torch import nn

x = torch.rand(2, 3, 224, 224)
"""

KNOWN = {
    "model = timm.create_model('resnet50', pretrained=True, num_classes=5)": (2, 5),
    "model = timm.create_model('resnet50')": (2, 1000),
    "model = timm.create_model('efficientnet_b0', num_classes=0)": (2, 1280),
    "model = timm.create_model('resnet50'); model.fc = nn.Linear(model.fc.in_features, 7)": (2, 7),
    "model = timm.create_model('tf_efficientnet_b3_ns'); model.classifier = nn.Linear(1536, 7)": (2, 7),
    "model = timm.create_model('vit_base_patch16_224'); model.head = nn.Linear(model.head.in_features, 4)": (2, 4),
    "model = timm.create_model('some_new_network', num_classes=4)": (2, 4),
    "model = timm.create_model('resnet18'); model.reset_classifier(6)": (2, 6),
    "model = timm.create_model('resnet18', num_classes=3).to('cuda').eval()": (2, 3),
    "model = smp.Unet('resnet34', in_channels=3, classes=4)": (2, 4, 224, 224),
    "model = smp.DeepLabV3Plus(encoder_name='resnet50', classes=1, activation='sigmoid')": (2, 1, 224, 224),
    "model = EfficientNet.from_pretrained('efficientnet-b0', num_classes=5)": (2, 5),
    "model = EfficientNet.from_name('efficientnet-b3'); model._fc = nn.Linear(model._fc.in_features, 2)": (2, 2),
}


@pytest.mark.parametrize("made", KNOWN)
def test_a_network_by_name_gives_so_many_scores(follow, made):
    assert follow(f"{HEAD}\n{made}\nfound = model(x)\n")["found"].shape == KNOWN[made]


@pytest.mark.parametrize(
    "made",
    [
        "model = timm.create_model('resnet18', features_only=True)",
        "model = timm.create_model('some_new_network'); model.head = nn.Linear(100, 3)",
        "model = timm.create_model('swin_tiny_patch4_window7_224'); model.head = nn.Linear(768, 3)",
        "model = timm.create_model('resnet50', num_classes=0, global_pool='')",
    ],
)
def test_nothing_is_said_of_a_network_that_was_changed_or_gives_something_else(follow, made):
    assert getattr(follow(f"{HEAD}\n{made}\nfound = model(x)\n")["found"], "shape", None) is None
