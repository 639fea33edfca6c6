import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import clip_grad_norm_
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).mean((2, 3)))


def main():
    loader = torch.utils.data.DataLoader(
        datasets.MNIST('data', train=True, download=True, transform=transforms.ToTensor()),
        batch_size=64, shuffle=True)
    model = Net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002, betas=(0.9, 0.98))
    for epoch in range(2):
        model.train()
        for data, target in loader:
            optimizer.zero_grad()
            scores = F.log_softmax(model(data), dim=1)
            loss = F.nll_loss(scores, target)
            loss.backward()
            clip_grad_norm_(model.parameters(), max_norm=0.5)
            optimizer.step()
        print(f'epoch {epoch} loss {loss.item():.4f}')


if __name__ == '__main__':
    main()
