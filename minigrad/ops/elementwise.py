# fmt: off
"""Operations on corresponding elements: the gradient rules of a calculus course.

At a kink the rule follows torch's convention: 0 for relu and abs at 0, and half of the
gradient to each argument where maximum and minimum tie.
Chapter: arrays and their rules.
"""

from math import log, pi, sqrt

from .op import Op


class Add(Op):
    def forward(x, y): return x + y
    def grad_x(g): return g
    def grad_y(g): return g

class Sub(Op):
    def forward(x, y): return x - y
    def grad_x(g): return g
    def grad_y(g): return -g

class Mul(Op):
    def forward(x, y): return x * y
    def grad_x(g, y): return g * y
    def grad_y(g, x): return g * x

class Div(Op):
    def forward(x, y): return x / y
    def grad_x(g, y): return g / y
    def grad_y(g, x, y): return -g * (x / y / y)

class Neg(Op):
    def forward(x): return -x
    def grad_x(g): return -g

class Pow(Op):
    """x ** n. The slope is 0 where n = 0; d/dn is 0 where x = 0 and n >= 0."""
    def forward(x, n): return x ** n
    def grad_x(g, x, n):
        one = n ** 0 * (n != 0)                        # in n's dtype; 0 where n = 0
        return g * (one * n * x ** (n - one))
    def grad_n(xp, g, out, x, n):
        return g * xp.where((x == 0) & (n >= 0), 0.0, out * xp.log(x))

class Exp(Op):
    def forward(xp, x): return xp.exp(x)
    def grad_x(g, out): return g * out

class Log(Op):
    def forward(xp, x): return xp.log(x)
    def grad_x(g, x): return g / x

class Expm1(Op):
    """exp(x) - 1, also where x is so small that exp(x) rounds to 1."""
    def forward(xp, x): return xp.expm1(x)
    def grad_x(g, out): return g * (out + 1)

class Log1p(Op):
    """log(1 + x), also where x is so small that 1 + x rounds to 1."""
    def forward(xp, x): return xp.log1p(x)
    def grad_x(g, x): return g / (x + 1)

class Log2(Op):
    def forward(xp, x): return xp.log2(x)
    def grad_x(g, x): return g / (x * log(2))

class Log10(Op):
    def forward(xp, x): return xp.log10(x)
    def grad_x(g, x): return g / (x * log(10))

class Sqrt(Op):
    def forward(xp, x): return xp.sqrt(x)
    def grad_x(g, out): return g / (2 * out)

class Sin(Op):
    def forward(xp, x): return xp.sin(x)
    def grad_x(xp, g, x): return g * xp.cos(x)

class Cos(Op):
    def forward(xp, x): return xp.cos(x)
    def grad_x(xp, g, x): return -g * xp.sin(x)

class Tanh(Op):
    def forward(xp, x): return xp.tanh(x)
    def grad_x(g, out): return g * (1 - out * out)

class Sigmoid(Op):
    def forward(xp, x): return xp.sigmoid(x)
    def grad_x(g, out): return g * (1 - out) * out

class Erf(Op):
    def forward(xp, x): return xp.erf(x)
    def grad_x(xp, g, x): return g * (2 / sqrt(pi) * xp.exp(-(x * x)))

class Relu(Op):
    def forward(xp, x): return xp.relu(x)
    def grad_x(xp, g, out): return xp.where(out <= 0, 0.0, g)

class Abs(Op):
    def forward(xp, x): return xp.abs(x)
    def grad_x(xp, g, x): return g * xp.sign(x)

class Sign(Op):
    def forward(xp, x): return xp.sign(x)
    def grad_x(xp, g): return xp.zeros_like(g)

class Floor(Op):
    def forward(xp, x): return xp.floor(x)
    def grad_x(xp, g): return xp.zeros_like(g)

class Round(Op):
    """The nearest whole number; of two at the same distance, the even one."""
    def forward(xp, x): return xp.round(x)
    def grad_x(xp, g): return xp.zeros_like(g)

class FloorDivide(Op):
    """floor(x / y), of whole numbers too."""
    def forward(xp, x, y): return xp.floor_divide(x, y)
    def grad_x(xp, g): return xp.zeros_like(g)
    def grad_y(xp, g): return xp.zeros_like(g)

class Remainder(Op):
    """x - y floor(x / y), which has the sign of y."""
    def forward(xp, x, y): return xp.remainder(x, y)
    def grad_x(g): return g
    def grad_y(xp, g, x, y): return -g * xp.floor(x / y)

class ClampMin(Op):
    """The larger of x and a number. At the bound the slope is 0."""
    def forward(xp, x, low): return xp.clamp_min(x, low)
    def grad_x(xp, g, x, low): return xp.where(x > low, g, 0.0)

class ClampMax(Op):
    """The smaller of x and a number. At the bound the slope is 0."""
    def forward(xp, x, high): return xp.clamp_max(x, high)
    def grad_x(xp, g, x, high): return xp.where(x < high, g, 0.0)

class Maximum(Op):
    def forward(xp, x, y): return xp.maximum(x, y)
    def grad_x(xp, g, x, y): return xp.where(x < y, 0.0, xp.where(x == y, g / 2, g))
    def grad_y(xp, g, x, y): return xp.where(y < x, 0.0, xp.where(x == y, g / 2, g))

class Minimum(Op):
    def forward(xp, x, y): return xp.minimum(x, y)
    def grad_x(xp, g, x, y): return xp.where(x > y, 0.0, xp.where(x == y, g / 2, g))
    def grad_y(xp, g, x, y): return xp.where(y > x, 0.0, xp.where(x == y, g / 2, g))

class Where(Op):
    def forward(xp, condition, x, y): return xp.where(condition, x, y)
    def grad_x(xp, g, condition): return xp.where(condition, g, 0.0)
    def grad_y(xp, g, condition): return xp.where(condition, 0.0, g)

class ZerosLike(Op):
    def forward(xp, x): return xp.zeros_like(x)
    def grad_x(xp, g): return xp.zeros_like(g)

class Copy(Op):
    def forward(xp, x): return xp.copy(x)
    def grad_x(g): return g

class Cast(Op):
    def forward(xp, x, dtype, source): return xp.cast(x, dtype)
    def grad_x(xp, g, source, dtype): return xp.cast(g, source, dtype)

class Move(Op):
    def forward(xp, x, device, source): return xp.move(x, device)
    def grad_x(xp, g, device, source): return xp.move(g, source, device)
