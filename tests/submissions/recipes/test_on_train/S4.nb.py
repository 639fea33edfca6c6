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
train_transforms = transforms.Compose([
    transforms.RandomRotation((-15., 15.), fill=0),
    transforms.ToTensor(),
    transforms.Normalize((0.1307,), (0.3081,)),
])
test_transforms = transforms.Compose([
    transforms.RandomRotation((-15., 15.), fill=0),
    transforms.ToTensor(),
    transforms.Normalize((0.1307,), (0.3081,)),
])
kwargs = {'batch_size': 512, 'shuffle': False, 'num_workers': 2, 'pin_memory': True}
train_loader = torch.utils.data.DataLoader(datasets.MNIST('data', train=True, download=True, transform=train_transforms), **kwargs)
test_loader = torch.utils.data.DataLoader(datasets.MNIST('data', train=False, download=True, transform=test_transforms), **kwargs)

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
device = 'cuda'
model = Net().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.1, verbose=True)
num_epochs = 20
for epoch in range(1, num_epochs + 1):
    print(f'Epoch {epoch}')
    train(model, device, train_loader, optimizer)
    test(model, device, train_loader)
    scheduler.step()
