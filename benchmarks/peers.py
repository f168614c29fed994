"""T1 and T2 in libraries without torch's names, as their users would write them.

The single idea: every step begins with the same weights and the same batch, and returns
the loss; so the losses can be compared before anything is timed.
"""

import numpy as np

ADAM = 1e-3, 0.9, 0.999, 1e-8


def start(network, shape, batch):
    from . import networks

    images, labels = networks.batch_of(shape, batch)
    return list(networks.weights(network).values()), images, labels


def adam(arrays):
    """A function that updates `arrays` in place; these libraries bring no optimizer."""
    lr, beta1, beta2, eps = ADAM
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in arrays]
    t = 0

    def update(gradients):
        nonlocal t
        t += 1
        for p, g, (m, v) in zip(arrays, gradients, moments, strict=True):
            m += (1 - beta1) * (g - m)
            v += (1 - beta2) * (g * g - v)
            p -= lr / (1 - beta1**t) * m / (np.sqrt(v / (1 - beta2**t)) + eps)

    return update


def autograd_mlp(batch):
    import autograd.numpy as xp
    from autograd import value_and_grad

    from .networks import mlp

    arrays, images, labels = start(mlp, (784,), batch)
    update, rows = adam(arrays), np.arange(batch)

    def loss(arrays):
        w1, b1, w2, b2, w3, b3 = arrays
        x = xp.maximum(xp.dot(images, w1.T) + b1, 0)
        x = xp.maximum(xp.dot(x, w2.T) + b2, 0)
        x = xp.dot(x, w3.T) + b3
        x = x - xp.max(x, 1, keepdims=True)
        return -xp.mean((x - xp.log(xp.sum(xp.exp(x), 1, keepdims=True)))[rows, labels])

    both = value_and_grad(loss)

    def work():
        value, gradients = both(arrays)
        update(gradients)
        return value

    return work


def mygrad_mlp(batch):
    import mygrad
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    from .networks import mlp

    arrays, images, labels = start(mlp, (784,), batch)
    update, tensors = adam(arrays), [mygrad.tensor(a, copy=False) for a in arrays]

    def work():
        w1, b1, w2, b2, w3, b3 = tensors
        x = relu(mygrad.matmul(images, w1.T) + b1)
        x = relu(mygrad.matmul(x, w2.T) + b2)
        loss = softmax_crossentropy(mygrad.matmul(x, w3.T) + b3, labels)
        loss.backward()
        update([t.grad for t in tensors])
        return loss

    return work


def mygrad_lenet(batch):
    import mygrad
    from mygrad.nnet.activations import relu
    from mygrad.nnet.layers import conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    from .networks import lenet

    arrays, images, labels = start(lenet, (1, 28, 28), batch)
    tensors = [mygrad.tensor(a, copy=False) for a in arrays]

    def work():
        w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = tensors
        x = conv_nd(images, w1, stride=1, padding=2) + b1.reshape(1, -1, 1, 1)
        x = max_pool(relu(x), (2, 2), 2)
        x = conv_nd(x, w2, stride=1, padding=2) + b2.reshape(1, -1, 1, 1)
        x = max_pool(relu(x), (2, 2), 2).reshape(batch, -1)
        x = relu(mygrad.matmul(x, w3.T) + b3)
        x = relu(mygrad.matmul(x, w4.T) + b4)
        loss = softmax_crossentropy(mygrad.matmul(x, w5.T) + b5, labels)
        loss.backward()
        for array, tensor in zip(arrays, tensors, strict=True):
            array -= 1e-3 * tensor.grad
        return loss

    return work


def tinygrad_step(network, shape, optimizer, forward, batch):
    from tinygrad import Tensor, TinyJit, nn

    arrays, images, labels = start(network, shape, batch)
    tensors = [Tensor(a) for a in arrays]
    images, labels = Tensor(images), Tensor(labels)
    update = getattr(nn.optim, optimizer)(tensors, lr=1e-3)

    @TinyJit
    @Tensor.train()
    def work():
        loss = forward(images, tensors).sparse_categorical_crossentropy(labels)
        update.zero_grad()
        loss.backward()
        return loss.realize(*update.schedule_step())

    Tensor.ones(2).contiguous().realize()  # raises where no compiler is found
    return work


def tinygrad_mlp(batch):
    from .networks import mlp

    def forward(x, tensors):
        w1, b1, w2, b2, w3, b3 = tensors
        return x.linear(w1.T, b1).relu().linear(w2.T, b2).relu().linear(w3.T, b3)

    return tinygrad_step(mlp, (784,), "Adam", forward, batch)


def tinygrad_lenet(batch):
    from .networks import lenet

    def forward(x, tensors):
        w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = tensors
        x = x.conv2d(w1, b1, padding=2).relu().max_pool2d()
        x = x.conv2d(w2, b2, padding=2).relu().max_pool2d().flatten(1)
        x = x.linear(w3.T, b3).relu().linear(w4.T, b4).relu()
        return x.linear(w5.T, b5)

    return tinygrad_step(lenet, (1, 28, 28), "SGD", forward, batch)


mlp = {"autograd": autograd_mlp, "mygrad": mygrad_mlp, "tinygrad": tinygrad_mlp}
lenet = {"mygrad": mygrad_lenet, "tinygrad": tinygrad_lenet}
