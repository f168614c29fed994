"""Scalar automatic differentiation: numbers that remember how they were made.

The single idea: every operation returns a new `Value` that keeps its inputs and, for
each of them, the slope of the result, an ordinary number. `backward` walks from the
result to the inputs and applies the chain rule once per slope. The chapter "A
derivative that remembers" (notebooks/02_scalars.ipynb) explains every line.

    >>> x = Value(3.0)
    >>> y = x * x + 2 * x
    >>> y.backward()
    >>> x.grad                      # dy/dx = 2x + 2
    8.0
"""

import math
from numbers import Real


class Value:
    """A number that remembers how it was made.

    data: the number, a float
    grad: the derivatives, with respect to this value, of all results on which
        `backward` was called, added up; set it back to 0.0 to start again
    inputs: the Values it was made from; none for a number of your own
    slopes: for each of them the derivative d self / d input, a float
    waiting, flow: notes of the walk that goes on; each begins with new ones

    Supports + - * / ** with Values and numbers on either side, and the methods below.
    Arithmetic is that of torch in float64: overflow gives inf, 0 / 0 or the logarithm
    of a negative number gives nan, and neither raises. Compare values by their `data`.

    Source: Griewank and Walther, Evaluating Derivatives (2008), section 3.2.
    """

    __slots__ = ("data", "flow", "grad", "inputs", "slopes", "waiting")
    __array_ufunc__ = None  # a NumPy number on the left leaves the operation to Value

    def __init__(self, data, inputs=(), slopes=()):
        if len(inputs) != len(slopes):
            raise ValueError(
                f"a Value of {len(inputs)} inputs and {len(slopes)} slopes: give one "
                "slope for each input"
            )
        self.data = float(data)
        self.grad = 0.0
        self.inputs = inputs
        self.slopes = slopes

    def __repr__(self):
        return f"Value({self.data:g}, grad={self.grad:g})"

    # Operations: the number, the inputs, and one slope for each of them.

    def __add__(self, other):
        other = _value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        other = _value(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = _value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = _value(other)
        y, slope = _divide(self.data, other.data), _divide(1.0, other.data)
        return Value(y, (self, other), (slope, -_divide(y, other.data)))

    def __pow__(self, n):
        x, power = self.data, _value(n).data
        y = _power(x, power)
        slope = power * _power(x, power - 1) if power else 0.0
        if not isinstance(n, Value):
            return Value(y, (self,), (slope,))
        slope_n = 0.0 if x == 0 <= power else y * _log(x)
        return Value(y, (self, n), (slope, slope_n))

    def __neg__(self):
        return Value(-self.data, (self,), (-1.0,))

    def exp(self):
        """e to the power x, which is its own derivative."""
        y = _exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        """The natural logarithm; the derivative is 1 / x."""
        return Value(_log(self.data), (self,), (_divide(1.0, self.data),))

    def sqrt(self):
        """The square root y; the derivative is 1 / (2 y)."""
        y = _or_nan(math.sqrt, self.data)
        return Value(y, (self,), (_divide(0.5, y),))

    def sin(self):
        """The sine of x radians; the derivative is cos x."""
        slope = _or_nan(math.cos, self.data)
        return Value(_or_nan(math.sin, self.data), (self,), (slope,))

    def cos(self):
        """The cosine of x radians; the derivative is -sin x."""
        slope = -_or_nan(math.sin, self.data)
        return Value(_or_nan(math.cos, self.data), (self,), (slope,))

    def tanh(self):
        """The hyperbolic tangent y; the derivative is 1 - y * y."""
        y = math.tanh(self.data)
        return Value(y, (self,), (1.0 - y * y,))

    def sigmoid(self):
        """y = 1 / (1 + exp(-x)); the derivative is y (1 - y)."""
        y = 1.0 / (1.0 + _exp(-self.data))
        return Value(y, (self,), (y * (1.0 - y),))

    def relu(self):
        """x where it is positive, else 0; the derivative at 0 is taken to be 0."""
        slopes = (0.0,) if self.data <= 0 else (1.0,)
        return Value(max(self.data, 0.0), (self,), slopes)

    # Numbers on the left.

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return _value(other) - self

    def __rtruediv__(self, other):
        return _value(other) / self

    def __rpow__(self, other):
        return _value(other) ** self

    # The chain rule.

    def backward(self, gradient=1.0):
        """Add `gradient` times d self / d v to `v.grad`, for each v behind self.

        Those are self and all values that it was made from. A value passes its
        gradient on once all of it has arrived.
        """
        _count_uses(self)
        self.flow = float(gradient)
        ready = [self]
        for v in ready:  # grows while it is walked
            g = v.flow
            v.grad += g
            for x, slope in zip(v.inputs, v.slopes):
                x.flow += g * slope
                if x.waiting > 1:
                    x.waiting -= 1
                else:
                    ready.append(x)


def _count_uses(result):
    """Note how often each value was used on the way to `result`; empty its `flow`."""
    found, seen = [result], {result}
    for v in found:  # grows while it is walked
        for x in v.inputs:
            if x in seen:
                x.waiting += 1
            else:
                x.waiting = 1
                x.flow = 0.0
                seen.add(x)
                found.append(x)


def _value(x):
    """`x` as a Value: itself, or a new one for a number."""
    if isinstance(x, Value):
        return x
    if isinstance(x, Real):
        return Value(x)
    raise TypeError(
        f"a Value meets {x!r} of type {type(x).__name__}: the other operand must be a"
        " Value or a number; arrays need minigrad.tensor"
    )


# Python raises where IEEE arithmetic, and so torch, has an infinity or nan.


def _divide(x, y):
    try:
        return x / y
    except ZeroDivisionError:
        infinity = math.copysign(math.inf, x) * math.copysign(1.0, y)
        return infinity if x and x == x else math.nan


def _exp(x):
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _log(x):
    return -math.inf if x == 0 else _or_nan(math.log, x)


def _power(x, n):
    try:
        return math.pow(x, n)
    except (OverflowError, ValueError):
        if x < 0 and n % 1:
            return math.nan
        return math.copysign(math.inf, x) if n % 2 == 1 else math.inf


def _or_nan(function, x):
    try:
        return function(x)
    except ValueError:
        return math.nan
