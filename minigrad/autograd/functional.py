"""Jacobians and Hessians of functions, and their products with vectors.

    J = d outputs / d inputs        vjp: v J        jvp: J v
    H = d gradient / d inputs       vhp: v H        hvp: H v

A walk backward gives v J. That is linear in v, so its own derivative with respect to v,
times a vector, is J times that vector. And H is the Jacobian of the gradient.
Chapter: the graph and the walk.
"""

from ..creation import ones_like, stack, zeros, zeros_like
from ..grad_mode import enable_grad
from ..gradients import grad
from ..tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """The pair (func(inputs), v J), with the product laid out as the inputs are.

    inputs: a tensor, or a tuple of them; so are the outputs of func
    v: laid out as the outputs; may be left out for a single number, and is then 1
    create_graph: record the computation, so that the results can be differentiated
    strict: refuse an input that func does not depend on, instead of giving zeros
    raises: RuntimeError if v has other shapes than the outputs
    """
    xs, ys, one_in, one_out = _evaluated(func, inputs, "vjp", create_graph, strict)
    v = _direction(v, ys)
    product = _pulled(ys, xs, v, create_graph)
    product = _filled(product, xs, strict, create_graph, "outputs", "input")
    return _laid_out(ys, one_out, create_graph), _laid_out(
        product, one_in, create_graph
    )


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """The pair (func(inputs), J v), with the product laid out as the outputs are.

    v: laid out as the inputs. For the rest see `vjp`. Computed by two walks: the second
    through the record of the first.
    """
    xs, ys, _, one_out = _evaluated(func, inputs, "jvp", create_graph, strict)
    v = _direction(v, xs)
    with enable_grad():
        us = tuple(zeros_like(y).requires_grad_() for y in ys)
        pulled = _pulled(ys, xs, us, create_graph=True)
        if strict:
            _require_history(pulled, "the gradient with respect to input")
        product = _pulled(pulled, us, v, create_graph)
    product = _filled(product, ys, strict, create_graph, "gradients", "output")
    return _laid_out(ys, one_out, create_graph), _laid_out(
        product, one_out, create_graph
    )


def jacobian(
    func,
    inputs,
    create_graph=False,
    strict=False,
    vectorize=False,
    strategy="reverse-mode",
):
    """J[i, j] = d output_i / d input_j, of shape (*output's shape, *input's shape).

    returns: a tensor for one output of one input; a tuple over the inputs, the outputs,
        or over the outputs of tuples over the inputs, where these were given as tuples

    One walk backward for each element of the outputs. For the rest see `vjp`.

        >>> jacobian(lambda x: x * x, tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    if vectorize or strategy != "reverse-mode":
        raise NotImplementedError(
            f"jacobian with vectorize={vectorize}, strategy={strategy!r}: there is no "
            "vmap and no forward mode; leave both out"
        )
    xs, ys, one_in, one_out = _evaluated(func, inputs, "jacobian", create_graph, strict)
    blocks = []
    for y in ys:
        rows = [
            _filled(row, xs, strict, create_graph, "outputs", "input")
            for row in jacobian_rows(y, xs, create_graph)
        ]
        block = [_stacked(rows, i, y, x) for i, x in enumerate(xs)]
        blocks.append(_laid_out(block, one_in, create_graph))
    return blocks[0] if one_out else tuple(blocks)


def hessian(
    func,
    inputs,
    create_graph=False,
    strict=False,
    vectorize=False,
    outer_jacobian_strategy="reverse-mode",
):
    """H[i, j] = d^2 output / d input_i d input_j, for a func that gives one number.

    returns: a tensor for one input, of shape (*its shape, *its shape); for a tuple a
        tuple of tuples. For the rest see `jacobian`, of the gradient
    """
    gradient, _ = _gradient_of(func, inputs, "hessian")
    return jacobian(
        gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy
    )


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """The pair (func(inputs), v H), for a func that gives one number.

    v: laid out as the inputs. For the rest see `vjp`, of the gradient
    """
    gradient, outputs = _gradient_of(func, inputs, "vhp")
    _, product = vjp(gradient, inputs, v, create_graph, strict)
    return _laid_out(outputs, True, create_graph), product


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """The pair (func(inputs), H v): the numbers of `vhp`, as H is symmetric, at the
    price of one more walk."""
    gradient, outputs = _gradient_of(func, inputs, "hvp")
    _, product = jvp(gradient, inputs, v, create_graph, strict)
    return _laid_out(outputs, True, create_graph), product


def jacobian_rows(output, inputs, create_graph=False):
    """The gradients of each element of `output`, one after the other: tuples over the
    inputs, None for those that it does not depend on."""
    for i in range(output.numel()):
        one = zeros_like(output).flatten()
        one[i] = 1
        one = one.view(output.shape)
        yield _pulled((output,), inputs, (one,), create_graph)


def _evaluated(func, inputs, name, create_graph, strict):
    """(inputs, outputs, was there one input?, one output?), the first two as tuples."""
    with enable_grad():
        xs, one_in = _tensors(inputs, name, "inputs")
        xs = tuple(_fresh(x, create_graph) for x in xs)
        ys, one_out = _tensors(func(*xs), name, "outputs of the function")
        if strict:
            _require_history(ys, "output")
        return xs, ys, one_in, one_out


def _fresh(x, create_graph):
    """x as another tensor, so that func's own uses of x are told from its argument."""
    tracked = create_graph and x.requires_grad
    return x.view(x.shape) if tracked else x.detach().requires_grad_()


def _tensors(given, name, what):
    """`given` as a tuple, and whether it was a single tensor."""
    one = not isinstance(given, tuple)
    tensors = (given,) if one else given
    for t in tensors:
        if not isinstance(t, Tensor):
            raise TypeError(
                f"{name}(): the {what} must be a tensor or a tuple of tensors, found "
                f"{type(t).__name__}"
            )
    return tensors, one


def _gradient_of(func, inputs, name):
    """The gradient of `func`, laid out as `inputs`; and a list of what func gave."""
    outputs = []

    def gradient(*xs):
        ys, one = _tensors(func(*xs), name, "outputs of the function")
        if not one or ys[0].numel() != 1:
            found = f"shape {ys[0].shape}" if one else f"a tuple of {len(ys)}"
            raise RuntimeError(
                f"{name}() of a function that gives {found}: it must give a tensor "
                "with one element"
            )
        outputs.extend(ys)
        found = _pulled(ys, xs, (ones_like(ys[0]),), create_graph=True)
        found = _filled(found, xs, False, False, "", "")
        return found if isinstance(inputs, tuple) else found[0]

    return gradient, outputs


def _direction(v, like):
    """v as a tuple of tensors with the shapes of those in `like`."""
    if v is None:
        if len(like) > 1 or like[0].numel() != 1:
            raise RuntimeError(
                f"no v for tensors of shapes {[t.shape for t in like]}: only for a "
                "single number there is an obvious one"
            )
        return (ones_like(like[0]),)
    v, _ = _tensors(v, "v", "vectors")
    if [t.shape for t in v] != [t.shape for t in like]:
        raise RuntimeError(
            f"v has the shapes {[t.shape for t in v]}, and must have "
            f"{[t.shape for t in like]}"
        )
    return v


def _pulled(outputs, inputs, v, create_graph):
    """v times the Jacobian; None where there is nothing, also for outputs of None."""
    pairs = zip(outputs, v, strict=True)
    pairs = [(y, u) for y, u in pairs if y is not None and y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    outputs, v = zip(*pairs, strict=True)
    return grad(outputs, inputs, v, True, create_graph, allow_unused=True)


def _filled(found, like, strict, create_graph, what, of):
    """`found` with zeros in place of None, which strict refuses."""
    if strict:
        for i, g in enumerate(found):
            if g is None or (create_graph and not g.requires_grad):
                raise RuntimeError(
                    f"the {'derivative of the ' * (g is not None)}{what} does not "
                    f"depend on {of} {i}: strict=True does not allow that"
                )
    pairs = zip(found, like, strict=True)
    return tuple(zeros_like(x) if g is None else g for g, x in pairs)


def _require_history(tensors, what):
    for i, t in enumerate(tensors):
        if t is None or not t.requires_grad:
            raise RuntimeError(
                f"{what} {i} does not depend on the inputs: strict=True does not allow "
                "that"
            )


def _stacked(rows, i, y, x):
    """The rows' entries for input i, as one tensor: the Jacobian of y by x."""
    shape = (*y.shape, *x.shape)
    if not rows:
        return zeros(shape, dtype=x.dtype, device=x.device)
    return stack([row[i] for row in rows]).view(shape)


def _laid_out(tensors, one, create_graph):
    """A tuple, or its one tensor; without history if none was asked for."""
    if not create_graph:
        tensors = [t.detach() for t in tensors]
    return tensors[0] if one else tuple(tensors)
