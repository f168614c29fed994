"""What an operation is: a function of arrays, and its derivative for each argument.

The single idea: a gradient rule asks for what it needs by the names of its parameters,
so what to keep in memory follows from the formula. Chapter: arrays and their rules.
"""

from inspect import signature
from operator import itemgetter


class Op:
    """A namespace of functions, never instantiated: `forward` and `grad_<argument>`.

    A gradient rule asks, by the names of its parameters, for what it needs:

        g                 gradient of the loss with respect to the output
        out               the output
        <argument>        an argument of forward
        <argument>_shape  only its shape
        aux               the second thing forward returned (indices of maxima, ...)
        xp                the functions of the world the rule runs in

    What no rule asks for is not kept in memory. The same rule runs on NumPy arrays, on
    torch tensors and, when a derivative is to be differentiated again, on minigrad's
    own tensors. It may ignore broadcasting: the engine sums a gradient that is too
    large back to the shape of its argument.

    An op whose forward ends in `*xs` takes any number of arrays. Its rule `grad_xs`
    may ask for `xs_shape`, the list of their shapes, and returns one gradient for each.
    """

    view = False  # whether the output may share memory with the first argument
    has_aux = False  # whether forward returns an aux: for the rules, or for FUSED alone

    def __init_subclass__(cls):
        cls.name = cls.__name__
        parameters = list(signature(cls.forward).parameters.values())
        cls.takes_xp = parameters[0].name == "xp"
        parameters = parameters[cls.takes_xp :]
        cls.arguments = [p.name for p in parameters]
        cls.variadic = parameters[-1].kind is parameters[-1].VAR_POSITIONAL
        cls.rules = {
            i: vars(cls)[f"grad_{a}"]
            for i, a in enumerate(cls.arguments)
            if f"grad_{a}" in vars(cls)
        }
        shapes = [f"{a}_shape" for a in cls.arguments]
        cls.slots = ["xp", "g", "out", "aux", *cls.arguments, *shapes]
        if len(set(cls.slots)) < len(cls.slots):
            raise TypeError(
                f"{cls.name}.forward{signature(cls.forward)} has an argument that a "
                "rule could not tell from g, out, aux or a shape: rename it"
            )
        cls.has_aux |= any("aux" in signature(r).parameters for r in cls.rules.values())
        cls.plans = {}

    @classmethod
    def plan(cls, mask):
        """The plan for the arguments in `mask`, made the first time it is needed."""
        kind = VariadicPlan if cls.variadic else Plan
        plan = cls.plans[mask] = kind(cls, mask)
        return plan


class Plan:
    """What to keep and which rules to run when the arguments in `mask` need gradients.

    mask has one bit for each argument of `op.forward`, the first in the lowest place.
    keep: chooses the arguments to keep; keep_shapes: the places of those of which the
    shape is kept; keep_out: whether the output is. slots: the names of the values that
    rules choose from, in the order in which the engine lays them out.
    """

    def __init__(self, op, mask):
        self.op = op
        self.wanted = [i for i in range(mask.bit_length()) if mask >> i & 1]
        for i in self.wanted:
            if self.position(i) not in op.rules:
                raise NotImplementedError(
                    f"{op.name} has no gradient rule for its argument "
                    f"{op.arguments[self.position(i)]!r}: detach() it, or use an "
                    "operation that is differentiable there"
                )
        rules = [op.rules[self.position(i)] for i in self.wanted]
        needs = {name for rule in rules for name in signature(rule).parameters}
        kept = [i for i, a in enumerate(op.arguments) if a in needs]
        self.keep = _picker(kept)
        self.keep_out = "out" in needs
        names = [f"{a}_shape" for a in op.arguments]
        self.keep_shapes = [i for i, name in enumerate(names) if name in needs]
        self.slots = ["xp", "g", "out", "aux"]
        self.slots += [op.arguments[i] for i in kept]
        self.slots += [names[i] for i in self.keep_shapes]
        self.pullbacks = {}

    def name(self):
        """What a step by this plan is called, as torch spells it."""
        return f"{self.op.name}Backward0"

    def position(self, i):
        """The place among `op.arguments` of the i-th value passed to forward."""
        return i

    def pullback(self, xp):
        """The function from a list laid out as `slots` to the wanted gradients."""
        pull = self.pullbacks[xp] = self.compile(getattr(xp, "FUSED", {}))
        return pull

    def compile(self, fused):
        """The pullback, with the kernels that a world brings in place of written rules.

        fused: kernels for one rule ("Tanh.x") or for all gradients of an op ("Conv2d").
        """
        op = self.op
        if op.name in fused and len(self.wanted) == len(op.rules):
            kernel = fused[op.name]
            pick = self.arguments_of(kernel)
            return lambda v: kernel(*pick(v))
        keys = {i: f"{op.name}.{op.arguments[i]}" for i in self.wanted}
        rules = [fused.get(key, op.rules[i]) for i, key in keys.items()]
        pairs = [(rule, self.arguments_of(rule)) for rule in rules]
        (rule, pick), *others = pairs
        if not others:
            return lambda v: (rule(*pick(v)),)
        if len(others) == 1:
            ((second, choose),) = others
            return lambda v: (rule(*pick(v)), second(*choose(v)))
        return lambda v: [rule(*pick(v)) for rule, pick in pairs]

    def arguments_of(self, rule):
        """The function from a list laid out as `slots` to the arguments of `rule`."""
        return _picker([self.slots.index(name) for name in signature(rule).parameters])


class VariadicPlan(Plan):
    """A plan for `forward(..., *xs)`: one rule gives the gradients of all xs."""

    def __init__(self, op, mask):
        super().__init__(op, mask)
        self.keep_shapes = list(range(len(op.arguments) - 1, mask.bit_length()))

    def position(self, i):
        return min(i, len(self.op.arguments) - 1)

    def compile(self, fused):
        fixed, kept = len(self.op.arguments) - 1, self.slots.index("xs_shape")
        rule, slots = self.op.rules[fixed], self.slots
        names = list(signature(rule).parameters)

        def pull(v):
            known = dict(zip(slots, [*v[:kept], v[kept:]], strict=True))
            gradients = rule(*(known[name] for name in names))
            return [gradients[i - fixed] for i in self.wanted]

        return pull


def _picker(places):
    """The function from a list to its elements at `places`, a list or a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    start = places[0] if places else 0
    return itemgetter(slice(start, start + len(places)))
