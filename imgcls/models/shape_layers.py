"""Layers that know their shapes and parameter counts but compute nothing: Keras's layers as a page needs them.

Each class carries the name and the arguments of its counterpart in `keras.layers`, as far as the families use them; a
test builds every family with both and compares every row. Shapes are without the batch.
"""

from dataclasses import dataclass
from math import ceil, prod

from imgcls.errors import SettingError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """One layer: its name and kind, the shape it hands on, its parameter count and a few words."""

    name: str
    kind: str
    shape: Shape
    parameters: int
    detail: str


@dataclass(frozen=True)
class Tensor:
    """What flows between layers: a shape, and the rows of all layers passed so far."""

    shape: Shape
    rows: tuple[Row, ...]


def Input(shape: Shape) -> Tensor:
    """The pictures: (height, width, channels)."""
    return Tensor(tuple(shape), (Row("pictures", "Input", tuple(shape), 0, "uint8"),))


class Layer:
    """A layer that keeps the shape and has no parameters; the others override what differs."""

    def __init__(self, *, name: str, **ignored):
        self.name = name

    def __call__(self, inputs: Tensor) -> Tensor:
        shape = self.output_shape(inputs.shape)
        if min(shape) < 1:
            raise SettingError(
                f"The layer '{self.name}' would shrink {' x '.join(map(str, inputs.shape))} to nothing. "
                "Use fewer blocks, or larger pictures."
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
        return (*(_slid(side, self.kernel, self.strides, self.padding) for side in shape[:2]), self.filters)

    def parameters(self, shape):
        return self.kernel**2 * shape[2] * self.filters + (self.filters if self.use_bias else 0)

    def detail(self):
        words = [f"{self.filters} filters {self.kernel}x{self.kernel}"]
        if self.strides > 1:
            words.append(f"stride {self.strides}")
        return ", ".join([*words, *([self.activation] if self.activation else [])])


class MaxPooling2D(Layer):
    def __init__(self, pool_size=2, strides=None, padding="valid", *, name):
        super().__init__(name=name)
        self.pool, self.strides, self.padding = pool_size, strides or pool_size, padding

    def output_shape(self, shape):
        return (*(_slid(side, self.pool, self.strides, self.padding) for side in shape[:2]), shape[2])

    def detail(self):
        return f"{self.pool}x{self.pool}"


class Functional(Layer):
    """A whole trained network as one block: `block` is an `imgcls.models.backbones.Block`."""

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
        return f"{self.rate:.0%} of the values"


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
    """Takes a list of tensors of one shape; the rows of the branches follow each other."""

    def __call__(self, inputs: list[Tensor]) -> Tensor:
        rows = dict.fromkeys(row for tensor in inputs for row in tensor.rows)
        return super().__call__(Tensor(inputs[0].shape, tuple(rows)))


def _slid(side: int, window: int, stride: int, padding: str) -> int:
    """How many places a window has along a side."""
    return ceil(side / stride) if padding == "same" else (side - window) // stride + 1
