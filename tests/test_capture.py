"""A training step as a CUDA graph, as far as it can be tested without a GPU.

The single idea: a graph is what the GPU was asked to do, on the memory that it was
asked to do it on; Python takes no part in a replay. Both can be seen on the CPU: torch
has pretended GPU tensors, which have no numbers that a step could read, and it tells of
every operation, so that a step's can be recorded and done again.
"""

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import minigrad
from minigrad import arrays, cuda

RNG = np.random.default_rng(8)
IMAGES = RNG.standard_normal((5, 6, 1, 8, 8)).astype(np.float32)  # five batches
CLASSES = RNG.integers(0, 3, (5, 6))


def mlp(nn):
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(64, 8), nn.GELU(), nn.LayerNorm(8)),
        *(nn.Linear(8, 8), nn.Sigmoid(), nn.PReLU(), nn.Linear(8, 3)),
    )


def cnn(nn):
    return nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(20, 3)),
    )


def reader(nn):
    """A recurrent network that looks back at all it has read."""

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.cell = nn.Embedding(9, 8), nn.LSTMCell(8, 8)
            self.last = nn.Linear(8, 3)

        def forward(self, x):
            states, seen = None, []
            for row in (x[:, 0] > 0).long().sum(1).unbind(1):
                states = self.cell(self.table(row), states)
                seen.append(states[0])
            seen = minigrad.stack(seen, 1)
            attend = nn.functional.scaled_dot_product_attention
            return self.last(attend(seen, seen, seen, is_causal=True)[:, -1])

    return Reader()


def entropy(F, scores, t):
    return F.cross_entropy(scores, t)


def weighted(F, scores, t):
    weight = 1.0 + minigrad.arange(3, dtype=minigrad.float32, device=scores.device)
    return F.cross_entropy(scores, t, weight, ignore_index=1, label_smoothing=0.1)


def chances(F, scores, t):
    target = (t.unsqueeze(1) > 0).to(scores.dtype).expand(scores.shape)
    return F.binary_cross_entropy(scores.sigmoid(), target)


def distance(F, scores, t):
    target = t.unsqueeze(1).to(scores.dtype).expand(scores.shape)
    return F.smooth_l1_loss(scores, target) + F.mse_loss(scores, target)


STEPS = {
    "MLP, SGD": (mlp, entropy, "SGD", {}),
    "MLP, SGD with momentum": (mlp, chances, "SGD", {"momentum": 0.9, "lr": 0.01}),
    "MLP, Adam": (mlp, weighted, "Adam", {}),
    "MLP, AdamW, amsgrad": (mlp, distance, "AdamW", {"amsgrad": True}),
    "CNN, Adam": (cnn, entropy, "Adam", {}),
    "CNN, Adagrad": (cnn, distance, "Adagrad", {}),
    "CNN, RMSprop": (cnn, weighted, "RMSprop", {"momentum": 0.5, "centered": True}),
    "reader, Adam": (reader, entropy, "Adam", {}),
}
each_step = pytest.mark.parametrize("name", STEPS)


class Training:
    """A network, its optimizer, and the tensors that a step reads."""

    def __init__(self, name, device, keep_gradients=False):
        make, self.loss, optimizer, settings = STEPS[name]
        minigrad.manual_seed(0)
        self.model = make(minigrad.nn).to(device)
        settings = {"lr": 0.02} | settings
        parameters = self.model.parameters()
        self.optimizer = getattr(minigrad.optim, optimizer)(parameters, **settings)
        self.x = minigrad.tensor(IMAGES[0], device=device)
        self.t = minigrad.tensor(CLASSES[0], device=device)
        self.keep_gradients = keep_gradients

    def step(self):
        loss = self.loss(minigrad.nn.functional, self.model(self.x), self.t)
        self.optimizer.zero_grad(set_to_none=not self.keep_gradients)
        loss.backward()
        minigrad.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss

    def kept(self):
        """All that is carried from step to step."""
        state = [v for kept in self.optimizer.state.values() for v in kept.values()]
        gradients = [p.grad for p in self.model.parameters()] * self.keep_gradients
        return [*self.model.state_dict().values(), *state, *gradients]


# On a pretended GPU.


def tensors(tree):
    return [x for x in tree_leaves(tree) if isinstance(x, torch.Tensor)]


class NoHost(TorchDispatchMode):
    """Refuses whatever reads or makes a tensor on the host."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for x in tensors((args, kwargs, out)):
            if x.device.type != "cuda":
                raise AssertionError(f"{func} on a tensor of shape {x.shape}: the host")
        return out


@pytest.fixture
def pretended(monkeypatch):
    """In it "cuda" is a device whose tensors have shapes and no numbers."""
    world = arrays.load_torch()
    monkeypatch.setitem(arrays.WORLDS, FakeTensor, world)
    storage = torch.Tensor.untyped_storage
    monkeypatch.setattr(
        world, "shares_memory", lambda x, y: storage(x)._cdata == storage(y)._cdata
    )
    with FakeTensorMode():
        yield


@each_step
@pytest.mark.parametrize("keep_gradients", [False, True])
def test_a_step_reads_no_number_and_copies_none(name, keep_gradients, pretended):
    training = Training(name, "cuda", keep_gradients)
    with NoHost():
        for _ in range(3):
            loss = training.step()
    assert str(loss.device) == "cuda:0"
    assert {str(kept.device) for kept in training.kept()} == {"cuda:0"}


READING = {
    "item": lambda x: x.sum().item(),
    "bool": lambda x: bool(x.sum() > 0),
    "mask as an index": lambda x: x[x > 0],
    "masked_select": lambda x: x.masked_select(x > 0),
    "cpu": lambda x: x.cpu(),
    "from the host": lambda x: x.copy_(minigrad.zeros(2)),
    "a draw": lambda x: minigrad.nn.functional.dropout(x),
}


@pytest.mark.parametrize("read", READING)
def test_what_reads_a_number_is_noticed(read, pretended):
    x = minigrad.zeros(2, device="cuda")
    words = r"host|_local_scalar|nonzero|masked_s"
    with NoHost(), pytest.raises(Exception, match=words):
        READING[read](x)


# Recorded and done again.


class Graph:
    """What was asked, on which memory: as torch.cuda.CUDAGraph, on the CPU."""

    def __init__(self):
        self.asked = []

    def replay(self):
        for func, args, kwargs, outputs in self.asked:
            found = func(*args, **kwargs)
            for output, now in zip(tensors(outputs), tensors(found), strict=True):
                if output.data_ptr() != now.data_ptr():  # neither a view nor in place
                    output.copy_(now)


class graph(TorchDispatchMode):
    """Within `with graph(g):`, what is asked is noted in g, and done."""

    def __init__(self, cuda_graph):
        super().__init__()
        self.asked = cuda_graph.asked

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.asked.append((func, args, kwargs or {}, out))
        return out


@pytest.fixture
def recorder(monkeypatch):
    """In it cuda.graph records what is asked of the CPU."""
    world = arrays.load_torch()
    monkeypatch.setattr(world.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(world.cuda, "graph", graph)


@each_step
@pytest.mark.parametrize("keep_gradients", [False, True])
def test_replayed_steps_are_the_steps(name, keep_gradients, recorder):
    eager = Training(name, "torch", keep_gradients)
    captured = Training(name, "torch", keep_gradients)
    for training in (eager, captured):
        training.step()
    places = [kept.array.data_ptr() for kept in captured.kept()]
    g = cuda.CUDAGraph()
    with cuda.graph(g):
        loss = captured.step()
    assert [kept.array.data_ptr() for kept in captured.kept()] == places
    expected = [eager.step().item()]
    found = [loss.item()]
    for images, classes in zip(IMAGES, CLASSES, strict=True):
        for training in (eager, captured):
            training.x.copy_(minigrad.tensor(images))
            training.t.copy_(minigrad.tensor(classes))
        g.replay()
        found.append(loss.item())
        expected.append(eager.step().item())
    assert len(set(expected)) == len(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    for ours, theirs in zip(captured.kept(), eager.kept(), strict=True):
        np.testing.assert_allclose(ours.tolist(), theirs.tolist(), 1e-4, 1e-6)


def test_a_number_of_pythons_stays_as_it_was(recorder):
    weight = minigrad.tensor([1.0], device="torch", requires_grad=True)
    optimizer = minigrad.optim.SGD([weight], lr=0.1)
    weight.grad = minigrad.ones(1, device="torch")
    g = cuda.CUDAGraph()
    with cuda.graph(g):
        optimizer.step()
    optimizer.param_groups[0]["lr"] = 100.0
    g.replay()
    assert weight.item() == pytest.approx(0.8)


# What minigrad.cuda says.


def test_numbers_of_numpys_are_refused_while_a_graph_is_captured(monkeypatch):
    theirs = arrays.load_torch().cuda
    monkeypatch.setattr(theirs, "is_initialized", lambda: True)
    monkeypatch.setattr(theirs, "is_current_stream_capturing", lambda: True)
    for make in (minigrad.rand, lambda n, device: minigrad.tensor([n], device=device)):
        with pytest.raises(RuntimeError, match="cannot be part of a CUDA graph"):
            make(2, device="cuda")
        make(2, device="torch")


def outcome(ask):
    try:
        return ask()
    except Exception as error:
        return type(error)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("name", ["device_count", "is_available", "current_device"])
def test_without_a_gpu_the_answers_are_torchs(name):
    assert outcome(getattr(cuda, name)) == outcome(getattr(torch.cuda, name))
    for name in ("get_device_name", "synchronize", "memory_allocated"):
        for device in (None, "cuda:0", 0):
            theirs = outcome(lambda: getattr(torch.cuda, name)(device))  # noqa: B023
            assert outcome(lambda: getattr(cuda, name)(device)) == theirs  # noqa: B023


QUESTIONS = [
    *("get_device_name", "synchronize", "current_stream", "memory_allocated"),
    *("max_memory_allocated", "reset_peak_memory_stats", "set_device"),
]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_device_of_minigrads_is_passed_on_as_torchs(name, monkeypatch):
    asked = []
    monkeypatch.setattr(arrays.load_torch().cuda, name, asked.append)
    for device in (minigrad.device("cuda:1"), 1, "cuda:1"):
        getattr(cuda, name)(device)
    assert asked == ["cuda:1", 1, "cuda:1"]
    torch.device("cuda:1")  # which torch reads


def test_classes_are_torchs_own():
    for name in cuda.CLASSES:
        assert getattr(cuda, name) is getattr(torch.cuda, name)
    with pytest.raises(AttributeError, match="has no attribute 'Graph'"):
        cuda.Graph  # noqa: B018
    assert isinstance(cuda.stream(None), torch.cuda.StreamContext)
    cuda.empty_cache()


def test_a_seed_for_the_gpu_counts_where_there_is_one(monkeypatch):
    def draws(seed):
        minigrad.manual_seed(0)
        cuda.manual_seed_all(seed)
        return minigrad.rand(3).tolist()

    if not torch.cuda.is_available():
        assert draws(1) == draws(2)
    monkeypatch.setattr(arrays.load_torch().cuda, "is_available", lambda: True)
    assert draws(1) != draws(2)
    assert draws(1) == draws(1)


def test_a_device_may_be_a_number():
    assert minigrad.device(1) == minigrad.device("cuda:1")
    assert str(torch.device("cuda", 1)) == str(minigrad.device(1))


def test_to_a_gpu_and_back(pretended):
    x = minigrad.zeros(2, device="torch")
    assert not x.is_cuda
    assert x.cuda().is_cuda
    assert str(x.cuda(0).device) == "cuda:0"
    assert str(x.to(0, non_blocking=True).device) == "cuda:0"
    model = minigrad.nn.Linear(2, 2).to("torch").cuda()
    assert model.weight.is_cuda
    assert model(x.cuda()).is_cuda
