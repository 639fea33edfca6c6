"""A parametrised layer: its weight is computed from a direction and a length."""

from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm


class NormedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = weight_norm(nn.Conv2d(1, 12, 3, stride=2, padding=1))
        self.scores = nn.Linear(12 * 49, 10)

    def forward(self, images):
        return self.scores(F.max_pool2d(F.relu(self.conv(images)), 2).flatten(1))
