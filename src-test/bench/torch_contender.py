"""PyTorch: python torch_contender.py FOLDER ARCH MODE BATCH SIZE THREADS contiguous|channels_last"""

import pathlib
import sys

import numpy
import torch
from safetensors.torch import load_file

import contender
import resnet

folder, arch, mode, batch, size, threads, layout = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], *map(int, sys.argv[4:7]), sys.argv[7]
torch.set_num_threads(threads)
layout = torch.channels_last if layout == "channels_last" else torch.contiguous_format

net = resnet.ResNet(arch, resnet.classes(arch))
net.load_state_dict(load_file(folder / f"{arch}.safetensors"))
net.to(memory_format=layout)
trained = resnet.set_mode(net, mode)
pixels = numpy.fromfile(folder / f"images-{batch}x{size}.f32", "<f4").reshape(batch, 3, size, size)
labels = torch.arange(batch) % resnet.classes(arch)
sgd = torch.optim.SGD(trained, lr=1e-4, momentum=0.9, weight_decay=1e-4) if trained else None


def images():
    return torch.from_numpy(pixels).contiguous(memory_format=layout)


def predict():
    with torch.inference_mode():
        return net(images()).numpy()[0]


def train():
    sgd.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(images()), labels)
    value = loss.item()
    loss.backward()
    sgd.step()
    return [value]


contender.converse(predict if mode == "infer" else train)
