"""Residual networks in PyTorch, with torchvision's names for their tensors; TorchScript can compile them."""

import torch
from torch import nn
from torch.nn import functional as F

DEPTHS = {
    "resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3), "resnet20": (3, 3, 3), "resnet32": (5, 5, 5), "resnet56": (9, 9, 9),
}
BASIC = {"resnet18", "resnet34", "resnet20", "resnet32", "resnet56"}
CIFAR = {"resnet20", "resnet32", "resnet56"}


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class PaddedShortcut(nn.Module):
    """Every second pixel, and zeros for the channels that are missing."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride, self.padding = stride, (outputs - inputs) // 2

    def forward(self, x):
        return F.pad(x[:, :, ::self.stride, ::self.stride], [0, 0, 0, 0, self.padding, self.padding])


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, cifar):
        super().__init__()
        self.shortcut = nn.Identity()
        self.downsample = nn.Identity()
        if stride != 1 or inputs != outputs:
            if cifar:
                self.shortcut = PaddedShortcut(inputs, outputs, stride)
            else:
                self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def skip(self, x):
        return self.downsample(self.shortcut(x))


class BasicBlock(Block):
    def __init__(self, inputs, width, stride, cifar):
        super().__init__(inputs, width, stride, cifar)
        self.conv1, self.bn1 = conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3), nn.BatchNorm2d(width)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += self.skip(x)
        return F.relu(y, inplace=True)


class Bottleneck(Block):
    def __init__(self, inputs, width, stride, cifar):
        super().__init__(inputs, 4 * width, stride, cifar)
        self.conv1, self.bn1 = conv(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        y += self.skip(x)
        return F.relu(y, inplace=True)


class ResNet(nn.Module):
    def __init__(self, arch, classes):
        super().__init__()
        self.cifar = arch in CIFAR
        block, expansion = (BasicBlock, 1) if arch in BASIC else (Bottleneck, 4)
        width = 16 if self.cifar else 64
        self.conv1 = conv(3, width, 3) if self.cifar else conv(3, width, 7, 2)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity() if self.cifar else nn.MaxPool2d(3, 2, 1)
        inputs, stages = width, []
        for i, depth in enumerate(DEPTHS[arch]):
            blocks = []
            for j in range(depth):
                blocks.append(block(inputs, width << i, 2 if i > 0 and j == 0 else 1, self.cifar))
                inputs = (width << i) * expansion
            stages.append(nn.Sequential(*blocks))
            self.add_module(f"layer{i + 1}", stages[-1])
        self.layer4 = self.layer4 if len(stages) == 4 else nn.Identity()
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x)), inplace=True))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


def stages(net):
    return [stage for name, stage in net.named_children() if name.startswith("layer") and isinstance(stage, nn.Sequential)]


def set_mode(net, mode):
    """Sets the modes that a step's mode wants, and returns the parameters that are trained."""
    net.train(mode == "train")
    for p in net.parameters():
        p.requires_grad_(mode == "train")
    if mode == "train-head":
        for part in (stages(net)[-1][-1], net.fc):
            part.train()
            for p in part.parameters():
                p.requires_grad_(True)
    return [p for p in net.parameters() if p.requires_grad]


def classes(arch):
    return 10 if arch in CIFAR else 1000
