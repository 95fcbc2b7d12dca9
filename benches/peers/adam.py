"""One update of Adam. adam/TENSORS/VALUES of each/WAY: `default`, what `torch.optim.Adam(parameters)` does, or `fastest`, what its
options make of it
"""

import torch


WAYS = {"default": {}, "fused": {"fused": True}, "foreach": {"foreach": True}, "loop": {"foreach": False}}


def variants(row):
    return ["default"] if row[2] == "default" else ["fused", "foreach", "loop"]


def make(row, variant, _):
    tensors, values = int(row[0]), int(row[1])
    parameters = [torch.randn(values).requires_grad_() for _ in range(tensors)]
    for parameter in parameters:
        parameter.grad = torch.randn(values)
    optimiser = torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999), eps=1e-8, **WAYS[variant])

    def update():
        optimiser.step()
        return parameters[0][0].item()

    return update
