!git clone https://github.com/somebody/course-helpers.git
!mv course-helpers/* .
!pip install torchsummary

# %%
from network import Net
from fitting import train, test, plot_losses
from loaders import train_loader, test_loader
from torchsummary import summary
import torch.optim as optim
summary(Net(), (1, 28, 28))

# %%
model = Net().to('cuda')
optimizer = optim.SGD(model.parameters(), lr=0.02)
for epoch in range(7):
    train(model, 'cuda', train_loader, optimizer)
    test(model, 'cuda', test_loader)
plot_losses()
