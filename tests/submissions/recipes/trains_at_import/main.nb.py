from helper import model, test, test_loader
test(model, 'cuda', test_loader)

# %%
import torch.optim as optim
