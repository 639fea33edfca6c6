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
tf = transforms.ToTensor()
train_loader = torch.utils.data.DataLoader(datasets.MNIST('data', train=True, transform=tf), batch_size=32, shuffle=True)
test_loader = torch.utils.data.DataLoader(datasets.MNIST('data', train=False, transform=tf), batch_size=32)

# %%
def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(1).eq(target).sum().item()
    return correct / len(loader.dataset)


model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.1)
scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=3 * len(train_loader) // 8)
for epoch in range(3):
    model.train()
    for index, (data, target) in enumerate(train_loader):
        loss = F.nll_loss(model(data), target) / 8
        loss.backward()
        if (index + 1) % 8 == 0:
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    print(test(model, test_loader))
