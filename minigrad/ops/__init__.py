"""Floor 1: mathematics. Functions of arrays and their rules; no graph, no tensor."""

from .conv import Conv2d, Conv2dInput, Conv2dWeight
from .elementwise import (
    Abs,
    Add,
    Cast,
    Copy,
    Cos,
    Div,
    Exp,
    Log,
    Maximum,
    Minimum,
    Move,
    Mul,
    Neg,
    Pow,
    Relu,
    Sigmoid,
    Sign,
    Sin,
    Sqrt,
    Sub,
    Tanh,
    Where,
    ZerosLike,
)
from .index import Gather, Index, IndexAdd, ScatterAdd, SetIndex
from .linalg import Linear, MatMul
from .op import Op
from .pool import MaxPool2d, MaxSelect2d, MaxUnpool2d
from .reduce import Amax, LogSoftmax, Max, Mean, Softmax, Sum
from .shape import Cat, Expand, Permute, Reshape

__all__ = [name for name in dir() if name[0].isupper()]
