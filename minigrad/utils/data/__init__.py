"""Datasets, and the loader that hands them out in batches: torch.utils.data's names.

The single idea: a dataset is anything with `len` and indexing; the loader draws an
order of indices, cuts it into batches, and stacks what the dataset returns for each.
Chapter: data: datasets, loaders, transforms.
"""

from .collate import default_collate, default_convert
from .dataloader import DataLoader
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .info import get_worker_info
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
