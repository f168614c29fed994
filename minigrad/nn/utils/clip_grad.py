"""Clipping: gradients that are too large are made smaller before a step.

The single idea: a step as long as a steep wall asks for would leave the valley, so its
length is bounded. Chapter: initialisation, vanishing and exploding gradients.
"""

import math

from minigrad.creation import stack, tensor
from minigrad.grad_mode import no_grad
from minigrad.tensor import Tensor


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    """Multiply all gradients by min(1, max_norm / (norm + 1e-6)), in place.

    parameters: a tensor, or several; norm_type: p of the norm (see `Tensor.norm`)
    returns: the norm of all gradients as one vector, before
    raises: RuntimeError for a norm that is not finite if error_if_nonfinite

    Source: Pascanu, Mikolov, Bengio, On the Difficulty of Training Recurrent Neural
    Networks (2013), algorithm 1.
    """
    gradients = _gradients(parameters)
    if not gradients:
        return tensor(0.0)
    with no_grad():
        norms = stack([g.detach().norm(float(norm_type)) for g in gradients])
        norm = norms.norm(float(norm_type))
        if error_if_nonfinite and not math.isfinite(norm.item()):
            raise RuntimeError(
                f"clip_grad_norm_ of gradients whose norm of order {norm_type} is "
                f"{norm.item()}: it is non-finite, so it cannot be clipped; pass "
                "error_if_nonfinite=False to go on"
            )
        factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
        for g in gradients:
            g.mul_(factor)
    return norm


def clip_grad_value_(parameters, clip_value):
    """Move all numbers in the gradients into -clip_value..clip_value, in place."""
    with no_grad():
        for g in _gradients(parameters):
            g.copy_(g.clamp(-float(clip_value), float(clip_value)))


def _gradients(parameters):
    several = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in several if p.grad is not None]
