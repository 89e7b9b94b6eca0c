import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

VOCAB, LENGTH = 64, 12


class Comments(Dataset):
    def __init__(self, n, toxic=0.4):
        g = torch.Generator().manual_seed(14)
        self.toxic = (torch.rand(n, generator=g) < toxic).float()
        self.words = torch.randint(0, VOCAB // 2, (n, LENGTH), generator=g)
        self.words[:, ::3] += (self.toxic.long() * (VOCAB // 2)).unsqueeze(1)

    def __len__(self):
        return len(self.words)

    def __getitem__(self, i):
        return self.words[i], self.toxic[i]


class CommentNet(nn.Module):
    def __init__(self, dim=10):
        super().__init__()
        self.words = nn.Embedding(VOCAB, dim)
        self.score = nn.Linear(dim, 1)

    def forward(self, words):
        return self.score(self.words(words).mean(dim=1)).squeeze(-1)


def fit(epochs=5):
    torch.manual_seed(14)
    model = CommentNet()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for epoch in range(epochs):
        hits = 0
        for words, toxic in DataLoader(Comments(256), batch_size=32, shuffle=True):
            optimizer.zero_grad()
            score = model(words)
            loss = criterion(score, toxic)
            loss.backward()
            optimizer.step()
            hits += ((score > 0) == (toxic > 0.5)).sum().item()
        print(f"epoch {epoch} loss {loss.item():.4f} accuracy {hits / 256:.4f}")


fit()
