import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import numpy as np
import albumentations as A
from albumentations.pytorch import ToTensorV2
from torchvision import datasets


class Pictures(datasets.CIFAR10):
    def __init__(self, root='/content/data', train=True, download=True, augment=False):
        super().__init__(root, train=train, download=download)
        self.augment = augment
        self.training_steps = A.Compose({
            A.HorizontalFlip(p=0.5),
            A.CoarseDropout(max_holes=1, max_height=16, max_width=16, p=0.5),
            A.Normalize((0.49, 0.48, 0.45), (0.25, 0.24, 0.26)),
            ToTensorV2(),
        })
        self.plain_steps = A.Compose([A.Normalize((0.49, 0.48, 0.45), (0.25, 0.24, 0.26)), ToTensorV2()])

    def __getitem__(self, index):
        image, label = self.data[index], self.targets[index]
        steps = self.training_steps if self.augment else self.plain_steps
        out = steps(image=np.array(image))['image']
        if not torch.is_tensor(out):
            out = torch.from_numpy(np.transpose(out, (2, 0, 1)).copy())
        return out.float().reshape(3, 32, 32), label

# %%
train_loader = torch.utils.data.DataLoader(Pictures(augment=True), batch_size=256, shuffle=True)
test_loader = torch.utils.data.DataLoader(Pictures(train=False), batch_size=256)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)).cuda()
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = optim.AdamW(model.parameters(), lr=0.002, weight_decay=0.01)
scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.02, epochs=6, steps_per_epoch=len(train_loader))
scaler = torch.cuda.amp.GradScaler()
for epoch in range(6):
    model.train()
    for data, target in train_loader:
        optimizer.zero_grad(set_to_none=True)
        with torch.cuda.amp.autocast():
            loss = criterion(model(data.cuda(non_blocking=True)), target.cuda())
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    for data, target in test_loader:
        model(data.cuda()).argmax(1)
