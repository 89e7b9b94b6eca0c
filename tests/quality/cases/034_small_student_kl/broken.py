import torch
import torch.nn.functional as F
from torch import nn

CLASSES, INPUTS, T = 8, 14, 3.0


def mlp(hidden):
    return nn.Sequential(nn.Linear(INPUTS, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES))


def distillation_loss(student_logits, teacher_logits):
    student = F.softmax(student_logits / T, dim=-1)
    teacher = F.softmax(teacher_logits / T, dim=-1)
    return F.kl_div(student, teacher, reduction="batchmean") * T * T


def main():
    torch.manual_seed(27)
    centres = torch.randn(CLASSES, INPUTS)
    labels = torch.randint(CLASSES, (400,))
    points = centres[labels] + 0.6 * torch.randn(400, INPUTS)
    teacher, student = mlp(64), mlp(6)
    teach = torch.optim.Adam(teacher.parameters(), lr=0.01)
    for _ in range(40):
        loss = F.cross_entropy(teacher(points), labels)
        teach.zero_grad()
        loss.backward()
        teach.step()
    learn = torch.optim.Adam(student.parameters(), lr=0.01)
    for epoch in range(6):
        for x in points.split(50):
            with torch.no_grad():
                wanted = teacher(x)
            loss = distillation_loss(student(x), wanted)
            learn.zero_grad()
            loss.backward()
            learn.step()
        agree = (student(points).argmax(1) == teacher(points).argmax(1)).float().mean()
        print(f"epoch {epoch} loss {loss.item():.4f} agreement {agree.item():.4f}")


main()
