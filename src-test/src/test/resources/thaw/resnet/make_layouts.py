"""Makes logits.csv and fastai_names.txt, with PyTorch 2.13, torchvision 0.28 and transformers 5.18.

Weights and input are numbers by formula, those of thaw.parity.Filled, so that no weights are stored. Logits are computed in
float64 from the float32 weights. A line of logits.csv is a network's name and its ten logits for fill("input") of [1, 3, 64, 64].
"""
import re

import torch
import torchvision.models as models
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification

from filled import fill, filled, logits, shapes


class ConcatPool(nn.Module):
    def forward(self, x):
        return torch.cat([nn.functional.adaptive_max_pool2d(x, 1), nn.functional.adaptive_avg_pool2d(x, 1)], 1)


def fastai(bias):
    """What vision_learner(dls, resnet18) makes: the body's children in a Sequential, and create_head's."""
    head = nn.Sequential(ConcatPool(), nn.Flatten(), nn.BatchNorm1d(1024), nn.Dropout(.25), nn.Linear(1024, 512, bias=bias),
                         nn.ReLU(), nn.BatchNorm1d(512), nn.Dropout(.5), nn.Linear(512, 10, bias=bias))
    return nn.Sequential(nn.Sequential(*list(models.resnet18().children())[:-2]), head)


def transformers_names(state):
    """In torchvision's order: transformers has a block's shortcut before its layers, and no other difference."""
    def place(name):
        part = next(i for i, p in enumerate(("resnet.embedder", "resnet.encoder", "classifier")) if name.startswith(p))
        block = tuple(int(number) for number in re.findall(r"(?:stages|layers)\.(\d+)", name))
        return part, block, ".shortcut." in name
    return sorted(state, key=place)


x = fill("input", 1, 3, 64, 64)
lines = {}
r18 = models.resnet18(num_classes=10)
r18.load_state_dict(filled(shapes(r18), ".bn2."))
lines["resnet18"] = logits(r18, x)

names = {"0.0": "conv1", "0.1": "bn1", "0.4": "layer1", "0.5": "layer2", "0.6": "layer3", "0.7": "layer4",
         "1.2": "fc.0", "1.4": "fc.2", "1.6": "fc.4", "1.8": "fc.6"}
for bias in (True, False):
    net = fastai(bias)
    own = {name: names[name[:3]] + name[3:] for name in net.state_dict()}
    values = filled({own[name]: shape for name, shape in shapes(net).items()}, ".bn2.")
    net.load_state_dict({name: values[own[name]] for name in own})
    lines["fastai" if bias else "fastai without bias"] = logits(net, x)
    if bias:
        open("fastai_names.txt", "w").write("".join(name + "\n" for name in own if not name.endswith("num_batches_tracked")))

r50 = models.resnet50(num_classes=10)
r50.load_state_dict(filled(shapes(r50), ".bn3."))
lines["resnet50"] = logits(r50, x)
for name, options in {"stride_in_1x1": ["downsample_in_bottleneck"],
                      "downsample_in_first_stage": ["downsample_in_first_stage"],
                      "stride_in_1x1,downsample_in_first_stage": ["downsample_in_bottleneck", "downsample_in_first_stage"]}.items():
    net = ResNetForImageClassification(ResNetConfig(num_labels=10, **{option: True for option in options}))
    own = [key for key in r50.state_dict() if not key.endswith("num_batches_tracked")]
    theirs = [key for key in transformers_names(net.state_dict()) if not key.endswith("num_batches_tracked")]
    net.load_state_dict({their: r50.state_dict()[name].float() for their, name in zip(theirs, own)}, strict=False)
    lines["resnet50 " + name.replace(",", "+")] = logits(net, x)

one = models.resnet18(num_classes=10)
one.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
one.load_state_dict(filled(shapes(one), ".bn2."))
red, green, blue = x[0]
lines["resnet18 of luma"] = logits(one, (.299 * red + .587 * green + .114 * blue)[None, None])

with open("logits.csv", "w") as out:
    for name, values in lines.items():
        out.write(name + "," + ",".join(f"{value:.8f}" for value in values) + "\n")
