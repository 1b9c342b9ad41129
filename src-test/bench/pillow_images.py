"""PyTorch's DataLoader with Pillow: python pillow_images.py FOLDER SIZE THREADS; an epoch a step."""

import pathlib
import random
import sys

import numpy
import torch
from PIL import Image

import contender

folder, size, threads = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
RESIZE = round(size * 256 / 224)
MEAN, STD = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])


class Images(torch.utils.data.Dataset):
    files = sorted(p for p in (folder / "train").glob("*/*") if not p.name.startswith("."))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        image = Image.open(self.files[i]).convert("RGB")
        scale = RESIZE / min(image.size)
        image = image.resize((max(RESIZE, round(image.width * scale)), max(RESIZE, round(image.height * scale))), Image.BILINEAR)
        left, top = (image.width - size) // 2, (image.height - size) // 2
        image = image.crop((left, top, left + size, top + size))
        if random.random() < 0.5:
            image = image.transpose(Image.FLIP_LEFT_RIGHT)
        pixels = (numpy.asarray(image, numpy.float32) / 255 - MEAN) / STD
        return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


torch.set_num_threads(1)
loader = torch.utils.data.DataLoader(Images(), batch_size=32, shuffle=True, num_workers=threads if threads > 1 else 0,
                                     persistent_workers=threads > 1)
contender.converse(lambda: [sum(len(batch) for batch in loader)])
