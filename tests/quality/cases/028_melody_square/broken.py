import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

PITCHES = 12
STEPS = 12


class Melodies(Dataset):
    def __init__(self, n):
        generator = torch.Generator().manual_seed(12)
        start = torch.randint(PITCHES, (n, 1), generator=generator)
        stride = torch.randint(1, 4, (n, 1), generator=generator)
        self.notes = (start + stride * torch.arange(STEPS + 1)) % PITCHES

    def __len__(self):
        return len(self.notes)

    def __getitem__(self, i):
        return self.notes[i, :-1], self.notes[i, 1:]


class Composer(nn.Module):
    def __init__(self, size=32):
        super().__init__()
        self.embedding = nn.Embedding(PITCHES, size)
        self.lstm = nn.LSTM(size, size, num_layers=1, batch_first=True)
        self.pitch = nn.Linear(size, PITCHES)

    def forward(self, notes):
        hidden, _ = self.lstm(self.embedding(notes))
        return self.pitch(hidden)


def main():
    torch.manual_seed(12)
    composer = Composer()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(composer.parameters(), lr=0.01)
    loader = DataLoader(Melodies(200), batch_size=20, shuffle=True)
    for epoch in range(6):
        right = total = 0
        for notes, following in loader:
            scores = composer(notes)
            loss = criterion(scores, following)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += (scores.argmax(dim=-1) == following).sum().item()
            total += following.numel()
        print(f"epoch {epoch} loss {loss.item():.4f} accuracy {right / total:.4f}")


main()
