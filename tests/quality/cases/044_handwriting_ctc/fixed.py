import torch
from torch import nn

LETTERS, BLANK, STEPS, LABEL = 7, 0, 24, 4


class Recogniser(nn.Module):
    def __init__(self, inputs=10, hidden=20):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, bidirectional=True)
        self.letters = nn.Linear(2 * hidden, LETTERS + 1)

    def forward(self, strokes):
        out, _ = self.rnn(strokes.transpose(0, 1))
        return self.letters(out).log_softmax(dim=-1)


def handwriting(n):
    shapes = torch.randn(LETTERS + 1, 10)
    labels = torch.randint(1, LETTERS + 1, (n, LABEL))
    strokes = shapes[labels].repeat_interleave(STEPS // LABEL, dim=1)
    return strokes + 0.3 * torch.randn(n, STEPS, 10), labels


def main():
    torch.manual_seed(36)
    strokes, labels = handwriting(120)
    model = Recogniser()
    ctc = nn.CTCLoss(blank=BLANK)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(5):
        losses = []
        for x, y in zip(strokes.split(15), labels.split(15)):
            scores = model(x)
            input_lengths = torch.full((len(x),), STEPS)
            target_lengths = torch.full((len(x),), LABEL)
            loss = ctc(scores, y, input_lengths, target_lengths)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch} ctc {sum(losses) / len(losses):.4f}")


main()
