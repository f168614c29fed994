"""minigrad: automatic differentiation and neural networks that you can read and check.

The names are torch's: a program that runs with `import torch` is meant to run with
`import minigrad as torch`.
"""

from . import autograd, cuda, nn, optim, utils
from .creation import (
    allclose,
    arange,
    as_tensor,
    cat,
    empty,
    eye,
    from_numpy,
    full,
    full_like,
    is_tensor,
    linspace,
    ones,
    ones_like,
    rand_like,
    randn_like,
    stack,
    tensor,
    where,
    zeros,
    zeros_like,
)
from .device import device
from .dtype import (
    bool,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int,
    int32,
    int64,
    long,
    set_default_dtype,
    uint8,
)
from .functions import (
    abs,
    add,
    all,
    amax,
    any,
    argmax,
    cos,
    div,
    exp,
    flatten,
    gather,
    isnan,
    log,
    log_softmax,
    matmul,
    max,
    maximum,
    mean,
    minimum,
    mul,
    neg,
    permute,
    pow,
    relu,
    reshape,
    sigmoid,
    sign,
    sin,
    softmax,
    sqrt,
    square,
    squeeze,
    sub,
    sum,
    tanh,
    transpose,
    unsqueeze,
)
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .random import Generator, manual_seed, rand, randint, randn, randperm
from .tensor import Tensor
from .value import Value

__version__ = "0.1.0"
__all__ = [name for name in dir() if not name.startswith("_")]
