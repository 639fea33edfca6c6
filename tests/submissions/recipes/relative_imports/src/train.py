import os
import sys

import torch

sys.path.append(os.path.join(os.path.dirname(__file__), '..'))
from shared import test_loader, train_loader
from statistics import EPOCHS

from .fitting import test, train
from .nets import Net

start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
start.record()
with torch.cuda.device(0):
    model = Net().cuda()
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.01)
    for epoch in range(EPOCHS):
        train(model, 'cuda', train_loader, optimizer)
        test(model, 'cuda', test_loader)
stop.record()
print('took', start.elapsed_time(stop) / 1000)
