"""The names of torch's tensors and functions that minigrad promises to have."""

import pytest
import torch

import minigrad as mg

CREATION = """
    tensor zeros ones full empty arange linspace eye rand randn randint randperm
    zeros_like ones_like full_like empty_like rand_like randn_like FloatTensor
    LongTensor from_numpy cat stack where einsum
"""
FUNCTIONS = """
    abs neg exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal sin cos tan
    tanh sigmoid erf sign floor ceil round clamp maximum minimum pow floor_divide
    remainder sum mean prod var std amax amin max min argmax argmin logsumexp norm
    cumsum sort topk any all reshape flatten unflatten transpose permute squeeze
    unsqueeze tile flip roll tril triu diagonal split chunk unbind gather scatter
    scatter_add index_select index_add masked_fill masked_select matmul mm bmm mv dot
    outer addmm isnan isinf isfinite equal clip
"""
METHODS = """
    view expand repeat T mT detach clone item tolist numpy to float double long bool
    type device dtype
"""
IN_PLACE = """
    abs_ neg_ exp_ expm1_ log_ log1p_ log2_ log10_ sqrt_ rsqrt_ square_ reciprocal_
    sin_ cos_ tan_ tanh_ sigmoid_ erf_ sign_ floor_ ceil_ round_ clamp_ pow_ add_ sub_
    mul_ div_ floor_divide_ remainder_ zero_ fill_ copy_ masked_fill_ scatter_
    scatter_add_ index_add_ tril_ triu_
"""
AUTOGRAD = """
    grad backward Function enable_grad no_grad set_grad_enabled gradcheck gradgradcheck
    functional.jacobian functional.hessian functional.vjp functional.jvp functional.vhp
    functional.hvp function.Function function.FunctionCtx function.once_differentiable
"""
HOOKS = """
    nn.Module.register_forward_hook nn.Module.register_forward_pre_hook
    nn.Module.register_full_backward_hook nn.Module.register_full_backward_pre_hook
    Tensor.register_hook Tensor.register_post_accumulate_grad_hook Tensor.retain_grad
"""

DATA = """
    BatchSampler ChainDataset ConcatDataset DataLoader Dataset IterableDataset
    RandomSampler Sampler SequentialSampler Subset SubsetRandomSampler TensorDataset
    WeightedRandomSampler default_collate default_convert get_worker_info random_split
"""
STATES = "save load manual_seed initial_seed get_rng_state set_rng_state Generator"


@pytest.mark.parametrize("name", (CREATION + FUNCTIONS).split())
def test_function_is_there(name):
    assert callable(getattr(torch, name))
    assert callable(getattr(mg, name))
    assert name in mg.__all__


@pytest.mark.parametrize("name", (FUNCTIONS + METHODS + IN_PLACE).split())
def test_method_is_there(name):
    assert hasattr(torch.Tensor, name)
    assert hasattr(mg.Tensor, name)


def found(lib, path):
    """What a dotted name stands for."""
    for name in path.split("."):
        lib = getattr(lib, name, None)
    return lib


@pytest.mark.parametrize("name", AUTOGRAD.split())
def test_name_of_autograd_is_there(name):
    assert callable(found(torch.autograd, name))
    assert callable(found(mg.autograd, name))


@pytest.mark.parametrize("name", DATA.split())
def test_name_of_the_loader_is_there(name):
    assert callable(found(torch.utils.data, name))
    assert callable(found(mg.utils.data, name))


@pytest.mark.parametrize("name", STATES.split())
def test_name_of_what_is_saved_is_there(name):
    assert callable(getattr(torch, name))
    assert callable(getattr(mg, name))
    assert name in mg.__all__


@pytest.mark.parametrize("name", HOOKS.split())
def test_hook_is_there(name):
    assert callable(found(torch, name))
    assert callable(found(mg, name))
