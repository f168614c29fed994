"""Refusals: torch's class of exception, and words that name the sizes."""

import pytest
from judge import check_refusal

import minigrad


def scores(L):
    return L.zeros(3, 4)


def entropy(L, target, **settings):
    return L.nn.functional.cross_entropy(scores(L), L.tensor(target), **settings)


class Bare:
    """Makes a module that forgot to call Module.__init__."""

    def __new__(cls, L):
        return type("Bare", (L.nn.Module,), {"__init__": lambda self: None})()


def assign(module, name, value):
    setattr(module, name, value)


def linear(L):
    return L.nn.Linear(2, 2)


def attention(L, query, key, mask=None):
    return L.nn.functional.scaled_dot_product_attention(query, key, key, mask)


# what is done in library L; part of minigrad's words. The class is what torch raises.
REFUSED = [
    (
        lambda L: L.nn.BatchNorm1d(3)(L.zeros(1, 3)),
        "batch_norm of shape (1, 3) has one value to normalise each time",
    ),
    (
        lambda L: L.nn.BatchNorm2d(3)(L.zeros(2, 3)),
        "expected 4D input (got 2D input)",
    ),
    (lambda L: L.nn.BatchNorm1d(3)(L.zeros(2, 3, 1, 1)), "expected 2D or 3D input"),
    (
        lambda L: L.nn.BatchNorm1d(3)(L.zeros(2, 4)),
        "batch_norm of shape (2, 4) with running_mean of shape (3,): it must have",
    ),
    (
        lambda L: L.nn.functional.batch_norm(L.zeros(2, 4), None, None),
        "batch_norm in evaluation without running_mean or running_var",
    ),
    (
        lambda L: L.nn.LayerNorm((3,))(L.zeros(2, 4)),
        "layer_norm of shape (2, 4) with normalized_shape (3,): it must be the last",
    ),
    (
        lambda L: L.nn.functional.layer_norm(L.zeros(4), (4,), L.zeros(3)),
        "layer_norm of shape (4,) with weight of shape (3,): it must have shape (4,)",
    ),
    (
        lambda L: L.nn.GroupNorm(2, 3),
        "num_channels (3) must be divisible by num_groups",
    ),
    (
        lambda L: L.nn.functional.group_norm(L.zeros(2, 3), 2),
        "group_norm of 3 channels in 2 groups",
    ),
    (
        lambda L: L.nn.functional.group_norm(L.zeros(1, 3), 3),
        "group_norm of shape (1, 3) has one value to normalise",
    ),
    (lambda L: L.nn.Dropout(1.5), "dropout probability has to be between 0 and 1"),
    (
        lambda L: L.nn.functional.dropout(L.zeros(3), -0.1),
        "dropout probability has to be between 0 and 1, but got -0.1",
    ),
    (
        lambda L: L.nn.functional.prelu(L.zeros(2, 3), L.zeros(2)),
        "prelu of 3 channels with weight of shape (2,): it must have shape (1,) or",
    ),
    (
        lambda L: L.nn.functional.gelu(L.zeros(2), approximate="erf"),
        "approximate argument must be either none or tanh.",
    ),
    (lambda L: L.nn.Hardtanh(1, -1), "Hardtanh from 1 to -1"),
    (
        lambda L: L.nn.functional.binary_cross_entropy(L.ones(2), L.ones(3)),
        "Using a target size ((3,)) that is different to the input size ((2,))",
    ),
    (
        lambda L: L.nn.functional.binary_cross_entropy(2 * L.ones(2), L.ones(2)),
        "binary_cross_entropy of numbers outside 0..1",
    ),
    (
        lambda L: L.nn.BCEWithLogitsLoss()(L.ones(2), L.ones(3)),
        "Target size ((3,)) must be the same as input size ((2,))",
    ),
    (
        lambda L: L.nn.SmoothL1Loss(beta=-1.0)(L.ones(2), L.ones(2)),
        "smooth_l1_loss does not support negative values for beta",
    ),
    (
        lambda L: L.nn.HuberLoss(delta=-1.0)(L.ones(2), L.ones(2)),
        "huber_loss does not support non-positive values for delta",
    ),
    (
        lambda L: L.nn.KLDivLoss(reduction="all")(L.ones(2), L.ones(2)),
        "all is not a valid value for reduction",
    ),
    (
        lambda L: L.nn.Embedding(3, 2)(L.tensor([0, 3])),
        "embedding with a number outside 0..2: the table has shape (3, 2)",
    ),
    (
        lambda L: L.nn.Embedding(3, 2)(L.tensor([0, -1])),
        "embedding with a number outside 0..2",
    ),
    (
        lambda L: L.nn.Embedding(3, 2)(L.zeros(2)),
        "embedding of numbers of dtype torch.float32",
    ),
    (lambda L: L.nn.Embedding(3, 2, 3), "padding_idx 3 of a table of 3 rows"),
    (
        lambda L: L.nn.functional.embedding(L.tensor([0]), L.zeros(3)),
        "embedding with weight of shape (3,): not 2-D",
    ),
    (
        lambda L: L.nn.functional.one_hot(L.tensor([0, 3]), 3),
        "one_hot of shape (2,) with 3 classes: there must be numbers, from 0 to 2",
    ),
    (
        lambda L: L.nn.functional.one_hot(L.tensor([0, -1])),
        "one_hot of shape (2,) with 1 classes",
    ),
    (
        lambda L: L.nn.functional.one_hot(L.zeros(0, dtype=L.int64)),
        "one_hot of shape (0,) with -1 classes",
    ),
    (lambda L: L.nn.functional.one_hot(L.zeros(2)), "one_hot of numbers of dtype"),
    (
        lambda L: attention(L, L.zeros(2, 3), L.zeros(2, 3, dtype=L.float64)),
        "scaled_dot_product_attention of dtypes torch.float32, torch.float64",
    ),
    (lambda L: attention(L, L.zeros(3), L.zeros(2, 3)), "each must have 2 dimensions"),
    (
        lambda L: attention(L, L.zeros(2, 3), L.zeros(2, 3), L.ones(2, 2).long()),
        "with attn_mask of dtype torch.int64",
    ),
    (
        lambda L: L.nn.functional.prelu(L.zeros(3, dtype=L.float64), L.zeros(1)),
        "prelu of input of dtype torch.float64 with a parameter of dtype torch.float32",
    ),
    *(
        (lambda L, f=f: getattr(L.nn.functional, f)(L.arange(3)), f"{f} of dtype torch")
        for f in ("leaky_relu", "elu", "gelu", "silu", "logsigmoid", "softplus")
    ),
    (lambda L: L.nn.ModuleList([L.nn.ReLU()])[1], "index 1 is out of range"),
    (lambda L: L.nn.ModuleList([3]), "int is not a Module subclass"),
    (lambda L: L.nn.ModuleDict({"a": 3}), "int is not a Module subclass"),
    (
        lambda L: L.nn.ParameterList(L.zeros(2)),
        "ParameterList.extend should be called with an iterable, but got Tensor",
    ),
    (lambda L: L.nn.ParameterList()(), "ParameterList should not be called."),
    (
        lambda L: L.nn.utils.vector_to_parameters([1.0], []),
        "expected torch.Tensor, but got: list",
    ),
    (
        lambda L: L.nn.functional.linear(L.zeros(3, 4), L.zeros(3, 3)),
        "linear of shapes (3, 4) and (3, 3): the weight is made for 3 features, the "
        "last size of the input is 4",
    ),
    (
        lambda L: L.nn.functional.linear(L.tensor(3.0), L.zeros(3, 3)),
        "linear of shapes () and (3, 3): the weight is made for 3 features, the last "
        "size of the input is missing",
    ),
    (
        lambda L: L.nn.functional.linear(L.zeros(3, 4), L.zeros(3, 4), L.zeros(5)),
        "linear with weight of shape (3, 4) and bias of shape (5,): the bias must have "
        "shape (3,)",
    ),
    (
        lambda L: linear(L)(L.zeros(3, 2, dtype=L.float64)),
        "linear of input of dtype torch.float64 with a parameter of dtype torch.float",
    ),
    (
        lambda L: entropy(L, [1, 10, 2]),
        "cross_entropy target 10 is not a class: scores of shape (3, 4) have classes "
        "0..3",
    ),
    (lambda L: entropy(L, [1, -1, 2]), "cross_entropy target -1 is not a class"),
    (
        lambda L: entropy(L, [-100, 4, 2]),
        "cross_entropy target 4 is not a class",
    ),
    (
        lambda L: L.nn.functional.nll_loss(scores(L), L.tensor([0, 4, 0])),
        "nll_loss target 4 is not a class",
    ),
    (
        lambda L: entropy(L, [1, 2]),
        "cross_entropy of scores of shape (3, 4) and targets of shape (2,): the "
        "targets must have shape (3,)",
    ),
    (
        lambda L: L.nn.functional.cross_entropy(
            L.zeros(3, 4, 2), L.zeros(3, 3, dtype=L.int64)
        ),
        "cross_entropy of scores of shape (3, 4, 2) and targets of shape (3, 3): the "
        "targets must have shape (3, 2)",
    ),
    (
        lambda L: entropy(L, [1.0, 2.0, 3.0]),
        "cross_entropy target of dtype torch.float32: classes must be int64",
    ),
    (
        lambda L: L.nn.functional.cross_entropy(
            scores(L), L.zeros(3, 4, dtype=L.int64)
        ),
        "cross_entropy target of dtype torch.int64 in the shape of the scores: shares "
        "of classes must be floating point",
    ),
    (
        lambda L: entropy(L, [0, 1, 2], weight=L.zeros(3)),
        "weight of shape (3,) for 4 classes: it must have shape (4,)",
    ),
    (
        lambda L: entropy(L, [0, 1, 2], label_smoothing=2),
        "label_smoothing must be between 0.0 and 1.0. Got: 2",
    ),
    (
        lambda L: entropy(L, [0, 1, 2], reduction="avg"),
        "avg is not a valid value for reduction",
    ),
    (
        lambda L: L.nn.functional.mse_loss(scores(L), scores(L), reduction="avg"),
        "avg is not a valid value for reduction",
    ),
    (
        lambda L: assign(Bare(L), "w", L.nn.Parameter(L.zeros(1))),
        "cannot assign parameters before Module.__init__() call",
    ),
    (
        lambda L: assign(Bare(L), "w", L.nn.ReLU()),
        "cannot assign module before Module.__init__() call",
    ),
    (
        lambda L: Bare(L).register_buffer("w", L.zeros(1)),
        "cannot assign buffer before Module.__init__() call",
    ),
    (
        lambda L: assign(linear(L), "weight", 3),
        "cannot assign 'int' as parameter 'weight' (",
    ),
    (
        lambda L: assign(L.nn.Sequential(L.nn.ReLU()), "0", 3),
        "cannot assign 'int' as child module '0' (",
    ),
    (
        lambda L: assign(L.nn.CrossEntropyLoss(L.ones(2)), "weight", 3),
        "cannot assign 'int' as buffer 'weight' (",
    ),
    (
        lambda L: linear(L).register_buffer("weight", L.zeros(2)),
        "attribute 'weight' already exists",
    ),
    (
        lambda L: linear(L).register_buffer("a.b", L.zeros(2)),
        'buffer name can\'t contain "."',
    ),
    (
        lambda L: linear(L).register_buffer("", L.zeros(2)),
        "buffer name can't be empty string",
    ),
    (
        lambda L: linear(L).register_buffer(3, L.zeros(2)),
        "buffer name should be a string. Got int",
    ),
    (
        lambda L: linear(L).register_buffer("z", 3),
        "cannot assign 'int' object to buffer 'z'",
    ),
    (
        lambda L: linear(L).register_parameter("z", 3),
        "cannot assign 'int' object to parameter 'z'",
    ),
    (
        lambda L: linear(L).register_parameter("forward", None),
        "attribute 'forward' already exists",
    ),
    (lambda L: linear(L).add_module("z", 3), "int is not a Module subclass"),
    (
        lambda L: linear(L).add_module("a.b", L.nn.ReLU()),
        'module name can\'t contain ".", got: a.b',
    ),
    (lambda L: L.nn.Sequential(3), "int is not a Module subclass"),
    (lambda L: L.nn.Sequential(L.nn.ReLU())[1], "index 1 is out of range"),
    (lambda L: linear(L).depth, "'Linear' object has no attribute 'depth'"),
    (
        lambda L: delattr(linear(L), "depth"),
        "'Linear' object has no attribute 'depth'",
    ),
    (lambda L: linear(L).train(1), "training mode is expected to be boolean"),
    (
        lambda L: L.nn.Module()(3),
        'Module [Module] is missing the required "forward" function',
    ),
    (
        lambda L: linear(L).to(L.int64),
        "nn.Module.to only accepts floating point or complex dtypes, but got desired "
        "dtype=torch.int64",
    ),
    (
        lambda L: linear(L).load_state_dict([]),
        "Expected state_dict to be dict-like, got <class 'list'>.",
    ),
    (
        lambda L: linear(L).load_state_dict({"weight": [1], "bias": L.zeros(2)}),
        "Error(s) in loading state_dict for Linear:\n\tWhile copying the parameter "
        'named "weight", expected',
    ),
    (
        lambda L: L.nn.init.kaiming_uniform_(L.zeros(3)),
        "Fan in and fan out can not be computed for tensor with fewer than 2 dim",
    ),
    (
        lambda L: L.nn.init.kaiming_uniform_(L.zeros(3, 3), mode="fan"),
        "Mode fan not supported, please use one of ['fan_in', 'fan_out']",
    ),
    (
        lambda L: L.nn.init.calculate_gain("gelu"),
        "Unsupported nonlinearity gelu",
    ),
    (
        lambda L: L.nn.init.calculate_gain("leaky_relu", "0.1"),
        "negative_slope 0.1 not a valid number",
    ),
]


@pytest.mark.parametrize("act, words", REFUSED, ids=[words for _, words in REFUSED])
def test_refusal_has_torchs_class_and_names_the_sizes(act, words):
    check_refusal(act, words)


def test_parameter_on_another_device_is_refused():
    with pytest.raises(RuntimeError, match="input on torch with a parameter on cpu"):
        minigrad.nn.Linear(2, 2)(minigrad.zeros(3, 2, device="torch"))
