import yaml
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


def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(1).eq(target).sum().item()
    return correct / len(loader.dataset)



with open('settings.yaml') as file:
    settings = yaml.safe_load(file)
tf = transforms.ToTensor()
kwargs = {'batch_size': settings['loader']['batch'], 'shuffle': settings['loader']['shuffle']}
train_loader = torch.utils.data.DataLoader(datasets.MNIST('data', train=True, transform=tf), **kwargs)
test_loader = torch.utils.data.DataLoader(datasets.MNIST('data', train=False, transform=tf), **kwargs)
model = Net()
optimizer = getattr(optim, settings['optimizer']['name'])(model.parameters(), lr=settings['optimizer']['lr'])
for epoch in range(settings['epochs']):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad()
        F.nll_loss(model(data), target).backward()
        optimizer.step()
    print(test(model, test_loader))
