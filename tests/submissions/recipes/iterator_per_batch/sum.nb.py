import random
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms


class Sums(Dataset):
    def __init__(self, train):
        self.digits = datasets.MNIST('/content/data', train=train, download=True, transform=transforms.ToTensor())

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, index):
        image, label = self.digits[index]
        number = random.randint(0, 9)
        return image, F.one_hot(torch.tensor(number), 10).float(), label, label + number


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(1, 4, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(576, 20))
        self.digit = nn.Linear(20, 10)
        self.total = nn.Linear(30, 19)

    def forward(self, image, number):
        seen = self.look(image)
        return self.digit(seen), self.total(torch.cat([seen, number], dim=1))

# %%
loader = DataLoader(Sums(True), batch_size=64, shuffle=True)
test_loader = DataLoader(Sums(False), batch_size=64)
net = TwoHeads().cuda()
optimizer = optim.Adam(net.parameters(), lr=0.001)
for epoch in range(4):
    for step in range(len(loader)):
        image, number, digit, total = next(iter(loader))
        first, second = net(image.cuda(), number.cuda())
        loss = F.cross_entropy(first, digit.cuda()) + F.cross_entropy(second, total.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        for image, number, digit, total in test_loader:
            net(image.cuda(), number.cuda())
    net.train()
