import torch
import torch.nn as nn
from datasets import load_dataset
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from tqdm.auto import tqdm


class Digits(Dataset):
    def __init__(self, rows, transform):
        self.rows = rows
        self.transform = transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        return self.transform(row['image']), row['label']


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.ReLU(), nn.Linear(width, 10))

    def forward(self, x):
        return self.layers(x)


def main():
    data = load_dataset('mnist')
    augmented = transforms.Compose([transforms.RandomAffine(10, translate=(0.1, 0.1)), transforms.ToTensor()])
    train_loader = DataLoader(Digits(data['train'], augmented), batch_size=100, shuffle=True)
    test_loader = DataLoader(Digits(data['test'], transforms.ToTensor()), batch_size=100)
    model = Net(width=16)
    optimizer = torch.optim.NAdam(model.parameters(), lr=0.003)
    loss_of = nn.CrossEntropyLoss()
    for epoch in tqdm(range(8)):
        model.train()
        for image, label in tqdm(train_loader, desc='train'):
            optimizer.zero_grad()
            loss = loss_of(model(image), label)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            for image, label in test_loader:
                model(image)


main()
