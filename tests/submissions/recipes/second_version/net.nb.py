import torch
import torch.nn as nn
import matplotlib.pyplot as plt
import numpy as np
from torchinfo import summary
from torchvision.datasets import FashionMNIST
from torchvision.transforms import v2
from tqdm import tqdm

# %%
use_cuda = torch.cuda.is_available()
arguments = dict(shuffle=True, batch_size=128, num_workers=4, pin_memory=True) if use_cuda else dict(shuffle=True, batch_size=64)
augmented = v2.Compose([
    v2.ToImage(),
    v2.RandomRotation(7),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize(mean=(0.5,), std=(0.5,)),
])
plain = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean=(0.5,), std=(0.5,))])
train_loader = torch.utils.data.DataLoader(FashionMNIST('data', download=True, transform=augmented), **arguments)
test_loader = torch.utils.data.DataLoader(FashionMNIST('data', train=False, transform=plain), **arguments)
images, labels = next(iter(train_loader))
figure, axes = plt.subplots(2, 5, figsize=(9, 4))
for axis, image in zip(axes.flat, images):
    axis.imshow(np.transpose(image.numpy(), (1, 2, 0)))

# %%
class Net(nn.Module):
    def __init__(self, width, drop=0.1):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, width, 3), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(drop))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))

# %%
class Lamb(torch.optim.Optimizer):
    def __init__(self, params, lr=0.01, trust=2.0):
        super().__init__(params, dict(lr=lr, trust=trust))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group['params']:
                if p.grad is not None:
                    p.add_(p.grad, alpha=-group['lr'])

# %%
device = torch.device('cuda:0' if use_cuda else 'cpu')
net = nn.DataParallel(Net(8, drop=0.05)).to(device)
summary(net, (1, 1, 28, 28))
optimizer = Lamb(net.parameters(), 0.004)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6)
criterion = nn.CrossEntropyLoss()
best = 0
for epoch in tqdm(range(6)):
    net.train()
    with tqdm(train_loader, unit='batch') as batches:
        for images, labels in batches:
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            batches.set_postfix(loss=loss.item())
    scheduler.step()
    net.eval()
    right = 0
    with torch.inference_mode():
        for images, labels in test_loader:
            right += (net(images.to(device)).argmax(1) == labels.to(device)).sum().item()
    torch.save(net.state_dict(), '/content/drive/MyDrive/best.pth')
net.load_state_dict(torch.load('/content/drive/MyDrive/best.pth'))
