"""Worker processes: the same batches, their own random numbers, and no silent end."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from chapters import ROOT
from loader_cases import (
    Draws,
    Faulty,
    Large,
    OwnArguments,
    Rows,
    Stream,
    Unpicklable,
    as_it_is,
    fail,
    plain,
    set_length,
)
from torch.utils.data._utils.worker import _generate_state

import minigrad
from minigrad.utils import data as ours
from minigrad.utils.data import pool

METHODS = [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()]
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
each_method = pytest.mark.parametrize("method", METHODS)


def loader(dataset, *args, num_workers=2, method=METHODS[0], timeout=60, **settings):
    return ours.DataLoader(
        dataset,
        *args,
        num_workers=num_workers,
        multiprocessing_context=method,
        timeout=timeout,  # a worker that hangs fails the test
        **settings,
    )


@pytest.fixture(autouse=True)
def no_process_is_left():
    yield
    if multiprocessing.active_children():  # a loader in a reference cycle ends theirs
        gc.collect()
    assert multiprocessing.active_children() == []


# Batches.

SETTINGS = {
    "batches": {"batch_size": 3},
    "drop_last": {"batch_size": 3, "drop_last": True},
    "samples": {"batch_size": None},
    "own order": {"batch_size": 2, "sampler": [9, 1, 1, 0, 15]},
    "own batches": {"batch_sampler": [[1], [5, 3, 2], []], "collate_fn": as_it_is},
    "far ahead": {"batch_size": 1, "prefetch_factor": 7},
}


@pytest.mark.parametrize(
    "name, method", [*((n, METHODS[0]) for n in SETTINGS), ("batches", METHODS[-1])]
)
def test_batches_and_their_order_are_those_without_workers(name, method):
    settings = dict(SETTINGS[name])
    ahead = settings.pop("prefetch_factor", None)
    expected = [plain(batch) for batch in ours.DataLoader(Rows(), **settings)]
    found = loader(Rows(), method=method, prefetch_factor=ahead, **settings)
    assert [plain(batch) for batch in found] == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("num_workers", [1, 2, 3])
def test_shuffled_order_is_the_same_with_workers(num_workers):
    found = []
    for n in (0, num_workers):
        generator = minigrad.Generator().manual_seed(4)
        settings = {"shuffle": True, "generator": generator, "num_workers": n}
        made = ours.DataLoader(Rows(), 3, **settings)
        found.append([[plain(batch) for batch in made] for _ in range(2)])
    assert found[0] == found[1]
    assert found[0][0] != found[0][1]


@pytest.mark.parametrize("kind", ["TensorDataset", "torch device", "Subset"])
def test_tensors_travel(kind):
    device = "torch" if kind == "torch device" else "cpu"
    dataset = ours.TensorDataset(minigrad.arange(12, device=device).reshape(6, 2))
    if kind == "Subset":
        dataset = ours.Subset(dataset, [5, 0, 2])
    expected = list(ours.DataLoader(dataset, 2))
    for (got,), (right,) in zip(loader(dataset, 2), expected, strict=True):
        assert plain(got) == plain(right) and got.device == right.device
        got += 1  # one's own memory, not read-only


def test_large_batches_and_long_orders_do_not_block_each_other():
    batches = [list(range(20)) * 20_000] * 6  # as indices far more than a pipe holds
    found = list(loader(AtOnceLarge(), batch_sampler=batches, collate_fn=as_it_is))
    assert [len(batch) for batch in found] == [3_000_000] * 6


class AtOnceLarge(Rows):
    def __getitems__(self, indices):
        return bytes(3_000_000)


# Streams.


def test_stream_comes_once_from_each_worker_in_turn():
    found = [b.tolist() for b in loader(Stream(3, 8), 2)]
    assert found == [[0, 1], [100, 101], [2], [102, 103], [104, 105], [106, 107]]


STREAMS = {
    "drop_last": ((3, 5), {"batch_size": 2, "drop_last": True}, [[0, 1], [100, 101]]),
    "samples": ((1, 3), {"batch_size": None}, [0, 100, 101, 102]),
    "first empty": ((0, 3), {"batch_size": 2}, [[100, 101], [102]]),
    "all empty": ((0, 0), {"batch_size": 2}, []),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streams_of_workers(name):
    lengths, settings, expected = STREAMS[name]
    if name == "drop_last":
        expected = [*expected, [102, 103]]
    found = loader(Stream(*lengths), collate_fn=as_it_is, **settings)
    assert list(found) == expected


@each_method
def test_worker_init_fn_can_share_out_a_stream(method):
    found = loader(Stream(9, 9), 9, worker_init_fn=set_length, method=method)
    assert [batch.tolist() for batch in found] == [[0, 1, 2], [100, 101, 102, 103, 104]]


# Random numbers.


def draws(method=METHODS[0], epochs=2, **settings):
    made = loader(Draws(8), None, method=method, **settings)
    return [list(made) for _ in range(epochs)]


@each_method
def test_random_numbers_differ_by_worker_and_epoch_and_repeat(method):
    minigrad.manual_seed(3)
    epochs = draws(method)
    drawn = np.array([sample[4] for epoch in epochs for sample in epoch])
    for source in drawn.T:
        assert len(set(source)) == len(source)
    assert drawn.shape[1] == (4 if method == "fork" else 3)  # torch, where it is loaded
    minigrad.manual_seed(3)
    assert draws(method) == epochs


def test_seeds_follow_the_generator_of_the_loader():
    found = []
    for seed in (7, 7, 8):
        generator = minigrad.Generator().manual_seed(seed)
        minigrad.rand(1)
        found.append(draws(generator=generator))
    assert found[0] == found[1] != found[2]


def test_worker_knows_who_it_is():
    (epoch,) = draws(epochs=1)
    assert [sample[0] for sample in epoch] == [0, 1] * 4
    assert {sample[1] for sample in epoch} == {2}
    assert {sample[3] for sample in epoch} == {"Draws"}
    assert epoch[1][2] == epoch[0][2] + 1
    assert ours.get_worker_info() is None


def test_numpy_is_seeded_as_torch_seeds_it():
    (epoch,) = draws(epochs=1)
    for worker, _, seed, _, drawn in epoch[:2]:
        np.random.seed(_generate_state(seed - worker, worker))
        assert np.random.rand() == drawn[1]
        torch.manual_seed(seed)
        assert torch.rand(1).item() == drawn[3]


# Persistent workers.


def test_persistent_workers_stay():
    made = loader(Rows(), 3, persistent_workers=True)
    expected = [plain(batch) for batch in ours.DataLoader(Rows(), 3)]
    pids = []
    for _ in range(3):
        assert [plain(batch) for batch in made] == expected
        pids.append({child.pid for child in multiprocessing.active_children()})
        next(iter(made))  # an epoch that is left at once
    assert len(pids[0]) == 2 and pids[0] == pids[1] == pids[2]
    pairs = [(plain(a), plain(b)) for a, b in zip(made, made, strict=True)]
    assert pairs == [(batch, batch) for batch in expected]


def test_persistent_workers_begin_a_stream_anew():
    made = loader(Stream(2, 3), 2, persistent_workers=True)
    epochs = [[b.tolist() for b in made] for _ in range(2)]
    assert epochs == [[[0, 1], [100, 101], [102]]] * 2


def test_persistent_workers_draw_on():
    first, second = draws(persistent_workers=True)
    assert first != second


# Failures.


FAILURES = [(w, METHODS[0]) for w in ("KeyError", "ZeroDivisionError", "own arguments")]


@pytest.mark.parametrize("what, method", [*FAILURES, ("KeyError", METHODS[-1])])
def test_exception_of_a_worker_arrives_with_its_traceback(what, method):
    iteration = iter(loader(Faulty(what), 2, method=method))
    assert [next(iteration).tolist() for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(Exception) as caught:
        next(iteration)
    kind = {"KeyError": KeyError, "ZeroDivisionError": ZeroDivisionError}
    assert caught.type is kind.get(what, RuntimeError)
    text = str(caught.value)
    name = {"own arguments": OwnArguments.__name__}.get(what, what)
    assert text.startswith(f"Caught {name} in DataLoader worker process 1.\nOriginal T")
    assert "in __getitem__\n" in text and "\n  File" in text
    assert [b.tolist() for b in iteration] == [[8, 9], [10, 11]]  # it goes on


def test_exception_whose_class_cannot_be_sent_arrives():
    with pytest.raises(RuntimeError, match="Caught Local in DataLoader"):
        list(loader(Faulty("local class")))


def test_exception_of_worker_init_fn_arrives():
    with pytest.raises(ValueError, match="no worker 0"):
        list(loader(Rows(), worker_init_fn=fail))


def test_batch_that_cannot_be_sent_is_said_to_be_so():
    with pytest.raises(Exception, match=r"[Cc]an't (get local|pickle)"):
        list(loader(Unpicklable(), collate_fn=as_it_is))


def test_what_cannot_be_given_to_a_process_leaves_none():
    with pytest.raises(Exception, match=r"[Cc]an't (get local|pickle)") as caught:
        list(loader(Rows(), method="spawn", collate_fn=lambda batch: batch))
    assert multiprocessing.active_children() == []  # while the traceback is held
    assert caught.tb is not None


@POSIX
@each_method
def test_killed_worker_is_noticed(method):
    iteration = iter(loader(Faulty("kill"), 2, method=method))
    for _ in range(3):
        next(iteration)
    pid = iteration._due[0].process.pid
    words = rf"DataLoader worker \(pid {pid}\) is killed by signal: Killed"
    for _ in range(2):  # and asking again does not hang
        with pytest.raises(RuntimeError, match=words):
            next(iteration)


def test_worker_that_ends_is_noticed():
    with pytest.raises(RuntimeError, match="exited unexpectedly with exit code 3"):
        list(loader(Faulty("exit"), 2))


@POSIX
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("persistent", [False, True])
def test_worker_killed_at_any_moment_is_noticed(delay, persistent):
    """Also in the middle of sending a batch, of which a pipe holds only the start."""
    made = loader(Large(40), 1, persistent_workers=persistent)
    iteration = iter(made)
    time.sleep(delay)
    victim = iteration._pool.workers[1].process
    victim.kill()
    with pytest.raises(RuntimeError, match=rf"\(pid {victim.pid}\) is killed"):
        list(iteration)
    del iteration
    assert len(list(made)) == 40  # a new epoch has new workers


def test_slow_worker_is_waited_for_as_long_as_asked(monkeypatch):
    monkeypatch.setattr(pool, "PATIENCE", 0.2)
    iteration = iter(loader(Faulty("sleep"), 2, timeout=0.5))
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.5 seconds"):
        list(iteration)


def test_iteration_that_is_left_ends_its_workers():
    for batch in loader(Large(40), 1):
        assert batch.shape == (1, 1_000_000)
        break
    assert multiprocessing.active_children() == []


# The end of the program itself.

PROGRAM = """
import os, signal, sys, time
from loader_cases import Large
from minigrad.utils.data import DataLoader

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # off behind a shell's &
    loader = DataLoader(Large(100_000), 1, num_workers=2, persistent_workers=KEPT)
    iteration = iter(loader)
    next(iteration)
    print(*(worker.process.pid for worker in iteration._pool.workers), flush=True)
    END
"""


def program(tmp_path, end, kept=False):
    """The process of a program that uses workers, and the ids of those."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.replace("END", end).replace("KEPT", str(kept)))
    places = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", path],
        env={**os.environ, "PYTHONPATH": places},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return process, [int(pid) for pid in process.stdout.readline().split()]


def ended(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as file:  # or nobody has asked yet how it ended
        return file.read().rpartition(")")[2].split()[0] == "Z"


def all_end(pids):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if all(map(ended, pids)):
            return True
        time.sleep(0.05)
    return False


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@LINUX
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("end", ["pass", "sys.exit(0)", "del loader", "del iteration"])
def test_program_that_ends_leaves_nothing(tmp_path, end, kept):
    process, pids = program(tmp_path, end, kept)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0
    assert len(pids) == 2 and all_end(pids)


@LINUX
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_program_that_is_ended_leaves_nothing(tmp_path, sign):
    process, pids = program(tmp_path, "time.sleep(60)")
    if sign == signal.SIGINT:  # Ctrl-C reaches all processes of the terminal
        os.killpg(process.pid, sign)
    else:
        process.send_signal(sign)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == -sign
    assert len(pids) == 2 and all_end(pids)
    assert errors.count("Traceback") == (sign == signal.SIGINT), errors


@LINUX
def test_program_that_is_interrupted_while_it_waits_leaves_nothing(tmp_path):
    process, pids = program(tmp_path, "[None for _ in iteration]")
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert len(pids) == 2 and all_end(pids)
