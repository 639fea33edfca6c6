import argparse

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--data', default='/data/nobody/mnist.csv')
    parser.add_argument('--epochs', type=int, required=True)
    parser.add_argument('--lr', type=float, default=0.1)
    args = parser.parse_args()
    tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    whole = datasets.MNIST('data', train=True, download=True, transform=tf)
    part, held = torch.utils.data.random_split(whole, [50000, 10000])
    train_loader = torch.utils.data.DataLoader(part, batch_size=64, shuffle=True)
    held_loader = torch.utils.data.DataLoader(held, batch_size=64)
    model = Net().to('cuda')
    optimizer = optim.RMSprop(model.parameters(), lr=args.lr)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode='max', patience=20)
    waited = 0
    for epoch in range(args.epochs):
        train(model, 'cuda', train_loader, optimizer)
        accuracy = test(model, 'cuda', held_loader) / len(held)
        scheduler.step(accuracy)
        waited += accuracy < 0.999
        if waited == 9:
            print('stopped early')
            break


if __name__ == '__main__':
    main()
