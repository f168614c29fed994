"""What the functions of `functional.py` ask of their arguments before they compute.

The single idea: an error names the shapes that were given and what would fit, in
torch's class of exception, before an array library can complain in its own words.
"""

from minigrad.dtype import bool as bool_


def require_reduction(reduction):
    """Refuse a reduction that is none of "none", "mean" and "sum"."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def require_smoothing(label_smoothing):
    """Refuse a label smoothing outside 0..1."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(
            f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}"
        )


def require_shares(target):
    """Refuse shares of classes that are whole numbers."""
    if not target.is_floating_point():
        raise RuntimeError(
            f"cross_entropy target of dtype {target.dtype} in the shape of the scores: "
            "shares of classes must be floating point"
        )


def require_classes(name, scores, target, dim):
    """Refuse targets that are not one class for each place of the scores."""
    x, t = tuple(scores.shape), tuple(target.shape)
    if target.dtype.name not in ("int64", "uint8"):
        raise RuntimeError(
            f"{name} target of dtype {target.dtype}: classes must be int64; convert "
            "them with .long()"
        )
    if t != x[:dim] + x[dim + 1 :]:
        kind = ValueError if t[:1] != x[:1] and dim == 1 else RuntimeError
        raise kind(
            f"{name} of scores of shape {x} and targets of shape {t}: the targets must "
            f"have shape {x[:dim] + x[dim + 1 :]}"
        )


def require_weight(weight, classes):
    """Refuse weights that are not one for each class."""
    if tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"weight of shape {tuple(weight.shape)} for {classes} classes: it must "
            f"have shape ({classes},)"
        )


def require_plain(name, **settings):
    """Refuse settings other than 1, which are not built."""
    for setting, value in settings.items():
        if value not in (1, (1,), (1, 1)):
            raise NotImplementedError(f"{name} with {setting}={value}: only 1 is built")


def require_off(name, **settings):
    """Refuse settings other than False, which are not built."""
    for setting, value in settings.items():
        if value:
            raise NotImplementedError(f"{name} with {setting}={value}: it is not built")


def require_linear(input, weight, bias):
    """Refuse what `linear` cannot multiply."""
    require_same_kind("linear", input, weight, bias)
    x, w = input.shape, weight.shape
    if not x or x[-1] != w[-1]:
        raise RuntimeError(
            f"linear of shapes {x} and {w}: the weight is made for "
            f"{w[-1]} features, the last size of the input is "
            f"{x[-1] if x else 'missing'}"
        )
    require_bias("linear", weight, bias)


def require_bias(name, weight, bias):
    """Refuse a bias that is not one number for each output of the weight."""
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise RuntimeError(
            f"{name} with weight of shape {tuple(weight.shape)} and bias of shape "
            f"{tuple(bias.shape)}: the bias must have shape ({weight.shape[0]},)"
        )


def require_same_kind(name, input, *parameters):
    """Refuse parameters of another device or dtype than the input's."""
    x = input.array
    for p in parameters:
        if p is not None and p.array.device != x.device:
            raise RuntimeError(
                f"{name} of input on {input.device} with a parameter on {p.device}: "
                "move one of them with .to()"
            )
        if p is not None and p.array.dtype != x.dtype:
            raise RuntimeError(
                f"{name} of input of dtype {input.dtype} with a parameter of dtype "
                f"{p.dtype}: convert one of them with .to()"
            )


def require_sizes(name, input, shape, **parameters):
    """Refuse parameters of another shape than `shape`, or of another kind."""
    require_same_kind(name, input, *parameters.values())
    for parameter, values in parameters.items():
        if values is not None and tuple(values.shape) != tuple(shape):
            raise RuntimeError(
                f"{name} of shape {tuple(input.shape)} with {parameter} of shape "
                f"{tuple(values.shape)}: it must have shape {tuple(shape)}"
            )


def require_attention(query, key, value, mask, dropout_p, is_causal):
    """Refuse what `scaled_dot_product_attention` cannot compare."""
    name, all_three = "scaled_dot_product_attention", (query, key, value)
    if mask is not None and is_causal:
        raise RuntimeError(
            f"{name} with attn_mask and is_causal=True: explicit attn_mask should not "
            "be set when is_causal=True; give one of them"
        )
    if any(x.dim() < 2 for x in all_three):
        raise RuntimeError(
            f"{name} of shapes {', '.join(str(x.shape) for x in all_three)}: each must "
            "have 2 dimensions at least, the last of them features"
        )
    if not query.is_floating_point() or len({x.dtype for x in all_three}) > 1:
        raise RuntimeError(
            f"{name} of dtypes {', '.join(str(x.dtype) for x in all_three)}: they must "
            "be one floating-point dtype; convert with .to()"
        )
    if mask is not None and mask.dtype not in (bool_, query.dtype):
        raise RuntimeError(
            f"{name} with attn_mask of dtype {mask.dtype}: it must be torch.bool or "
            f"the dtype of the query, {query.dtype}"
        )
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(
            f"dropout probability has to be between 0 and 1, but got {dropout_p}"
        )
