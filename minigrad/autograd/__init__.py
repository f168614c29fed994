"""Derivatives on request, of your own making, and doubted: what torch.autograd offers.

Chapters: the graph and the walk; who checks the gradient?
"""

from ..grad_mode import enable_grad, no_grad, set_grad_enabled
from ..gradients import backward, grad
from . import functional
from .function import Function
from .gradcheck import gradcheck, gradgradcheck

__all__ = [name for name in dir() if not name.startswith("_")]
