"""Writes rates.json: trainings of a small network for three epochs by L-DoG and by Auto-RGN.

Every rule stands here as its formula, in float64 and with PyTorch's autograd alone; no optimizer of PyTorch is used.
    python make_rates.py > rates.json
"""
import json
import torch
import torch.nn.functional as F

EPOCHS, BATCH, IMAGES, CLASSES = 3, 8, 24, 3
NAMES = ["conv.weight", "norm.weight", "norm.bias", "fc.weight", "fc.bias"]
EARLY = NAMES[:3]                       # the two layer groups of Auto-RGN by group
torch.manual_seed(11)
X = torch.randn(IMAGES, 2, 6, 6)
Y = torch.arange(IMAGES) % CLASSES
START = {"conv.weight": torch.randn(4, 2, 3, 3) * .3, "norm.weight": 1 + torch.randn(4) * .1, "norm.bias": torch.randn(4) * .1,
         "fc.weight": torch.randn(CLASSES, 4) * .4, "fc.bias": torch.randn(CLASSES) * .1}


class Net:
    def __init__(self):
        self.p = {n: t.double().clone().requires_grad_(True) for n, t in START.items()}
        self.mean, self.var = torch.zeros(4).double(), torch.ones(4).double()

    def gradients(self, x, y, track=True):
        """Gradients of the mean cross-entropy in training mode; the running statistics follow unless track is false."""
        mean, var = (self.mean, self.var) if track else (self.mean.clone(), self.var.clone())
        h = F.conv2d(x.double(), self.p["conv.weight"])
        h = F.relu(F.batch_norm(h, mean, var, self.p["norm.weight"], self.p["norm.bias"], True, .1, 1e-5)).mean((2, 3))
        loss = F.cross_entropy(h @ self.p["fc.weight"].T + self.p["fc.bias"], y)
        return dict(zip(self.p, torch.autograd.grad(loss, list(self.p.values()))))

    def numbers(self):
        return {n: t.detach().flatten().tolist() for n, t in self.p.items()} | {
            "norm.running_mean": self.mean.tolist(), "norm.running_var": self.var.tolist()}


def batches():
    return [(X[i:i + BATCH], Y[i:i + BATCH]) for i in range(0, IMAGES, BATCH)]


@torch.no_grad()
def l_dog(reps_rel, weight_decay, gamma):
    net, x0, r, total, epochs, t = Net(), {}, {}, {}, [], 0
    average = {}
    for _ in range(EPOCHS):
        for x, y in batches():
            with torch.enable_grad():
                g = net.gradients(x, y)
            t += 1
            for n, p in net.p.items():
                d = g[n] + weight_decay * p
                if n not in x0:
                    x0[n], r[n], total[n] = p.clone(), reps_rel * (1 + p.norm()), torch.tensor(1e-8).double()
                r[n] = torch.maximum(r[n], (p - x0[n]).norm())
                total[n] = total[n] + d.square().sum()
                p -= r[n] / total[n].sqrt() * d
            now = {n: torch.tensor(v) .double() for n, v in net.numbers().items()}
            share = (gamma + 1) / (gamma + t)
            average = {n: v if t == 1 else (1 - share) * average[n] + share * v for n, v in now.items()}
        epochs.append(net.numbers() | {"average." + n: v.tolist() for n, v in average.items()})
    return epochs


@torch.no_grad()
def auto_rgn(base, by_group, momentum, weight_decay):
    net, buffers, epochs = Net(), {}, []
    for _ in range(EPOCHS):
        norms = {n: [] for n in NAMES if not n.startswith("norm")}
        for x, y in batches()[:5]:
            with torch.enable_grad():
                g = net.gradients(x, y, track=False)
            for n in norms:
                norms[n].append(g[n].norm() / net.p[n].norm())
        w = {n: sum(v) / len(v) for n, v in norms.items()}
        if by_group:
            early = [v for n, v in w.items() if n in EARLY]
            late = [v for n, v in w.items() if n not in EARLY]
            w = {n: sum(early) / len(early) if n in EARLY else sum(late) / len(late) for n in NAMES}
        else:
            w |= {n: w["conv.weight"] for n in NAMES if n.startswith("norm")}  # a norm has the rate of the convolution before it
        rates = {n: base * v / max(w.values()) for n, v in w.items()}
        for x, y in batches():
            with torch.enable_grad():
                g = net.gradients(x, y)
            for n, p in net.p.items():
                d = g[n] + weight_decay * p
                buffers[n] = momentum * buffers[n] + d if n in buffers else d
                p -= rates[n] * buffers[n]
        epochs.append(net.numbers() | {"rate." + n: [float(v)] for n, v in rates.items()})
    return epochs


def short(value):
    """Numbers with ten digits after the point; a float32 is read from nine."""
    if isinstance(value, float):
        return round(value, 10)
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items()}
    return [short(v) for v in value] if isinstance(value, list) else value


print(json.dumps(short({
    "images": X.flatten().tolist(), "labels": Y.tolist(), "start": {n: t.flatten().tolist() for n, t in START.items()},
    "l-dog": l_dog(1e-2, 0, 8), "l-dog, decay": l_dog(1e-1, 1e-2, 0),
    "auto-rgn": auto_rgn(.3, False, .9, 1e-4), "auto-rgn, groups": auto_rgn(.3, True, .5, 0)})))
