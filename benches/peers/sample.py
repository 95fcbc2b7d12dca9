"""Drawing from a conditional generator in evaluation mode: sample/PRESET/WIDTH/IMAGES"""

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

import nets

LATENT, CLASSES = 100, 10


def variants(_):
    # folded: batch norm folded into the layers before it, as one would deploy the net.
    return ["nchw", "channels_last", "nchw+folded", "channels_last+folded"]


def make(row, variant, _):
    preset, width, count = row[0], int(row[1]), int(row[2])
    torch.manual_seed(0)
    dense, convs = {
        # Units of the dense layers; channels of the convolutions.
        "mnist28": ([16 * width, 2 * width * 49], [2 * width, width, 1]),
        "fc28": ([width, width, 784], []),
    }[preset]
    fold, norms = "folded" in variant, preset == "mnist28"
    blocks, inputs = [], LATENT
    for units in dense:
        layer = nn.Linear(inputs + CLASSES, units, bias=not norms).eval()
        last = not convs and units == dense[-1]
        if norms:
            norm = nn.BatchNorm1d(units).eval()
            layer = fuse_linear_bn_eval(layer, norm) if fold else nn.Sequential(layer, norm)
        blocks.append(nn.Sequential(layer, nn.Tanh() if last else nn.ReLU(inplace=True)))
        inputs = units
    for inputs, outputs in zip(convs, convs[1:]):
        layer = nn.ConvTranspose2d(inputs + CLASSES, outputs, 5, 2, 2, 1, bias=False).eval()
        after = [nn.Tanh()]
        if outputs > 1:
            norm = nn.BatchNorm2d(outputs).eval()
            layer = fuse_conv_bn_eval(layer, norm, transpose=True) if fold else nn.Sequential(layer, norm)
            after = [nn.ReLU(inplace=True)]
        blocks.append(nn.Sequential(layer, *after).to(memory_format=nets.memory_format(variant)))
    labels = nn.functional.one_hot(torch.arange(count) % CLASSES, CLASSES).float()
    layout = nets.memory_format(variant)

    @torch.inference_mode()
    def draw():
        x = torch.empty(count, LATENT).uniform_(-1, 1)
        for i, block in enumerate(blocks):
            if i == len(dense):
                x = x.view(count, convs[0], 7, 7).contiguous(memory_format=layout)
            beside = labels if x.dim() == 2 else labels[:, :, None, None].expand(-1, -1, *x.shape[2:])
            x = block(torch.cat([x, beside], 1))
        return x.flatten()[0].item()

    return draw
