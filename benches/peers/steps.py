"""The adversarial step: D on real and on fake images, its update, then G through the updated D.

step/PRESET/WIDTH/PRECISION; f32, or bf16 through autocast. Images are bytes in a file, NCHW, scaled to [-1, 1] batch by
batch, as our own trainer does. Eager: torch.compile took 10% longer for both nets of 32 pixels on the machine of docs/speed.md.
"""

import contextlib

import numpy
import torch
from torch.nn import functional as F

import nets

BATCH = 128


def variants(_):
    return ["nchw", "channels_last"]


def make(row, variant, data):
    preset, width, precision = row
    side = nets.PLANS[preset][0]
    layout = nets.memory_format(variant)
    images = torch.from_numpy(numpy.fromfile(data, dtype=numpy.uint8)).view(-1, 3, side, side)
    torch.manual_seed(0)
    d = nets.discriminator(preset, int(width)).to(memory_format=layout)
    g = nets.generator(preset, int(width)).to(memory_format=layout)
    # fused: one kernel over all parameters, faster here than foreach and than the loop.
    adam = lambda net: torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999), eps=1e-8, fused=True)
    adam_d, adam_g = adam(d), adam(g)
    bf16 = precision == "bf16"
    cast = lambda: torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext()
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    loss = F.binary_cross_entropy_with_logits

    def step():
        rows = torch.randint(len(images), (BATCH,))
        real = images[rows].to(torch.float32).div_(127.5).sub_(1.0).contiguous(memory_format=layout)
        z = torch.rand(BATCH, 100).mul_(2).sub_(1)
        with cast():
            fake = g(z)
            loss_d = loss(d(real).float(), ones) + loss(d(fake.detach()).float(), zeros)
        adam_d.zero_grad(set_to_none=True)
        loss_d.backward()
        adam_d.step()
        # G's step wants no gradient of D's weights.
        d.requires_grad_(False)
        with cast():
            loss_g = loss(d(fake).float(), ones)
        adam_g.zero_grad(set_to_none=True)
        loss_g.backward()
        adam_g.step()
        d.requires_grad_(True)
        return loss_d.item() + loss_g.item()

    return step
