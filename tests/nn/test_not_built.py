"""Settings of torch's layers that minigrad has not built are refused by name."""

import pytest

import minigrad

UNBUILT = [
    (
        lambda nn: nn.Conv2d(2, 2, 3, padding_mode="reflect"),
        "Conv2d with padding_mode='reflect': only 'zeros' is built",
    ),
    (lambda nn: nn.Embedding(3, 2, max_norm=1.0), "Embedding with max_norm=1.0: it is"),
    (lambda nn: nn.Embedding(3, 2, sparse=True), "Embedding with sparse=True: it is"),
    (
        lambda nn: nn.Embedding(3, 2, None, None, 2.0, True),
        "Embedding with scale_grad_by_freq=True: it is not built",
    ),
    (lambda nn: nn.MaxPool2d(2, dilation=2), "MaxPool2d with dilation=2: only 1 is"),
    (
        lambda nn: nn.MaxPool1d(2, return_indices=True),
        "MaxPool1d with return_indices=True: it is not built",
    ),
    (
        lambda nn: nn.functional.max_pool1d(minigrad.zeros(1, 1, 4), 2, dilation=2),
        "max_pool1d with dilation=2: only 1 is",
    ),
]


@pytest.mark.parametrize("act, words", UNBUILT, ids=[words for _, words in UNBUILT])
def test_setting_that_is_not_built_is_refused(act, words):
    with pytest.raises(NotImplementedError) as error:
        act(minigrad.nn)
    assert words in str(error.value)
