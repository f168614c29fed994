"""Floor 1: mathematics. Functions of arrays and their rules; no graph, no tensor."""

from .conv import Conv2d, Conv2dInput, Conv2dWeight
from .elementwise import (
    Abs,
    Add,
    Cast,
    ClampMax,
    ClampMin,
    Copy,
    Cos,
    Div,
    Erf,
    Exp,
    Expm1,
    Floor,
    FloorDivide,
    Log,
    Log1p,
    Log2,
    Log10,
    Maximum,
    Minimum,
    Move,
    Mul,
    Neg,
    Pow,
    Relu,
    Remainder,
    Round,
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
from .loss import BinaryCrossEntropy, CrossEntropy
from .norm import Normalize
from .op import Op
from .pool import MaxPool2d, MaxSelect2d, MaxUnpool2d
from .reduce import (
    Amax,
    Amin,
    Cumsum,
    LogSoftmax,
    LogSumExp,
    Max,
    Mean,
    Min,
    Softmax,
    Sum,
)
from .shape import Cat, Diagonal, Expand, Flip, Permute, Reshape

__all__ = [name for name in dir() if name[0].isupper()]
