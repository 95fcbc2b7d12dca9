"""The paper's nets in plain PyTorch, as the presets of this project build them."""

import torch
from torch import nn

# D's layers: channels in multiples of the width, and stride.
PLANS = {
    "dcgan64": (64, 5, [(1, 2), (2, 2), (4, 2), (8, 2)]),
    "dcgan32": (32, 5, [(1, 2), (2, 2), (4, 2)]),
    "svhn32": (32, 5, [(1, 2), (2, 2), (4, 2)]),
    "imagenet32": (32, 3, [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1), (4, 2)]),
}


def layers(preset, width):
    """D's convolutions: channels in, channels out, kernel, stride."""
    _, kernel, plan = PLANS[preset]
    channels = [3] + [multiple * width for multiple, _ in plan]
    return [(channels[i], channels[i + 1], kernel, stride) for i, (_, stride) in enumerate(plan)]


def discriminator(preset, width):
    """Strided convolutions, batch norm on all but the first, leaky ReLU; one logit."""
    parts = []
    for i, (inputs, outputs, kernel, stride) in enumerate(layers(preset, width)):
        parts.append(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False))
        if i > 0:
            parts.append(norm(nn.BatchNorm2d, outputs))
        parts.append(nn.LeakyReLU(0.2, inplace=True))
    parts += [nn.Flatten(), nn.Linear(outputs * 16, 1, bias=False)]
    return initial(nn.Sequential(*parts))


def generator(preset, width, latent=100):
    """z projected to a 4x4 map, then D's layers turned round; batch norm and ReLU, tanh at the end."""
    plan = layers(preset, width)[::-1]
    units = plan[0][1] * 16
    parts = [
        nn.Linear(latent, units, bias=False),
        norm(nn.BatchNorm1d, units),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (plan[0][1], 4, 4)),
    ]
    for outputs, inputs, kernel, stride in plan:
        parts.append(
            nn.ConvTranspose2d(inputs, outputs, kernel, stride, kernel // 2, stride - 1, bias=False)
        )
        parts += [nn.Tanh()] if outputs == 3 else [norm(nn.BatchNorm2d, outputs), nn.ReLU(inplace=True)]
    return initial(nn.Sequential(*parts))


def norm(kind, channels):
    # Running averages off: our step keeps none either.
    return kind(channels, track_running_stats=False)


def initial(net):
    for name, parameter in net.named_parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, 0.0, 0.02)
        elif name.endswith("weight"):
            nn.init.normal_(parameter, 1.0, 0.02)
    return net


def memory_format(variant):
    return torch.channels_last if "channels_last" in variant else torch.contiguous_format
