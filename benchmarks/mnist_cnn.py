"""The network of the chapter on the CNN, trained by minigrad and by torch.

    python benchmarks/mnist_cnn.py                  four epochs on one thread
    python benchmarks/mnist_cnn.py --seeds 0 1 2    from three beginnings

What is measured, and how, stands in `mnist.py`. Chapter 20 explains the network and the
recipe; `cnn_parts.py` takes them apart.
"""

from mnist import CONTENDERS, Task, main


def build(nn, channels=(16, 32, 64)):
    """Return the chapter's network: 29 434 parameters."""
    a, b, c = channels
    return nn.Sequential(
        *(nn.Conv2d(1, a, 5, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(a)),
        nn.ReLU(),
        *(nn.Conv2d(a, b, 3, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(b)),
        nn.ReLU(),
        *(nn.Conv2d(b, c, 3, bias=False), nn.BatchNorm2d(c)),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(c * 3 * 3, 10),
    )


def adamw(optim, parameters):
    return optim.AdamW(parameters, lr=0.01)


CONTENDING = tuple(CONTENDERS)
CNN = Task(build, adamw, {}, 128, 4, CONTENDING, peak=0.01, by=1)

if __name__ == "__main__":
    main({"CNN": CNN}, __doc__)
