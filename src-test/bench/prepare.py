"""Makes what all contenders share: a network's weights in each one's format, and images."""

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

import onnx_file
import resnet


class FixedBatchNorm(nn.Module):
    """A batch norm that stays in evaluation mode when the network around it is set to train, which TorchScript has no say in."""

    def __init__(self, norm):
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        self.register_buffer("running_mean", norm.running_mean)
        self.register_buffer("running_var", norm.running_var)

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)


def fix_norms(module):
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d) and not child.training:
            setattr(module, name, FixedBatchNorm(child))
        else:
            fix_norms(child)


def network(arch):
    """A network with two properties of trained ones: its batch norms have the statistics of its activations, and a block adds
    little to what passes it, without which a deep random network magnifies each rounding error."""
    torch.manual_seed(0)
    net = resnet.ResNet(arch, resnet.classes(arch))
    for m in net.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(m, nn.BatchNorm2d):
            m.momentum = None
        elif isinstance(m, resnet.Block):
            nn.init.constant_((m.bn3 if isinstance(m, resnet.Bottleneck) else m.bn2).weight, 0.25)
    size = 32 if arch in resnet.CIFAR else 224
    with torch.no_grad():
        for _ in range(2):
            net.train()(torch.randn(8, 3, size, size))
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.momentum = 0.1
    return net


def weights(arch, folder):
    path = folder / f"{arch}.safetensors"
    if not path.exists():
        net = network(arch)
        save_file(net.state_dict(), path.with_suffix(".part"))
        if arch not in resnet.CIFAR:
            onnx_file.write(net.eval(), folder / f"{arch}.onnx")
        path.with_suffix(".part").rename(path)
    return path


def load(arch, folder):
    from safetensors.torch import load_file
    net = resnet.ResNet(arch, resnet.classes(arch))
    net.load_state_dict(load_file(weights(arch, folder)))
    return net


def torchscript(arch, mode, folder):
    """For libtorch: a traced network to predict with, a compiled one to train."""
    path = folder / f"{arch}-{mode}.pt"
    if not path.exists():
        net = load(arch, folder)
        resnet.set_mode(net, mode)
        if mode == "infer":
            size = 32 if arch in resnet.CIFAR else 224
            script = torch.jit.trace(net, torch.randn(2, 3, size, size))
        else:
            fix_norms(net)
            script = torch.jit.script(net)
        script.save(path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
    return path


def images(batch, size, folder):
    path = folder / f"images-{batch}x{size}.f32"
    if not path.exists():
        numpy.random.default_rng(batch).standard_normal((batch, 3, size, size), dtype="f4").tofile(path)
    return path
