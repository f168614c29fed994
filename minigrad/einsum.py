"""Einstein's sum: products of tensors whose dimensions have letters for names.

Two tensors at a time: dimensions that both share and nobody needs later are summed by a
matrix product, the others that they share stand in front as its batch.
"""

from math import prod

from .products import Products


def einsum(equation, *operands):
    """Sums of products by letters: `einsum("ij, jk -> ik", a, b)` is a @ b.

    Each letter names a dimension. Equal letters go together, and what does not stand
    behind the arrow is summed; without an arrow, the letters that occur once stay, in
    alphabetical order. `...` stands for leading dimensions that broadcast.

    equation: the letters of each tensor, and of the result.
    raises: RuntimeError if letters and dimensions or sizes do not fit.
    """
    if len(operands) == 1 and not isinstance(operands[0], Products):
        operands = operands[0]
    left, arrow, right = equation.replace(" ", "").partition("->")
    names = left.split(",")
    if len(names) != len(operands):
        raise RuntimeError(
            f"einsum {equation!r} with {len(operands)} tensors: it names {len(names)}"
        )
    names = [_letters(*pair, equation) for pair in zip(names, operands, strict=True)]
    # Dimensions under `...` are called by numbers, counted from the last.
    hidden = sorted({n for name in names for n in name if isinstance(n, int)})
    every = [n for name in names for n in name]
    if arrow:
        before, dots, after = right.partition("...")
        out = [*before, *(hidden if dots else []), *after]
    else:
        once = (n for n in every if isinstance(n, str) and every.count(n) == 1)
        out = hidden + sorted(once)
    if len(set(out)) < len(out) or not set(out) <= set(every):
        raise RuntimeError(
            f"einsum {equation!r}: each letter behind the arrow must stand there once, "
            "and also before it"
        )
    return _all_pairs([_once(*pair) for pair in zip(operands, names, strict=True)], out)


def _letters(name, tensor, equation):
    """The names of the tensor's dimensions, one for each."""
    before, dots, after = name.partition("...")
    width = tensor.ndim - len(before) - len(after)
    wrong = any(not letter.isalpha() for letter in before + after)
    if width < 0 or (width and not dots) or wrong:
        raise RuntimeError(
            f"einsum {equation!r}: {name!r} does not name the {tensor.ndim} dimensions "
            "of its tensor by a letter each"
        )
    return [*before, *range(-width, 0), *after]


def _once(x, name):
    """x with one dimension for each letter: those that repeat give a diagonal."""
    name = list(name)
    for letter in set(name):
        while name.count(letter) > 1:
            a = name.index(letter)
            b = name.index(letter, a + 1)
            if x.shape[a] != x.shape[b]:
                raise RuntimeError(
                    f"einsum: {letter!r} names sizes {x.shape[a]} and {x.shape[b]}"
                )
            x = x.diagonal(0, a, b)
            name = [n for i, n in enumerate(name) if i not in (a, b)] + [letter]
    return x, name


def _all_pairs(pairs, out):
    """The product of all tensors, summed over what is not in `out`."""
    (x, name), *rest = pairs
    for i, (y, other) in enumerate(rest):
        later = {n for _, letters in rest[i + 1 :] for n in letters}
        x, name = _contract(x, name, y, other, later | set(out))
    x, name = _summed(x, name, set(out))
    return x.permute(*map(name.index, out))


def _summed(x, name, needed):
    """x summed over the dimensions that nobody needs."""
    dims = tuple(i for i, n in enumerate(name) if n not in needed)
    return (x.sum(dims) if dims else x), [n for n in name if n in needed]


def _contract(x, name, y, other, needed):
    """The product of two tensors, summed over what nobody needs."""
    x, name = _summed(x, name, needed | set(other))
    y, other = _summed(y, other, needed | set(name))
    both = [n for n in name if n in other]
    x, y = _stretched(x, name, y, other, [n for n in both if n not in needed])
    batch = [n for n in both if n in needed]
    gone = [n for n in both if n not in needed]
    rows = [n for n in name if n not in both]
    columns = [n for n in other if n not in both]
    a = _grouped(x, name, batch, rows, gone)
    b = _grouped(y, other, batch, gone, columns)
    product = a @ b
    ends = [x.shape[name.index(n)] for n in rows]
    ends += [y.shape[other.index(n)] for n in columns]
    return product.reshape(*product.shape[:-2], *ends), batch + rows + columns


def _grouped(x, name, batch, rows, columns):
    """x with the dimensions of `rows` as one, and those of `columns` as one."""
    x = x.permute(*map(name.index, batch + rows + columns))
    middle = len(batch) + len(rows)
    sizes = x.shape[len(batch) : middle], x.shape[middle:]
    return x.reshape(*x.shape[: len(batch)], *map(prod, sizes))


def _stretched(x, name, y, other, gone):
    """x and y with equal sizes in the dimensions `gone`: a 1 is stretched."""
    for n in gone:
        a, b = x.shape[name.index(n)], y.shape[other.index(n)]
        if a != b and 1 not in (a, b):
            raise RuntimeError(f"einsum: {n!r} names sizes {a} and {b}")
        if a == 1 != b:
            x = x.expand(*(b if m == n else -1 for m in name))
        if b == 1 != a:
            y = y.expand(*(a if m == n else -1 for m in other))
    return x, y
