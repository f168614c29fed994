# fmt: off
"""Max pooling: the gradient goes to the element that was chosen, and nowhere else.

`aux` says which one that was; what it looks like is the world's own affair.
Chapter: a CNN on MNIST.
"""

from .op import Op


class MaxPool2d(Op):
    def forward(xp, x, kernel, stride, padding):
        return xp.max_pool2d(x, kernel, stride, padding)
    def grad_x(xp, g, aux, x_shape, kernel, stride, padding):
        return xp.max_unpool2d(g, aux, x_shape, kernel, stride, padding)

class MaxUnpool2d(Op):
    """Zeros of `x_shape`, with g added where each window had its maximum."""
    def forward(xp, g, aux, x_shape, kernel, stride, padding):
        return xp.max_unpool2d(g, aux, x_shape, kernel, stride, padding)
    def grad_g(xp, g, aux, kernel, stride, padding):
        return xp.max_select2d(g, aux, kernel, stride, padding)

class MaxSelect2d(Op):
    """The elements of x where each window had its maximum."""
    def forward(xp, x, aux, kernel, stride, padding):
        return xp.max_select2d(x, aux, kernel, stride, padding)
    def grad_x(xp, g, aux, x_shape, kernel, stride, padding):
        return xp.max_unpool2d(g, aux, x_shape, kernel, stride, padding)
