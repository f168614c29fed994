"""The methods of Tensor under their bare names: `exp(x)` is `x.exp()`."""

from .tensor import Tensor

abs = Tensor.abs
add = Tensor.add
all = Tensor.all
amax = Tensor.amax
any = Tensor.any
argmax = Tensor.argmax
cos = Tensor.cos
div = Tensor.div
exp = Tensor.exp
flatten = Tensor.flatten
gather = Tensor.gather
isnan = Tensor.isnan
log = Tensor.log
log_softmax = Tensor.log_softmax
matmul = Tensor.matmul
max = Tensor.max
maximum = Tensor.maximum
mean = Tensor.mean
minimum = Tensor.minimum
mul = Tensor.mul
neg = Tensor.neg
permute = Tensor.permute
pow = Tensor.pow
relu = Tensor.relu
reshape = Tensor.reshape
sigmoid = Tensor.sigmoid
sign = Tensor.sign
sin = Tensor.sin
softmax = Tensor.softmax
sqrt = Tensor.sqrt
square = Tensor.square
squeeze = Tensor.squeeze
sub = Tensor.sub
sum = Tensor.sum
tanh = Tensor.tanh
transpose = Tensor.transpose
unsqueeze = Tensor.unsqueeze
