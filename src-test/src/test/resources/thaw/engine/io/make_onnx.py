"""Makes the ONNX models here, with PyTorch 2.13, onnx 1.23 and onnxscript 0.7: `python make_onnx.py` in this folder."""
import onnx
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(2, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4)
        self.downsample = nn.Sequential(nn.Conv2d(2, 4, 1, 2, bias=False), nn.BatchNorm2d(4))

    def forward(self, x):
        return torch.relu(self.bn1(self.conv1(x)) + self.downsample(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 2, 3, 1, 1, bias=False), nn.BatchNorm2d(2)
        self.layer1 = nn.Sequential(Block())
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.layer1(self.bn1(self.conv1(x))).mean((2, 3)))


torch.manual_seed(1)
net, x = Net(), torch.randn(2, 3, 8, 8)
net(x)  # statistics
# Weights and biases of norms stay equal, which the older exporter writes once.
net.eval()
torch.save(net.state_dict(), "onnx_state.pth")
names = dict(input_names=["input"], output_names=["output"])
torch.onnx.export(net, x, "onnx_norms.onnx", dynamo=False, do_constant_folding=False,
                  training=torch.onnx.TrainingMode.PRESERVE, **names)
torch.onnx.export(net, x, "onnx_merged.onnx", dynamo=False, **names)
torch.onnx.export(net, x, "onnx_beside.onnx", dynamo=True, **names)
model = onnx.load("onnx_beside.onnx", load_external_data=False)
for part in [model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output,
             *model.graph.initializer]:
    del part.metadata_props[:]  # traces of Python's stack
onnx.save(model, "onnx_beside.onnx")
