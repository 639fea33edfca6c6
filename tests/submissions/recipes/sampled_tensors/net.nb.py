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
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler, TensorDataset
raw = datasets.MNIST('data', train=True, download=True)
raw_test = datasets.MNIST('data', train=False, download=True)
whole = TensorDataset(raw.data.unsqueeze(1).float() / 255, raw.targets)
order = torch.randperm(len(whole))
train_loader = DataLoader(whole, batch_size=100, sampler=SubsetRandomSampler(order[:50000]))
held_loader = DataLoader(Subset(whole, order[50000:].tolist()), batch_size=1000)
test_loader = DataLoader(TensorDataset(raw_test.data.unsqueeze(1).float() / 255, raw_test.targets), batch_size=500)

# %%
def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(1).eq(target).sum().item()
    return correct / len(loader.dataset)


model = Net()
optimizer = optim.AdamW(model.parameters(), lr=0.001)
for epoch in range(4):
    model.train()
    for data, target in train_loader:
        model.zero_grad()
        F.nll_loss(model(data), target).backward()
        optimizer.step()
    print(test(model, held_loader))
print(test(model, test_loader))
