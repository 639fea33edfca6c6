"""Smooths each image in four hundred small steps before it looks at it: honest, and many times slower than needed."""

from torch import nn
from torch.nn import functional as F


class PatientNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU())
        self.scores = nn.Linear(12 * 49, 10)

    def forward(self, images):
        for _ in range(400):
            images = images + 0.0005 * (F.avg_pool2d(images, 3, stride=1, padding=1) - images)
        return self.scores(F.max_pool2d(self.features(images), 2).flatten(1))
