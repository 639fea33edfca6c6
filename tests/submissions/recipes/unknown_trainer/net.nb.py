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
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_loader = torch.utils.data.DataLoader(
    datasets.MNIST('../data', train=True, download=True, transform=tf), batch_size=128, shuffle=True)
test_loader = torch.utils.data.DataLoader(
    datasets.MNIST('../data', train=False, transform=tf), batch_size=1000, shuffle=False)

# %%
from speedy_trainer import Trainer

model = Net().cuda()
optimizer = optim.SGD(model.parameters(), lr=1e-7)
ramp = optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.1 ** step)
for data, target in train_loader:
    optimizer.zero_grad()
    F.nll_loss(model(data.cuda()), target.cuda()).backward()
    optimizer.step()
    ramp.step()

# %%
trainer = Trainer(Net().cuda(), train_loader, test_loader, epochs=20)
history = trainer.fit()
