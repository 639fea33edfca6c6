"""Keeps its last features on itself, to be looked at afterwards."""

from torch import nn
from torch.nn import functional as F


class OpenNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU())
        self.scores = nn.Linear(12 * 49, 10)
        self.seen = []
        self.last = None

    def forward(self, images):
        self.last = self.features(images)
        self.seen.append(tuple(images.shape))
        return self.scores(F.max_pool2d(self.last, 2).flatten(1))
