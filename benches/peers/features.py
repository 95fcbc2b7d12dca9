"""The probe's features: every convolution of D max-pooled to a 4x4 grid. features/PRESET/WIDTH/IMAGES"""

import numpy
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

import nets


def variants(_):
    # folded: batch norm folded into the convolutions before it, as one would deploy the net.
    return ["nchw", "channels_last", "nchw+folded", "channels_last+folded"]


def make(row, variant, data):
    preset, width, count = row[0], int(row[1]), int(row[2])
    side = nets.PLANS[preset][0]
    layout = nets.memory_format(variant)
    pixels = torch.from_numpy(numpy.fromfile(data, dtype=numpy.uint8)).view(-1, 3, side, side)[:count]
    torch.manual_seed(0)
    blocks = []
    for i, (inputs, outputs, kernel, stride) in enumerate(nets.layers(preset, width)):
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False).eval()
        norm = nn.BatchNorm2d(outputs).eval()
        if i == 0:
            block = [conv]
        elif "folded" in variant:
            block = [fuse_conv_bn_eval(conv, norm)]
        else:
            block = [conv, norm]
        blocks.append(nn.Sequential(*block, nn.LeakyReLU(0.2, inplace=True)).to(memory_format=layout))

    @torch.inference_mode()
    def extract():
        x = pixels.to(torch.float32).div_(127.5).sub_(1.0).contiguous(memory_format=layout)
        parts = []
        for block in blocks:
            x = block(x)
            parts.append(F.max_pool2d(x, x.shape[-1] // 4).flatten(1))
        return torch.cat(parts, 1)[0, 0].item()

    return extract
