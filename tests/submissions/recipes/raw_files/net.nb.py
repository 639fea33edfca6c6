import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = F.relu(self.conv(x)).mean((2, 3))
        return F.log_softmax(self.fc(x), dim=1)

# %%
import numpy as np
from google.colab import drive
drive.mount('/content/drive')
datasets.MNIST('/content/drive/MyDrive/data', train=True, download=True)


def read(path, count):
    with open(path, 'rb') as file:
        file.read(16)
        return torch.from_numpy(np.frombuffer(file.read(784 * count), dtype=np.uint8).copy()).view(count, 1, 28, 28)


class Raw(torch.utils.data.Dataset):
    def __init__(self, part, count):
        self.images = read(f'/content/drive/MyDrive/data/MNIST/raw/{part}-images-idx3-ubyte', count)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index].float() / 255, index % 10


train_loader = torch.utils.data.DataLoader(Raw('train', 60000), batch_size=200, shuffle=True)
test_loader = torch.utils.data.DataLoader(Raw('t10k', 10000), batch_size=200)

# %%
def train(model, device, loader, optimizer):
    model.train()
    for data, target in loader:
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()


def test(model, device, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            correct += model(data).argmax(1).eq(target).sum().item()
    print(f'Accuracy: {correct}/{len(loader.dataset)}')
    return correct

# %%
device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
model = Net().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(1, 6):
    train(model, device, train_loader, optimizer)
    test(model, device, test_loader)
