"""Schedulers, with torch's names: plans for the learning rate.

The single idea: a plan is a curve over time; the base class follows it by multiplying,
so that several plans may act on one optimizer. Chapter: learning-rate schedules and
tuning.
"""

from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .curve import ExponentialLR, LambdaLR, LinearLR, PolynomialLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler
from .sequential import SequentialLR
from .stairs import ConstantLR, MultiStepLR, StepLR

_LRScheduler = LRScheduler  # as older articles import it

__all__ = ["ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts"]
__all__ += ["ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR"]
__all__ += ["OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "SequentialLR", "StepLR"]
