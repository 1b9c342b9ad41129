"""Networks whose weights are numbers by formula, those of thaw.parity.Filled, so that no weights are stored."""
import math

import numpy as np
import torch


def fill(name, *shape):
    h = 0xcbf29ce484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001b3) & 0xffffffffffffffff
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.arange(math.prod(shape), dtype=np.uint64) + np.uint64(0x9e3779b97f4a7c15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        z = z ^ (z >> np.uint64(31))
    return torch.from_numpy(((z >> np.uint64(40)).astype(np.float64) / 2 ** 23 - 1).astype(np.float32)).view(shape)


def filled(shapes, last):
    state = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(0)
            continue
        u = fill(name, *shape)
        if name.endswith("running_var"):
            u = 1 + .5 * u.abs()
        elif len(shape) > 2:
            u = u * math.sqrt(6 / math.prod(shape[1:]))
        elif len(shape) == 2:
            u = u / math.sqrt(shape[1])
        elif name.endswith("weight"):
            u = .2 + .02 * u if last in name else 1 + .1 * u
        else:
            u = .1 * u
        state[name] = u
    return state


def shapes(model):
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def logits(model, inputs):
    with torch.no_grad():
        found = model.eval().double()(inputs.double())
    return getattr(found, "logits", found)[0].tolist()
