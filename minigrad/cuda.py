"""What programs ask about NVIDIA GPUs, under torch's names. Chapter: on the GPU."""

from .arrays import load_torch


def is_available():
    """Whether tensors can be put on "cuda"; False where torch is not installed."""
    try:
        return load_torch().cuda_is_available()
    except ModuleNotFoundError:
        return False
