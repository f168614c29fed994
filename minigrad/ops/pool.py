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
    """Zeros of `shape`, with y added where each window had its maximum."""
    def forward(xp, y, winners, shape, kernel, stride, padding):
        return xp.max_unpool2d(y, winners, shape, kernel, stride, padding)
    def grad_y(xp, g, winners, kernel, stride, padding):
        return xp.max_select2d(g, winners, kernel, stride, padding)

class MaxSelect2d(Op):
    """The elements of x where each window had its maximum."""
    def forward(xp, x, winners, kernel, stride, padding):
        return xp.max_select2d(x, winners, kernel, stride, padding)
    def grad_x(xp, g, winners, x_shape, kernel, stride, padding):
        return xp.max_unpool2d(g, winners, x_shape, kernel, stride, padding)
