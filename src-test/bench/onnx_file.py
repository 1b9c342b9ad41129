"""Writes an ImageNet ResNet as an ONNX file: the few messages of the format that one takes, without the onnx package.

Field numbers are those of onnx.proto3. Batch norms are written as such; ONNX Runtime folds them into the convolutions.
"""

import struct

from resnet import Bottleneck, stages

FLOAT, INT_ATTRIBUTE, FLOAT_ATTRIBUTE, INTS_ATTRIBUTE = 1, 2, 1, 7


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    """A field of a message: a whole number, or bytes, or text."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def attribute(name, value):
    if isinstance(value, float):
        return field(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + field(20, FLOAT_ATTRIBUTE)
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, INT_ATTRIBUTE)
    return field(1, name) + b"".join(field(8, v) for v in value) + field(20, INTS_ATTRIBUTE)


def value_info(name, dims):
    shape = b"".join(field(1, field(2, d) if isinstance(d, str) else field(1, d)) for d in dims)
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, shape)))


class Graph:
    def __init__(self):
        self.nodes, self.tensors, self.count = [], [], 0

    def node(self, kind, inputs, **attributes):
        self.count += 1
        output = f"{kind}_{self.count}"
        self.nodes.append(b"".join(field(1, i) for i in inputs) + field(2, output) + field(4, kind)
                          + b"".join(field(5, attribute(k, v)) for k, v in attributes.items()))
        return output

    def tensor(self, name, value):
        data = value.detach().contiguous().numpy().astype("<f4").tobytes()
        self.tensors.append(b"".join(field(1, d) for d in value.shape) + field(2, FLOAT) + field(8, name) + field(9, data))
        return name

    def conv(self, x, name, module):
        pad = module.padding[0]
        return self.node("Conv", [x, self.tensor(name + ".weight", module.weight)], kernel_shape=list(module.kernel_size),
                         strides=list(module.stride), pads=[pad] * 4, group=module.groups)

    def norm(self, x, name, module):
        tensors = {"weight": module.weight, "bias": module.bias, "mean": module.running_mean, "var": module.running_var}
        names = [self.tensor(f"{name}.{k}", v) for k, v in tensors.items()]
        return self.node("BatchNormalization", [x, *names], epsilon=module.eps)

    def block(self, x, name, module):
        y = x
        last = 3 if isinstance(module, Bottleneck) else 2
        for i in range(1, last + 1):
            y = self.conv(y, f"{name}.conv{i}", getattr(module, f"conv{i}"))
            y = self.norm(y, f"{name}.bn{i}", getattr(module, f"bn{i}"))
            y = self.node("Relu", [y]) if i < last else y
        if len(list(module.downsample.children())) > 0:
            x = self.norm(self.conv(x, name + ".downsample.0", module.downsample[0]), name + ".downsample.1", module.downsample[1])
        return self.node("Relu", [self.node("Add", [y, x])])


def write(net, path):
    graph = Graph()
    x = graph.norm(graph.conv("images", "conv1", net.conv1), "bn1", net.bn1)
    x = graph.node("MaxPool", [graph.node("Relu", [x])], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for i, stage in enumerate(stages(net), 1):
        for j, block in enumerate(stage):
            x = graph.block(x, f"layer{i}.{j}", block)
    x = graph.node("Flatten", [graph.node("GlobalAveragePool", [x])])
    scores = graph.node("Gemm", [x, graph.tensor("fc.weight", net.fc.weight), graph.tensor("fc.bias", net.fc.bias)], transB=1)

    message = (b"".join(field(1, n) for n in graph.nodes) + field(2, "resnet") + b"".join(field(5, t) for t in graph.tensors)
               + field(11, value_info("images", ["N", 3, "H", "W"])) + field(12, value_info(scores, ["N", net.fc.out_features])))
    with open(path, "wb") as f:
        f.write(field(1, 8) + field(2, "thaw") + field(7, message) + field(8, field(2, 15)))
