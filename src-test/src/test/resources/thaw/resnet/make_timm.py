"""Makes timm.csv, with PyTorch 2.13 and timm 1.0.29: a line for each network of timm.models.resnet.

name, weight sets, parameters with 5 classes, and the 10 logits for fill("input") of [2, 3, 64, 64], with the weights of filled.py.
The sets are the tags under which timm lists pretrained weights of the network.
"""
import pathlib

import timm
import torch
from timm.layers import BlurPool2d
from timm.models import resnet

from filled import fill, filled

CLASSES = 5
# Beyond this number of parameters logits are computed in float32, for the machine's memory.
DOUBLE = 250_000_000


def create(name):
    if name == "resnext101_32x48d":  # timm lists its weights, but has no function for it
        return resnet.ResNet(resnet.Bottleneck, (3, 4, 23, 3), CLASSES, cardinality=32, base_width=48)
    return timm.create_model(name, num_classes=CLASSES)


torch.set_num_threads(1)
x = fill("input", 2, 3, 64, 64)
with open(pathlib.Path(__file__).with_name("timm.csv"), "w") as out:
    for name, tags in resnet.default_cfgs.items():
        with torch.device("meta"):  # without the time of drawing weights
            net = create(name).eval()
        net.to_empty(device="cpu")
        last = ".bn3." if isinstance(net.layer1[0], resnet.Bottleneck) else ".bn2."
        for key, tensor in net.state_dict().items():
            tensor.copy_(filled({key: tuple(tensor.shape)}, last)[key])
        for blur in filter(lambda module: isinstance(module, BlurPool2d), net.modules()):
            blur.reset_parameters()
        parameters = sum(p.numel() for p in net.parameters())
        kind = torch.float64 if parameters < DOUBLE else torch.float32
        with torch.no_grad():
            found = net.to(kind)(x.to(kind)).flatten().tolist()
        print(name, len(tags.cfgs), parameters, *(f"{value:.8f}" for value in found), sep=",", file=out, flush=True)
        del net
