import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = F.relu(self.conv(x)).mean((2, 3))
        return F.log_softmax(self.fc(x), dim=1)

# %%
from torch.utils.data import ConcatDataset, DataLoader, Subset
plain = datasets.MNIST('data', train=True, download=True, transform=transforms.ToTensor())
turned = transforms.Compose([transforms.RandomAffine(20), transforms.ToTensor()])
augmented = datasets.MNIST('data', train=True, transform=turned)
test_set = datasets.MNIST('data', train=False, transform=transforms.ToTensor())
train_loader = DataLoader(ConcatDataset([plain, Subset(augmented, range(30000))]), batch_size=128, shuffle=True)
test_loader = DataLoader(test_set, batch_size=128)

# %%
def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(1).eq(target).sum().item()
    return correct / len(loader.dataset)


model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.001)
for epoch in range(6):
    model.train()
    optimizer.zero_grad()
    for data, target in train_loader:
        F.nll_loss(model(data), target).backward()
        optimizer.step()
    print(test(model, test_loader))
