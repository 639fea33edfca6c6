import torch
import torch.optim as optim


def build_trainer(settings):
    return settings
