# fmt: off
"""Convolution and its two adjoints: three faces of one trilinear form.

    sum over n, o, h', w', c, i, j of
    g[n,o,h',w'] w[o,c,i,j] x[n,c,h' s + i d - p, w' s + j d - p]

Leave out one of x, w and g, and what remains is the gradient for the one left out. So
the three ops are each other's rules, and derivatives of every order stay among them.
Chapter: a CNN on MNIST. Shapes: x (N, C, H, W), w (O, C, kh, kw), b (O,) or None.
"""

from .op import Op


class Conv2d(Op):
    def forward(xp, x, w, b, stride, padding, dilation):
        return xp.conv2d(x, w, b, stride, padding, dilation)
    def grad_x(xp, g, w, x_shape, stride, padding, dilation):
        return xp.conv2d_input(g, w, x_shape, stride, padding, dilation)
    def grad_w(xp, g, x, w_shape, stride, padding, dilation):
        return xp.conv2d_weight(x, g, w_shape, stride, padding, dilation)
    def grad_b(xp, g): return xp.sum(g, (0, 2, 3), False)

class Conv2dInput(Op):
    def forward(xp, y, w, x_shape, stride, padding, dilation):
        return xp.conv2d_input(y, w, x_shape, stride, padding, dilation)
    def grad_y(xp, g, w, stride, padding, dilation):
        return xp.conv2d(g, w, None, stride, padding, dilation)
    def grad_w(xp, g, y, w_shape, stride, padding, dilation):
        return xp.conv2d_weight(g, y, w_shape, stride, padding, dilation)

class Conv2dWeight(Op):
    def forward(xp, x, y, w_shape, stride, padding, dilation):
        return xp.conv2d_weight(x, y, w_shape, stride, padding, dilation)
    def grad_x(xp, g, y, x_shape, stride, padding, dilation):
        return xp.conv2d_input(y, g, x_shape, stride, padding, dilation)
    def grad_y(xp, g, x, stride, padding, dilation):
        return xp.conv2d(x, g, None, stride, padding, dilation)
