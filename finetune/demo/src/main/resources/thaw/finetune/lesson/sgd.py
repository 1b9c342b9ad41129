import torch

early, middle, head = [torch.tensor([a, -a, a / 2, 2 * a], requires_grad=True) for a in (0.25, 0.5, 0.75)]
optimizer = torch.optim.SGD([
    {"params": [early], "lr": 1e-3},
    {"params": [middle], "lr": 1e-2},
    {"params": [head], "lr": 1e-1},
], lr=1e-1, momentum=0.9, weight_decay=1e-4)
for step in range(8):
    optimizer.zero_grad()
    ((early * middle * head - 1) ** 2).sum().backward()
    optimizer.step()
for group in (early, middle, head):
    print(*(f"{value:.9g}" for value in group.tolist()))
