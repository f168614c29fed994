"""What convolution and pooling have in common: windows that slide over an input.

The single idea: a series is an image of one row. Sizes become pairs, the input a batch
of images, once it is known that they fit each other; an error names what was given.
Chapter: convolution and pooling.
"""

from .checks import require_bias, require_same_kind

WORDS = {1: "channels and length", 2: "channels, height and width"}


def sizes(name, value, dims):
    """`value` as a tuple with one size for each of the dims; an int stands for all."""
    if value is None or isinstance(value, int):
        return (value,) * dims
    if len(value) != dims:
        raise RuntimeError(
            f"{name} {tuple(value)}: it must be an int or a tuple of length {dims}"
        )
    return tuple(value)


def spans(kernel, dilation):
    """How far windows reach whose elements lie `dilation` apart."""
    return tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))


def conv_padding(padding, kernel, stride, dilation, error=RuntimeError):
    """The padding of a convolution, and how many outputs at the start are too many.

    "same" pads by half of what a window spans beyond its element. Where this is odd,
    torch pads more at the end; so pad more at both ends, and leave out the first.
    """
    if not isinstance(padding, str):
        return sizes("padding", padding, len(kernel)), (0,) * len(kernel)
    if padding not in ("valid", "same"):
        raise error(f"padding {padding!r}: it must be ints, 'valid' or 'same'")
    if padding == "valid":
        return (0,) * len(kernel), (0,) * len(kernel)
    if any(s != 1 for s in stride):
        raise error(f"padding='same' with stride {stride}: the stride must be 1")
    beyond = [span - 1 for span in spans(kernel, dilation)]
    return tuple(-(-n // 2) for n in beyond), tuple(n % 2 for n in beyond)


def require_conv(name, dims, input, weight, bias, groups):
    """Refuse what a convolution cannot slide over each other."""
    require_dims(name, dims, input)
    require_same_kind(name, input, weight, bias)
    x, w = tuple(input.shape), tuple(weight.shape)
    if len(w) != dims + 2:
        raise RuntimeError(
            f"{name} with weight of shape {w}: it must have the dimensions output "
            f"channels, input {WORDS[dims]}"
        )
    if groups < 1 or w[0] % groups:
        raise RuntimeError(
            f"{name} with weight of shape {w} and groups={groups}: the {w[0]} output "
            "channels must be divisible by groups, a positive number"
        )
    channels, made_for = x[-dims - 1], w[1] * groups
    if channels != made_for:
        raise RuntimeError(
            f"{name} of {_count(channels, 'input channel')} with weight of shape {w}"
            f"{f' and groups={groups}' if groups > 1 else ''}: the weight is made for "
            f"{_count(made_for, 'channel')}"
        )
    require_bias(name, weight, bias)


def _count(n, words):
    return f"{n} {words}" if n == 1 else f"{n} {words}s"


def require_dims(name, dims, input):
    """Refuse what is neither an image nor a batch of images, or series for one dim."""
    if input.dim() not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"{name} of shape {tuple(input.shape)}: the input must have the dimensions "
            f"{WORDS[dims]}, or batch before them"
        )


def require_window(name, input, span, stride, padding, ceil_mode=False):
    """Refuse a window that does not fit into the image; return how much is missing.

    With ceil_mode a last window may begin inside and end outside. Then the image must
    be longer, for each dim by the number that is returned.
    """
    if min(stride) <= 0 or min(padding) < 0:
        raise RuntimeError(
            f"{name} with stride {stride} and padding {padding}: the stride must be "
            "positive, the padding not negative"
        )
    missing, shape = [], input.shape[-len(span) :]
    for n, k, s, p in zip(shape, span, stride, padding, strict=True):
        steps = (n + 2 * p - k + (s - 1) * ceil_mode) // s
        if ceil_mode and steps * s >= n + p:
            steps -= 1
        if steps < 0:
            padded = tuple(m + 2 * q for m, q in zip(shape, padding, strict=True))
            raise RuntimeError(
                f"{name} with kernel {span} on an image of {padded} (with padding): "
                "the kernel must not be larger"
            )
        missing.append(max(0, steps * s + k - n - 2 * p))
    return tuple(missing)


def on_images(function, dims, input):
    """`function` of a batch of images; for one image and for series too."""
    x = input if dims == 2 else input.unsqueeze(-2)
    x = x if x.dim() == 4 else x.unsqueeze(0)
    out = function(x)
    out = out if input.dim() == dims + 2 else out.squeeze(0)
    return out if dims == 2 else out.squeeze(-2)


def as_pairs(neutral, *settings):
    """Settings for series as settings for images of one row, where they are neutral."""
    return [(neutral, *s)[-2:] for s in settings]
