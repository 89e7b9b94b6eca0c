import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FINDINGS = ["atelectasis", "effusion", "mass", "nodule", "edema", "fibrosis", "hernia"]


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=20)
    parser.add_argument("--num-findings", type=int, default=8)
    parser.add_argument("--channels", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=2)
    return parser.parse_args([])


def films(n):
    labels = (torch.rand(n, len(FINDINGS)) < 0.3).float()
    images = 0.3 * torch.randn(n, 1, 28, 28)
    for k in range(len(FINDINGS)):
        images[:, 0, 4 * k:4 * k + 4] += labels[:, k].view(-1, 1, 1)
    return TensorDataset(images, labels)


def conv_block(in_channels, out_channels):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )


def main():
    args = parse_args()
    torch.manual_seed(21)
    loader = DataLoader(films(160), batch_size=args.batch_size, shuffle=True)
    model = nn.Sequential(
        conv_block(1, args.channels),
        conv_block(args.channels, 2 * args.channels),
        nn.Flatten(),
        nn.Linear(2 * args.channels * 49, args.num_findings),
    )
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for image, finding in loader:
            optimizer.zero_grad()
            logits = model(image)
            loss = criterion(logits, finding)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1}/{args.epochs} last loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
