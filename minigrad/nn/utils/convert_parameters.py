"""All parameters of a network as one vector, and back.

The single idea: a network's parameters are one point in a space of many dimensions.
"""

from minigrad.creation import cat
from minigrad.tensor import Tensor


def parameters_to_vector(parameters):
    """The numbers of all parameters, one after another; gradients flow back."""
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec, parameters):
    """Let each parameter hold its piece of `vec`, whose memory they then share.

    raises: TypeError where vec is no tensor
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for p in parameters:
        p.data = vec[start : start + p.numel()].reshape(p.shape).data
        start += p.numel()
