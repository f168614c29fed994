"""Recurrent cells: one step of a network that reads a sequence and remembers.

The single idea: the same weights at each step turn what is read, x, and what is
remembered, h, into a new h. The gates of LSTM and GRU are numbers between 0 and 1 that
say how much of the old to keep.
"""

import math

from minigrad.creation import empty, zeros

from . import init
from .linear import linear
from .module import Module
from .parameter import Parameter


class _Cell(Module):
    """What the cells share: two affine maps, of the input and of the state.

    parts: how many quantities of hidden_size the maps compute side by side
    """

    def __init__(self, input_size, hidden_size, bias, parts, device, dtype):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows, made = parts * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(empty((rows, input_size), **made))
        self.weight_hh = Parameter(empty((rows, hidden_size), **made))
        for name in ("bias_ih", "bias_hh"):
            value = Parameter(empty(rows, **made)) if bias else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw all parameters uniformly in +-1/sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def extra_repr(self):
        bias = "" if self.bias else f", bias={self.bias}"
        return f"{self.input_size}, {self.hidden_size}{bias}"

    def _state(self, input, *states):
        """The states, zeros where there is none, if they fit the input."""
        name = type(self).__name__
        for what, x in (("input", input), *(("hidden", h) for h in states)):
            if x is not None and x.dim() not in (1, 2):
                raise ValueError(
                    f"{name}: Expected {what} to be 1D or 2D, got {x.dim()}D instead"
                )
        shape = (*input.shape[:-1], self.hidden_size)
        for h in states:
            if h is not None and h.shape != shape:
                raise RuntimeError(
                    f"{name} of input of shape {input.shape} with a state of shape "
                    f"{h.shape}: the state must have shape {shape}"
                )
        made = {"dtype": input.dtype, "device": input.device}
        return tuple(zeros(shape, **made) if h is None else h for h in states)

    def _maps(self, input, h):
        """W_ih x + b_ih and W_hh h + b_hh."""
        return (
            linear(input, self.weight_ih, self.bias_ih),
            linear(h, self.weight_hh, self.bias_hh),
        )


class RNNCell(_Cell):
    r"""The simplest recurrent cell.

    .. math::

        h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})

    input_size, hidden_size: the last sizes of x and of h
    bias: whether there are b_ih and b_hh
    nonlinearity: "tanh", or "relu" in its place
    weight_ih: (hidden_size, input_size); weight_hh: (hidden_size, hidden_size)
    bias_ih, bias_hh: (hidden_size,)

    All are uniform in +-1/sqrt(hidden_size) at first.
    Source: Elman, Finding Structure in Time (1990).

        >>> RNNCell(4, 3)(ones(2, 4)).shape
        (2, 3)
    """

    def __init__(
        self,
        input_size,
        hidden_size,
        bias=True,
        nonlinearity="tanh",
        device=None,
        dtype=None,
    ):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        """input: (N, input_size) or (input_size,)
        hx: (N, hidden_size) or (hidden_size,); zeros if None
        returns: h', of the shape of hx
        raises: ValueError for more dimensions, RuntimeError for sizes that do not fit
            and for an unknown nonlinearity
        """
        (h,) = self._state(input, hx)
        x, h = self._maps(input, h)
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(
                f"Unknown nonlinearity: {self.nonlinearity}; it must be tanh or relu"
            )
        return (x + h).tanh() if self.nonlinearity == "tanh" else (x + h).relu()

    def extra_repr(self):
        other = self.nonlinearity != "tanh"
        return super().extra_repr() + f", nonlinearity={self.nonlinearity}" * other


class LSTMCell(_Cell):
    r"""Long short-term memory: a second state c, which only gates change.

    .. math::

        i &= \sigma(W_{ii} x + b_{ii} + W_{hi} h + b_{hi}) \\
        f &= \sigma(W_{if} x + b_{if} + W_{hf} h + b_{hf}) \\
        g &= \tanh(W_{ig} x + b_{ig} + W_{hg} h + b_{hg}) \\
        o &= \sigma(W_{io} x + b_{io} + W_{ho} h + b_{ho}) \\
        c' &= f \odot c + i \odot g \qquad h' = o \odot \tanh(c')

    input_size, hidden_size, bias: as in RNNCell
    weight_ih: (4 hidden_size, input_size), the rows for i, f, g, o one after another;
    weight_hh, bias_ih, bias_hh: accordingly

    Source: Hochreiter and Schmidhuber, Long Short-Term Memory (1997); for the gate f,
    Gers, Schmidhuber, Cummins, Learning to Forget (2000).
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        """input: (N, input_size) or (input_size,)
        hx: the pair (h, c), each (N, hidden_size) or (hidden_size,); zeros if None
        returns: (h', c'), of the shapes of h and c
        raises: as RNNCell; TypeError and RuntimeError for what is no pair of states
        """
        h, c = self._state(input, *((None, None) if hx is None else _pair(hx)))
        x, h = self._maps(input, h)
        i, f, g, o = (x + h).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


def _pair(hx):
    """The two states of an LSTM."""
    if not isinstance(hx, tuple | list):
        raise TypeError(
            f"LSTMCell with a state of type {type(hx).__name__}: it must be a tuple of "
            "two tensors (h, c)"
        )
    if len(hx) != 2:
        raise RuntimeError(
            f"LSTMCell with {len(hx)} states: it expects two, the pair (h, c)"
        )
    return hx


class GRUCell(_Cell):
    r"""A gated recurrent unit: two gates, and no state beside h.

    .. math::

        r &= \sigma(W_{ir} x + b_{ir} + W_{hr} h + b_{hr}) \\
        z &= \sigma(W_{iz} x + b_{iz} + W_{hz} h + b_{hz}) \\
        n &= \tanh(W_{in} x + b_{in} + r \odot (W_{hn} h + b_{hn})) \\
        h' &= (1 - z) \odot n + z \odot h

    input_size, hidden_size, bias: as in RNNCell
    weight_ih: (3 hidden_size, input_size), the rows for r, z, n one after another;
    weight_hh, bias_ih, bias_hh: accordingly

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder
    (2014), in torch's form, where r is applied after W_hn and not before it.
    """

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        """input, hx and what is returned and raised: as for RNNCell."""
        (before,) = self._state(input, hx)
        x, h = (part.chunk(3, -1) for part in self._maps(input, before))
        r, z = (x[0] + h[0]).sigmoid(), (x[1] + h[1]).sigmoid()
        n = (x[2] + r * h[2]).tanh()
        return (1 - z) * n + z * before
