"""What `check` measures of Thaw, in PyTorch on the same card: torch_bench.py IMAGES ARCH:MODE:BATCH:SIZE…

Lines of JSON: milliseconds of each step in float32, of both layouts, and with TF32, which is what PyTorch's users get by
default; then of each of ResNet-50's convolutions in float32, forward, gradient of the input, gradient of the weight. As in
`thaw bench`, a step uploads its images from ordinary memory and reads its result. Without a card it runs on the processor.
"""
import itertools
import json
import statistics
import sys
import time

import torch
import torchvision

CARD = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CARD else "cpu")
LAYERS = [(3, 224, 64, 7, 2), (64, 56, 64, 1, 1), (64, 56, 64, 3, 1), (64, 56, 256, 1, 1), (256, 56, 64, 1, 1),
          (256, 56, 128, 1, 1), (128, 56, 128, 3, 2), (128, 28, 512, 1, 1), (256, 56, 512, 1, 2), (512, 28, 128, 1, 1),
          (128, 28, 128, 3, 1), (512, 28, 256, 1, 1), (256, 28, 256, 3, 2), (256, 14, 1024, 1, 1), (512, 28, 1024, 1, 2),
          (1024, 14, 256, 1, 1), (256, 14, 256, 3, 1), (1024, 14, 512, 1, 1), (512, 14, 512, 3, 2), (512, 7, 2048, 1, 1),
          (1024, 14, 2048, 1, 2), (2048, 7, 512, 1, 1), (512, 7, 512, 3, 1)]


def use_tf32(on):
    torch.backends.cudnn.allow_tf32 = on
    torch.backends.cuda.matmul.allow_tf32 = on


def milliseconds(work, warm_up, runs):
    """The median of some runs, each from an idle card to an idle card."""
    def timed():
        if CARD:
            torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        if CARD:
            torch.cuda.synchronize()
        return 1e3 * (time.perf_counter() - start)

    end = time.perf_counter() + warm_up
    for i in itertools.count():
        timed()
        if i > 2 and time.perf_counter() > end:
            break
    return statistics.median(timed() for _ in range(runs))


def kernel_milliseconds(work):
    """The median of some runs by the card's clock, as Thaw's layers are timed."""
    if not CARD:
        return milliseconds(work, 0, 5)
    times = []
    for _ in range(7):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda.synchronize()
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times[2:])


def prediction(net, images, layout):
    net.eval()

    def step():
        with torch.inference_mode():
            return net(images.to(DEVICE, memory_format=layout)).cpu()
    return step


def training(net, images, layout):
    labels = torch.arange(len(images)) % 1000
    sgd = torch.optim.SGD(net.train().parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)

    def step():
        sgd.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(images.to(DEVICE, memory_format=layout)), labels.to(DEVICE))
        loss.backward()
        sgd.step()
        return loss.item()
    return step


def steps(arch, mode, batch, size):
    found = {"arch": arch, "mode": mode, "batch": batch}
    images = torch.randn(batch, 3, size, size)
    for name, layout, tf32 in (("fp32", torch.contiguous_format, False), ("fp32_last", torch.channels_last, False),
                               ("tf32", torch.channels_last, True)):
        if CARD or not tf32:
            use_tf32(tf32)
            net = getattr(torchvision.models, arch)(weights=None).to(DEVICE, memory_format=layout)
            make = training if mode == "train" else prediction
            found[name] = milliseconds(make(net, images, layout), 1.0, 9)
    return found


def layer(images, channels, side, outputs, size, stride):
    x = torch.randn(images, channels, side, side, device=DEVICE)
    w = torch.randn(outputs, channels, size, size, device=DEVICE)
    gy = torch.randn_like(torch.nn.functional.conv2d(x, w, None, stride, size // 2))

    def gradient(of_input):
        return torch.ops.aten.convolution_backward(gy, x, w, None, [stride] * 2, [size // 2] * 2, [1, 1], False, [0, 0], 1,
                                                   [of_input, not of_input, False])

    works = (lambda: torch.nn.functional.conv2d(x, w, None, stride, size // 2), lambda: gradient(True), lambda: gradient(False))
    return {"layer": [channels, side, outputs, size, stride], "ms": [kernel_milliseconds(work) for work in works]}


def main():
    torch.backends.cudnn.benchmark = True
    images, *configurations = sys.argv[1:]
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for configuration in configurations:
        arch, mode, batch, size = configuration.split(":")
        print(json.dumps(steps(arch, mode, int(batch), int(size))), flush=True)
    use_tf32(False)
    for shape in LAYERS:
        print(json.dumps(layer(int(images), *shape)), flush=True)


main()
