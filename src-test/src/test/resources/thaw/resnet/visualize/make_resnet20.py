"""Writes resnet20.safetensors: Grad-CAM, deconvnet and guided backpropagation of a CIFAR ResNet-20 by PyTorch's autograd.

python make_resnet20.py resnet20-12fca82f.th
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        if self.more:
            x = nn.functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more // 2, self.more // 2))
        return self.relu2(x + y)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        stages = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]
        for i, (inputs, outputs, stride) in enumerate(stages, 1):
            setattr(self, f'layer{i}', nn.Sequential(Block(inputs, outputs, stride), Block(outputs, outputs, 1), Block(outputs, outputs, 1)))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        self.maps = []
        for stage in (self.layer1, self.layer2, self.layer3):
            x = stage(x)
            self.maps.append(x)
        return self.linear(x.mean((2, 3)))


net = ResNet20()
state = torch.load(sys.argv[1], map_location='cpu', weights_only=True)['state_dict']
net.load_state_dict({name.removeprefix('module.'): tensor for name, tensor in state.items()})
net.eval().requires_grad_(False)
n = torch.arange(3 * 32 * 32, dtype=torch.float64)
image = (1.5 * torch.sin(n * 0.37) * torch.cos(n / 97)).float().reshape(1, 3, 32, 32)
out = {'image': image}


def forward():
    x = image.clone().requires_grad_()
    return x, net(x)


def by(rule):
    def hook(module, grad_in, grad_out):
        return ((grad_in[0] if rule == 'guided' else grad_out[0]).clamp(min=0),)
    return [m.register_full_backward_hook(hook) for m in net.modules() if isinstance(m, nn.ReLU)]


label = 3
for stage in (2, 3):
    x, scores = forward()
    maps = net.maps[stage - 1]
    gradient, = torch.autograd.grad(scores[0, label], maps)
    out[f'gradcam.layer{stage}'] = (gradient.mean((2, 3), keepdim=True) * maps).sum(1).clamp(min=0)[0].detach()
for rule in ('guided', 'deconvnet'):
    hooks = by(rule)
    x, scores = forward()
    scores[0, label].backward()
    out[f'{rule}.score'] = x.grad[0]
    for stage, channel in ((1, 2), (2, 5), (3, 40)):
        x, scores = forward()
        maps = net.maps[stage - 1]
        alone = torch.zeros_like(maps)
        at = maps[0, channel].argmax()
        alone[0, channel].view(-1)[at] = maps[0, channel].view(-1)[at].detach()
        # The hook of the stage's last ReLU sees the gradient of its value: a positive number, which passes either rule.
        maps.backward(alone)
        out[f'{rule}.layer{stage}.{channel}'] = x.grad[0]
    for hook in hooks:
        hook.remove()
save_file(out, str(pathlib.Path(__file__).with_name('resnet20.safetensors')))
