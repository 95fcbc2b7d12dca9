"""Single operations. op/NAME/PASS, where PASS is forward, or both: forward and backward, to every argument.

Our kernels over kept buffers (kernels) stand beside both as well.
"""

import torch
from torch.nn import functional as F

import nets


def variants(row):
    return ["plain"] if row[0] in FLAT else ["nchw", "channels_last"]


def make(row, variant, _):
    name, passes = row
    torch.manual_seed(0)
    if name in FLAT:
        function, arguments = FLAT[name]()
    else:
        function, arguments = MAPS[name]()
        layout = nets.memory_format(variant)
        arguments = [a.contiguous(memory_format=layout) if a.dim() == 4 else a for a in arguments]
    if passes == "forward":

        def forward():
            with torch.inference_mode():
                return function(*arguments).flatten()[0].item()

        return forward
    for argument in arguments:
        argument.requires_grad_()
    # The gradient that arrives from above, in the layout of the output.
    above = torch.ones_like(function(*arguments))

    def both():
        gradients = torch.autograd.grad(function(*arguments), arguments, above)
        return gradients[0].flatten()[0].item()

    return both


def conv():
    return lambda x, w: F.conv2d(x, w, None, 2, 2), [torch.randn(128, 64, 16, 16), torch.randn(128, 64, 5, 5)]


def transpose(small, large, side):
    up = lambda x, w: F.conv_transpose2d(x, w, None, 2, 2, 1)
    return up, [torch.randn(128, small, side, side), torch.randn(small, large, 5, 5)]


def maps():
    return torch.randn(128, 128, 16, 16)


def norm_leaky():
    function = lambda x, gain, bias: F.leaky_relu_(F.batch_norm(x, None, None, gain, bias, True), 0.2)
    return function, [maps(), torch.randn(128), torch.randn(128)]


def bce():
    ones = torch.ones(128)
    return lambda x: F.binary_cross_entropy_with_logits(x, ones), [torch.randn(128)]


# Feature maps, whose memory order is a choice.
MAPS = {
    "conv": conv,
    "conv-transpose": lambda: transpose(128, 64, 8),
    "conv-transpose-image": lambda: transpose(64, 3, 16),
    "norm-leaky": norm_leaky,
    "leaky": lambda: (lambda x: F.leaky_relu(x, 0.2), [maps()]),
    "tanh": lambda: (torch.tanh, [torch.randn(128, 3, 64, 64)]),
    "pool": lambda: (lambda x: F.max_pool2d(x, 4), [maps()]),
}
FLAT = {
    "bce": bce,
    "matmul": lambda: (torch.mm, [torch.randn(8192, 1600), torch.randn(1600, 128)]),
}
