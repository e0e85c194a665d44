"""Stand-ins for Keras layers that only compute output shapes and parameter counts, so that pages need no TensorFlow.

Each class has the name and the arguments of its counterpart in `keras.layers`, as far as the model families use them. A
test builds every family with both and compares every row. Shapes exclude the batch dimension.
"""

from dataclasses import dataclass
from math import ceil, prod
from typing import Any

from imgcls.errors import SettingError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """One layer: its name and class, output shape, parameter count, and a short description of its settings."""

    name: str
    kind: str
    shape: Shape
    parameters: int
    detail: str


@dataclass(frozen=True)
class Tensor:
    """A symbolic tensor: its shape, and the rows of all layers that lead to it."""

    shape: Shape
    rows: tuple[Row, ...]


def Input(shape: Shape) -> Tensor:
    """The input layer for images of this shape: height, width, channels."""
    return Tensor(tuple(shape), (Row("images", "Input", tuple(shape), 0, "uint8"),))


class Layer:
    """A layer without parameters whose output has the shape of its input. Subclasses override what differs."""

    def __init__(self, *, name: str, **ignored):
        self.name = name

    def __call__(self, inputs: Any) -> Tensor:
        shape = self.output_shape(inputs.shape)
        if min(shape) < 1:
            raise SettingError(
                f"The layer '{self.name}' would reduce {'×'.join(map(str, inputs.shape))} values to none. "
                "Use fewer blocks or larger images."
            )
        row = Row(self.name, type(self).__name__, shape, self.parameters(inputs.shape), self.detail())
        return Tensor(shape, (*inputs.rows, row))

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> int:
        return 0

    def detail(self) -> str:
        return ""


class Rescaling(Layer):
    def __init__(self, scale: float, offset: float = 0.0, *, name: str, **ignored):
        super().__init__(name=name)


class Conv2D(Layer):
    def __init__(
        self, filters, kernel_size, strides=1, padding="valid", activation=None, use_bias=True, *, name, **ignored
    ):
        super().__init__(name=name)
        self.filters, self.kernel, self.strides = int(filters), kernel_size, strides
        self.padding, self.activation, self.use_bias = padding, activation, use_bias

    def output_shape(self, shape):
        return (*(_positions(side, self.kernel, self.strides, self.padding) for side in shape[:2]), self.filters)

    def parameters(self, shape):
        return self.kernel**2 * shape[2] * self.filters + (self.filters if self.use_bias else 0)

    def detail(self):
        parts = [f"{self.filters} filters {self.kernel}×{self.kernel}"]
        if self.strides > 1:
            parts.append(f"stride {self.strides}")
        return ", ".join([*parts, *([self.activation] if self.activation else [])])


class MaxPooling2D(Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", *, name):
        super().__init__(name=name)
        self.pool, self.strides, self.padding = pool_size, strides or pool_size, padding

    def output_shape(self, shape):
        return (*(_positions(side, self.pool, self.strides, self.padding) for side in shape[:2]), shape[2])

    def detail(self):
        return f"{self.pool}×{self.pool}"


class Functional(Layer):
    """A whole pretrained network as one layer. `block` is an `imgcls.models.backbones.Block`."""

    def __init__(self, block, *, name):
        super().__init__(name=name)
        self.block = block

    def output_shape(self, shape):
        return (self.block.features,)

    def parameters(self, shape):
        return self.block.parameters

    def detail(self):
        return self.block.detail


class GlobalAveragePooling2D(Layer):
    def output_shape(self, shape):
        return (shape[2],)


class GlobalMaxPooling2D(GlobalAveragePooling2D):
    pass


class Flatten(Layer):
    def output_shape(self, shape):
        return (prod(shape),)


class Dense(Layer):
    def __init__(self, units, activation=None, use_bias=True, *, name, **ignored):
        super().__init__(name=name)
        self.units, self.activation, self.use_bias = int(units), activation, use_bias

    def output_shape(self, shape):
        return (*shape[:-1], self.units)

    def parameters(self, shape):
        return shape[-1] * self.units + (self.units if self.use_bias else 0)

    def detail(self):
        return ", ".join([f"{self.units} units", *([self.activation] if self.activation else [])])


class Dropout(Layer):
    def __init__(self, rate, *, name, **ignored):
        super().__init__(name=name)
        self.rate = rate

    def detail(self):
        return f"{100 * self.rate:g}% of the activations"


class BatchNormalization(Layer):
    def __init__(self, *, center=True, scale=True, name, **ignored):
        super().__init__(name=name)
        self.each = 2 + center + scale

    def parameters(self, shape):
        return self.each * shape[-1]


class Activation(Layer):
    def __init__(self, activation, *, name):
        super().__init__(name=name)
        self.activation = activation

    def detail(self):
        return self.activation


class Softmax(Layer):
    pass


class Add(Layer):
    """Takes a list of tensors of the same shape. The rows of the branches follow one another."""

    def __call__(self, inputs: Any) -> Tensor:
        rows = dict.fromkeys(row for tensor in inputs for row in tensor.rows)
        return super().__call__(Tensor(inputs[0].shape, tuple(rows)))


def _positions(side: int, window: int, stride: int, padding: str) -> int:
    """Number of positions of a sliding window along one side."""
    return ceil(side / stride) if padding == "same" else (side - window) // stride + 1
