"""A training run that goes on from its last checkpoint, if there is one.

    python tests/resumed.py checkpoint

test_resume.py kills it again and again. It prints a line for each step.
"""

import os
import sys

import minigrad
from minigrad import nn, optim
from minigrad.utils.data import DataLoader, TensorDataset

EPOCHS, BATCHES = 6, 5


class Run:
    """All that changes while a model is trained."""

    def __init__(self, make_optimizer, make_scheduler, device="cpu"):
        minigrad.manual_seed(1)
        self.model = nn.Sequential(
            nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 1)
        ).to(device)
        self.optimizer = make_optimizer(self.model.parameters())
        self.scheduler = make_scheduler(self.optimizer)
        self.order = minigrad.Generator().manual_seed(2)
        x = minigrad.randn(8 * BATCHES, 6).to(device)
        rows = TensorDataset(x, x.square().sum(1, keepdim=True))
        self.loader = DataLoader(rows, 8, shuffle=True, generator=self.order)
        self.epoch = 0

    def train_epoch(self, note=lambda loss: None):
        """One epoch; returns its last loss."""
        for x, y in self.loader:
            loss = nn.functional.mse_loss(self.model(x), y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            note(loss.item())
        if isinstance(self.scheduler, optim.lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step(loss.item())
        else:
            self.scheduler.step()
        self.epoch += 1
        return loss.item()

    def checkpoint(self):
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "order": self.order.get_state(),
            "rng": minigrad.get_rng_state(),
            "epoch": self.epoch,
        }

    def resume(self, checkpoint):
        self.model.load_state_dict(checkpoint["model"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.scheduler.load_state_dict(checkpoint["scheduler"])
        self.order.set_state(checkpoint["order"])
        minigrad.set_rng_state(checkpoint["rng"])
        self.epoch = checkpoint["epoch"]


def usual():
    """A run with Adam and a cosine."""
    return Run(
        lambda params: optim.Adam(params, lr=0.05),
        lambda optimizer: optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS),
    )


if __name__ == "__main__":
    path = sys.argv[1]
    run = usual()
    if os.path.exists(path):
        run.resume(minigrad.load(path))
    while run.epoch < EPOCHS:
        run.train_epoch(lambda loss: print(loss, flush=True))
        minigrad.save(run.checkpoint(), path)
