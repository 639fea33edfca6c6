"""The parts that submissions of a generated class are written from: what a lecture shows, and variants of it."""

from __future__ import annotations

LECTURE = """
def train(model, device, train_loader, optimizer, epoch):
    model.train()
    pbar = tqdm(train_loader)
    for batch_idx, (data, target) in enumerate(pbar):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        pbar.set_description(desc=f"loss={loss.item()} batch_id={batch_idx}")


def test(model, device, test_loader):
    model.eval()
    test_loss = 0
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    test_loss /= len(test_loader.dataset)
    print("Test set: Average loss: {:.4f}, Accuracy: {}/{}".format(test_loss, correct, len(test_loader.dataset)))
"""
OWN_LOOPS = (
    """
def run_epoch(net, batches, opt, dev, scheduler=None):
    losses, hits, seen = [], 0, 0
    net.train()
    for x, y in batches:
        x = x.to(dev, non_blocking=True)
        y = y.to(dev, non_blocking=True)
        opt.zero_grad(set_to_none=True)
        scores = net(x)
        loss = F.cross_entropy(scores, y)
        loss.backward()
        opt.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.item())
        hits += (scores.argmax(1) == y).sum().item()
        seen += len(y)
    return sum(losses) / len(losses), hits / seen
""",
    """
class Trainer:
    def __init__(self, model, loader, optimizer, criterion, device):
        self.model = model.to(device)
        self.loader = loader
        self.optimizer = optimizer
        self.criterion = criterion
        self.device = device
        self.history = {"loss": [], "accuracy": []}

    def step(self, batch):
        images, labels = (part.to(self.device) for part in batch)
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, epochs):
        for number in range(epochs):
            total = 0.0
            for batch in self.loader:
                total += self.step(batch)
            self.history["loss"].append(total / len(self.loader))
            print("epoch", number, "mean loss", self.history["loss"][-1])
""",
    """
def fit(model, train_dl, valid_dl, optimizer, loss_fn, epochs=1):
    history = []
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for step, batch in enumerate(train_dl, start=1):
            inputs, targets = batch
            optimizer.zero_grad()
            value = loss_fn(model(inputs), targets)
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            running += value.item() * inputs.size(0)
        model.eval()
        with torch.inference_mode():
            right = sum((model(a).argmax(-1) == b).sum().item() for a, b in valid_dl)
        history.append((running / len(train_dl.dataset), right / len(valid_dl.dataset)))
    return history
""",
)
LOADERS = (
    """
train_transforms = transforms.Compose([
    transforms.RandomRotation(7),
    transforms.ToTensor(),
    transforms.Normalize((0.1307,), (0.3081,)),
])
train_set = datasets.MNIST("data", train=True, download=True, transform=train_transforms)
train_loader = torch.utils.data.DataLoader(train_set, batch_size=128, shuffle=True, num_workers=2)
""",
    """
def get_loaders(batch_size, root="data"):
    steps = [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    both = []
    for is_train in (True, False):
        part = datasets.MNIST(root, train=is_train, download=True, transform=transforms.Compose(steps))
        both.append(DataLoader(part, batch_size=batch_size, shuffle=is_train, pin_memory=True))
    return both
""",
    """
class MnistData:
    def __init__(self, folder, batch):
        self.folder = folder
        self.batch = batch
        self.transform = transforms.Compose([transforms.ToTensor()])

    def part(self, is_train):
        found = datasets.MNIST(self.folder, is_train, transform=self.transform, download=True)
        return DataLoader(found, self.batch, shuffle=is_train, drop_last=is_train)
""",
)
PLOTS = (
    """
def plot_history(history):
    fig, axs = plt.subplots(2, 2, figsize=(15, 10))
    axs[0, 0].plot(history["loss"])
    axs[0, 0].set_title("Training Loss")
    axs[1, 0].plot(history["accuracy"])
    axs[1, 0].set_title("Training Accuracy")
    fig.savefig("history.png")
""",
    """
def show_samples(loader, rows=3):
    images, labels = next(iter(loader))
    for index in range(rows * rows):
        plt.subplot(rows, rows, index + 1)
        plt.tight_layout()
        plt.imshow(images[index].squeeze(0), cmap="gray")
        plt.title(labels[index].item())
        plt.xticks([])
        plt.yticks([])
""",
    "",
)
IMPORTS = (
    "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport matplotlib.pyplot as plt\n"
    "from torch.utils.data import DataLoader\nfrom torchvision import datasets, transforms\nfrom tqdm import tqdm\n"
)
