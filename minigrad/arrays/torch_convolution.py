"""Convolution and max pooling by torch's own kernels, called as they are fast.

The single idea: torch has a kernel for each of these words, but on the CPU two of them
are slow, and each has a fast relative that computes the same.
"""

import torch

aten = torch.ops.aten


def conv2d(x, w, b, stride, padding, dilation):
    return torch.conv2d(x, w, b, stride, padding, dilation)


def conv2d_input(g, w, x_shape, stride, padding, dilation):
    x = g.new_empty(()).expand(x_shape)
    return _backward(g, x, w, stride, padding, dilation, (True, False, False))[0]


def conv2d_weight(x, g, w_shape, stride, padding, dilation):
    if w_shape[1] == 1 and len(x) and x.is_cpu:
        return _weight_of_one_channel(x, g, w_shape, stride, padding, dilation)
    w = g.new_empty(()).expand(w_shape)
    return _backward(g, x, w, stride, padding, dilation, (False, True, False))[1]


def _weight_of_one_channel(x, g, w_shape, stride, padding, dilation):
    """The gradient as a convolution too: of x, its batch as channels, with g."""
    x, g = x.transpose(0, 1), g.transpose(0, 1)
    out = torch.conv2d(x, g, None, dilation, padding, stride)
    return out[:, :, : w_shape[2], : w_shape[3]].transpose(0, 1)


def conv2d_gradients(g, x, w, stride, padding, dilation):
    """The gradients with respect to x, w and the bias."""
    return _backward(g, x, w, stride, padding, dilation, (True, True, True))


def _backward(g, x, w, stride, padding, dilation, wanted):
    bias = [w.shape[0]]
    return aten.convolution_backward.default(
        g, x, w, bias, stride, padding, dilation, False, (0, 0), 1, wanted
    )


def max_pool2d(x, kernel, stride, padding):
    if x.is_cpu:  # where the channels lie last, the kernel takes many at a time
        x = x.contiguous(memory_format=torch.channels_last)
    out, places = aten.max_pool2d_with_indices.default(x, kernel, stride, padding)
    return out.contiguous(), places.contiguous()


def max_unpool2d(g, places, x_shape, kernel, stride, padding):
    out = g.new_zeros(x_shape)
    out.flatten(2).scatter_add_(2, places.flatten(2), g.flatten(2))
    return out


def max_select2d(x, places, kernel, stride, padding):
    return x.flatten(2).gather(2, places.flatten(2)).reshape(places.shape)
