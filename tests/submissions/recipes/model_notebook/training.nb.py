import import_ipynb
import torch
import torch.nn.functional as F
import torch.optim as optim
from torchvision import datasets, transforms
from model_zoo import Net

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
tf = transforms.ToTensor()
model = Net().cuda()
optimizer = optim.SGD(model.parameters(), lr=0.1)


def loaders(batch_size):
    return (torch.utils.data.DataLoader(datasets.MNIST('.', train=True, transform=tf), batch_size=batch_size, shuffle=True),
            torch.utils.data.DataLoader(datasets.MNIST('.', train=False, transform=tf), batch_size=batch_size))


def fit(epochs, batch_size):
    first, second = loaders(batch_size)
    for epoch in range(epochs):
        train(model, 'cuda', first, optimizer)
        test(model, 'cuda', second)

# %%
fit(3, 32)

# %%
fit(10, 64)

# %%
fit(4, 64)
