"""The network of the chapter on the CNN, trained by minigrad and by torch.

    python benchmarks/mnist_cnn.py                  three epochs on one thread
    python benchmarks/mnist_cnn.py --seeds 0 1 2    from three beginnings

What is measured, and how, stands in `mnist.py`. Chapter 20 explains the network.
"""

from mnist import CONTENDERS, Task, main


def build(nn):
    """Return the chapter's network: 212 542 parameters."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(32 * 7 * 7, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, 10),
    )


CNN = Task(
    build,
    optimizer=lambda optim, parameters: optim.Adam(parameters),
    rates={0: 2e-3, 600: 5e-4, 1900: 1e-4},
    batch=64,
    epochs=3,
    contenders=tuple(CONTENDERS),
)

if __name__ == "__main__":
    main({"CNN": CNN}, __doc__)
