"""Makes special.float32.safetensors and special.float64.safetensors, with PyTorch 2.13: operators on denormals, infinities, NaN, 1e30.

    python make_special.py

A tensor's name is CASE/KEY, with the keys of a file of parity cases: "in.NAME" an input, "out" the result, "gout" the gradient that is
fed into backward, "grad.NAME" the gradient of an input, "after.NAME" a buffer that was updated. The metadata names the operator and the
options of each case, and how much an element may differ besides its relative error: nothing where each element is computed by itself, but for PyTorch's
sigmoid, which is 0 where it is denormal, and for a slope of tanh that rounding leaves at its end.
"""
import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

INF, NAN = float("inf"), float("nan")
# 1e-40 is denormal in float32; e^89 overflows, e^-100 is denormal; the squares of 1e30 and 1e-30 overflow and underflow.
NUMBERS = [0.0, -0.0, 1e-40, -1e-40, 1e-30, -1.5, 2.0, 89.0, -100.0, 1e30, -1e30, INF, -INF, NAN]


def special(*shape, at):
    """Ordinary numbers, but for those given with their flat index."""
    x = torch.linspace(-1.7, 2.3, torch.Size(shape).numel(), dtype=torch.float64)
    for index, value in at.items():
        x[index] = value
    return x.reshape(shape)


def cases():
    x = torch.tensor(NUMBERS, dtype=torch.float64)
    for name, f in dict(relu=F.relu, sigmoid=torch.sigmoid, tanh=torch.tanh, exp=torch.exp, log=torch.log, abs=torch.abs,
                        square=torch.square, sqrt=torch.sqrt).items():
        yield name, name, {}, lambda t, f=f: f(t["input"]), {"input": x}
    for name in ["add", "sub", "mul", "div"]:
        yield name, name, {}, lambda t, f=getattr(torch, name): f(t["a"], t["b"]), {"a": x[:, None], "b": x}

    rows = torch.tensor([[1e30, 1e30, -1e30], [1e-40, 1e-40, 1e-40], [INF, 1, 2], [-INF, 1, 2], [INF, -INF, 1], [NAN, 1, INF],
                         [-INF, -INF, -INF], [1e30, 1, -1e30], [1e38, 0, 3e37]], dtype=torch.float64)
    for name in ["sum", "mean"]:
        for dim in [0, 1]:
            a = dict(dim=[dim], keepdim=False)
            yield f"{name}_{dim}", name, a, lambda t, a=a, f=getattr(torch, name): f(t["input"], **a), {"input": rows}
    yield "log_softmax", "log_softmax", dict(dim=1), lambda t: F.log_softmax(t["input"], dim=1), {"input": rows}
    for i, row in enumerate(rows):
        for label in [0, 1]:
            for smoothing in [0.0, 0.1]:
                a = dict(label_smoothing=smoothing)
                yield (f"cross_entropy_{i}_{label}_{smoothing}", "cross_entropy", a,
                       lambda t, a=a: F.cross_entropy(t["input"], t["target"], **a),
                       {"input": row[None], "target": torch.tensor([label])})

    marked = {3: NAN, 12: INF, 20: -INF, 30: 1e30, 37: 1e-40}
    images = special(1, 2, 5, 6, at=marked)
    low = torch.full((1, 1, 4, 4), -INF, dtype=torch.float64)
    a = dict(kernel_size=2, stride=2, padding=1)
    for name, y in dict(special=images, low=low).items():
        yield f"max_pool2d_{name}", "max_pool2d", a, lambda t: F.max_pool2d(t["input"], **a), {"input": y}
        yield f"avg_pool2d_{name}", "avg_pool2d", a, lambda t: F.avg_pool2d(t["input"], **a), {"input": y}
        for kind, f in dict(avg=F.adaptive_avg_pool2d, max=F.adaptive_max_pool2d).items():
            yield (f"adaptive_{kind}_pool2d_{name}", f"adaptive_{kind}_pool2d", dict(output_size=2),
                   lambda t, f=f: f(t["input"], 2), {"input": y})

    values = dict(nan=NAN, infinity=INF, large=1e30, denormal=1e-40)
    for name, value in values.items():
        y = special(2, 3, 4, 5, at={17: value, 55: value})
        for training in [True, False]:
            b = dict(training=training, momentum=0.1, eps=1e-5)
            statistics = {"running_mean": special(3, at={}), "running_var": special(3, at={}).abs()}
            yield (f"batch_norm_{name}_{'train' if training else 'eval'}", "batch_norm", b,
                   lambda t, b=b: F.batch_norm(t["input"], t["running_mean"], t["running_var"], t["weight"], t["bias"], **b),
                   {"input": y, "weight": special(3, at={}), "bias": special(3, at={}), **statistics})
        c = dict(stride=1, padding=1)
        yield (f"conv2d_{name}", "conv2d", c, lambda t: F.conv2d(t["input"], t["weight"], **c),
               {"input": special(1, 1, 7, 7, at={9: value, 30: value}), "weight": special(16, 1, 3, 3, at={})})
        yield (f"matmul_{name}", "matmul", {}, lambda t: t["a"] @ t["b"],
               {"a": special(5, 7, at={8: value, 23: value}), "b": special(7, 4, at={2: value})})


ABSOLUTE = dict.fromkeys(["relu", "exp", "log", "abs", "square", "sqrt", "add", "sub", "mul", "div", "max_pool2d",
                          "adaptive_max_pool2d"], 0) | {"sigmoid": 1e-42, "tanh": 2e-7}


def floating(inputs):
    return [k for k, v in inputs.items() if v.is_floating_point() and not k.startswith("running")]


for kind in [torch.float32, torch.float64]:
    tensors, metadata = {}, {}
    for name, op, attrs, f, inputs in cases():
        x = {k: v.to(kind).clone() if v.is_floating_point() else v for k, v in inputs.items()}
        grads = [x[k].requires_grad_(True) for k in floating(x)]
        y = f(x)
        gout = torch.linspace(0.5, 1.5, y.numel(), dtype=kind).reshape(y.shape)
        tensors |= {f"{name}/in.{k}": v.to(kind) if v.is_floating_point() else v for k, v in inputs.items()}
        tensors |= {f"{name}/out": y, f"{name}/gout": gout}
        tensors |= {f"{name}/grad.{k}": g for k, g in zip(floating(x), torch.autograd.grad(y, grads, gout))}
        tensors |= {f"{name}/after.{k}": v for k, v in x.items() if k.startswith("running")}
        metadata[name] = json.dumps(dict(op=op, attrs=attrs, absolute=ABSOLUTE.get(op, 1e-4)))
    tensors = {k: v.detach().clone().contiguous() for k, v in tensors.items()}
    file = f"special.{str(kind).removeprefix('torch.')}.safetensors"
    save_file(tensors, path := pathlib.Path(__file__).with_name(file), metadata)
    path.chmod(0o644)
