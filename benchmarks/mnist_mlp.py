"""The network of the chapter on the MLP, and those of two articles, in both libraries.

    python benchmarks/mnist_mlp.py                    the chapter's, eight epochs
    python benchmarks/mnist_mlp.py --task 001 002     the articles', in full
    python benchmarks/mnist_mlp.py --seeds 0 1 2      from three beginnings

What is measured, and how, stands in `mnist.py`. The chapter's network is trained
without dropout here, since the libraries would draw different masks, on raw pixels, and
at rates that fall in steps.
"""

from functools import partial

from mnist import CONTENDERS, Task, main


def build(nn, hidden):
    """Return a network with one hidden layer; 512 units are 407 050 parameters."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10)
    )


def adam(optim, parameters):
    return optim.Adam(parameters)


def sgd(optim, parameters):
    return optim.SGD(parameters, lr=0.01, momentum=0.9)


PLAIN = tuple(name for name in CONTENDERS if "channels" not in name)
FALLING = {0: 2e-3, 1175: 5e-4, 1645: 1e-4}  # after five and after seven epochs
TASKS = {
    "chapter": Task(partial(build, hidden=512), adam, FALLING, 256, 8, PLAIN),
    "001": Task(partial(build, hidden=512), sgd, {}, 64, 10, PLAIN),
    "002": Task(partial(build, hidden=128), sgd, {}, 128, 20, PLAIN),
}

if __name__ == "__main__":
    main(TASKS, __doc__)
