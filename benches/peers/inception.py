"""The FID Inception of torch-fidelity. inception/IMAGES"""

import pathlib
import tempfile

import numpy
import torch
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3


def variants(_):
    return ["nchw", "channels_last"]


class Constant(FeatureExtractorInceptionV3):
    """With the weights of the other side: the class reads its own from a file only."""

    def load_state_dict(self, _):
        with torch.no_grad():
            for tensor in [*self.parameters(), *self.buffers()]:
                tensor.fill_(0.01 if tensor.dim() > 1 else 1)


def make(row, variant, data):
    count = int(row[0])
    pixels = torch.from_numpy(numpy.fromfile(data, dtype=numpy.uint8)).view(-1, 3, 32, 32)[:count]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "none.pth"
        torch.save({}, path)
        net = Constant("inception", ["2048", "logits_unbiased"], str(path))
    if variant == "channels_last":
        net = net.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def extract():
        return net(pixels)[0][0, 0].item()

    return extract
