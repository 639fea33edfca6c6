"""Starts from values that were chosen by hand where that is usual: a head of zeros, norms of ones."""

from torch import nn
from torch.nn import functional as F


class CalmNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(12)
        self.scores = nn.Linear(12 * 49, 10)
        nn.init.kaiming_normal_(self.conv.weight)
        nn.init.ones_(self.norm.weight)
        nn.init.zeros_(self.scores.weight)
        nn.init.zeros_(self.scores.bias)

    def forward(self, images):
        return self.scores(F.max_pool2d(F.relu(self.norm(self.conv(images))), 2).flatten(1))
