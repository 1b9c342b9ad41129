"""Makes the WebP files of this folder, and expected.csv: the size and the CRC-32 of the RGB bytes that Pillow 12.3 (libwebp 1.6)
decodes each to, after ImageOps.exif_transpose and convert("RGB"), or "refused" where Pillow refuses the file.

Needs Pillow, numpy, and the programs cwebp (Debian's package webp, 1.2.4) and vpxenc (vpx-tools, 1.12), which writes VP8 that
libwebp's encoder doesn't: several partitions, other profiles. Images are computed from coordinates and a seeded generator.
"""
import pathlib
import struct
import subprocess
import tempfile
import zlib

import numpy as np
from PIL import Image, ImageOps

scratch = pathlib.Path(tempfile.mkdtemp())


def scene(width, height, seed=1):
    """Gradients, hard edges, a disk and a corner of noise: something for each predictor."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = []
    for c in range(3):
        a, b = random.uniform(0.5, 4, 2)
        plane = 120 + a * x * (1 if c else -1) + b * y + 40 * np.sin(x * a / 3) * np.cos(y * b / 4)
        plane = np.where((x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 3) ** 2, 255 - plane, plane)
        plane = np.where((x // 9 + y // 7) % 5 == c, plane / 2 + 90, plane)
        plane = np.where((x > 0.7 * width) & (y > 0.6 * height), random.uniform(0, 255, (height, width)), plane)
        planes.append(plane)
    return Image.fromarray(np.clip(np.dstack(planes), 0, 255).astype(np.uint8))


def cwebp(name, image, *options):
    image.save(scratch / "in.png")
    subprocess.run(["cwebp", "-quiet", *options, scratch / "in.png", "-o", name], check=True)


def vpxenc(name, image, *options):
    ycc = np.array(image.convert("YCbCr"))
    (scratch / "in.yuv").write_bytes(ycc[..., 0].tobytes() + ycc[::2, ::2, 1].tobytes() + ycc[::2, ::2, 2].tobytes())
    subprocess.run(["vpxenc", "--codec=vp8", "--i420", f"--width={image.width}", f"--height={image.height}", "--limit=1",
                    "--ivf", "-q", *options, "-o", scratch / "out.ivf", scratch / "in.yuv"], check=True)
    ivf = (scratch / "out.ivf").read_bytes()
    write(name, chunk(b"VP8 ", ivf[44:44 + struct.unpack_from("<I", ivf, 32)[0]]))


def chunk(kind, payload):
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def write(name, *chunks):
    body = b"WEBP" + b"".join(chunks)
    pathlib.Path(name).write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def payload(name):
    """The payload of a simple file's chunk."""
    data = pathlib.Path(name).read_bytes()
    return data[20:20 + struct.unpack_from("<I", data, 16)[0]]


def uint24(value):
    return struct.pack("<I", value)[:3]


def extended(flags, width, height):
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + uint24(width - 1) + uint24(height - 1))


# Lossy: qualities and methods, sizes that aren't multiples of a macroblock, filters, segments, and what vpxenc adds.
cwebp("q5.webp", scene(61, 47), "-q", "5", "-m", "6")
cwebp("q40-segments.webp", scene(61, 47, 2), "-q", "40", "-m", "4", "-segments", "4", "-sns", "100")
cwebp("q75.webp", scene(61, 47, 3), "-q", "75")
cwebp("q100.webp", scene(33, 29, 4), "-q", "100", "-m", "6")
cwebp("q60-m0.webp", scene(48, 32, 5), "-q", "60", "-m", "0")
cwebp("filter-none.webp", scene(50, 34, 6), "-q", "20", "-f", "0")
cwebp("filter-simple.webp", scene(50, 34, 6), "-q", "20", "-f", "70", "-nostrong")
cwebp("filter-simple-sharp.webp", scene(50, 34, 6), "-q", "20", "-f", "30", "-nostrong", "-sharpness", "6")
cwebp("filter-strong.webp", scene(50, 34, 6), "-q", "20", "-f", "100", "-strong")
cwebp("filter-strong-sharp.webp", scene(50, 34, 6), "-q", "20", "-f", "60", "-strong", "-sharpness", "3")
cwebp("filter-strong-sharpest.webp", scene(50, 34, 6), "-q", "40", "-f", "60", "-strong", "-sharpness", "7")
for width, height in [(1, 1), (2, 1), (1, 2), (3, 3), (16, 16), (17, 33), (1, 40), (40, 1)]:
    cwebp(f"lossy-{width}x{height}.webp", scene(width, height, 7), "-q", "70")
vpxenc("partitions-8.webp", scene(40, 150, 8), "--token-parts=3", "--target-bitrate=900")
vpxenc("partitions-2-profile-3.webp", scene(64, 40, 9), "--token-parts=1", "--profile=3", "--target-bitrate=500",
       "--sharpness=4")

cwebp("lossy-smooth.webp", Image.fromarray(np.dstack([np.add.outer(np.arange(48) * 3, np.arange(64) * 1)] * 3)
                                           .astype(np.uint8)), "-q", "50", "-m", "0")
cwebp("q0.webp", scene(120, 90, 15), "-q", "0", "-m", "6", "-sns", "0")

# Lossless: colors tables with 8, 4, 2 and 1 indices in a pixel, and all that an encoder does to an image of many colors.
for colors in [2, 3, 16, 17, 200]:
    cwebp(f"palette-{colors}.webp", scene(61, 33, 10).quantize(colors).convert("RGB"), "-lossless", "-m", "6", "-q", "100")
for method in [0, 3, 6]:
    cwebp(f"lossless-m{method}.webp", scene(37, 27, 11), "-lossless", "-m", str(method), "-q", "100")
cwebp("near-lossless.webp", scene(37, 27, 12), "-near_lossless", "20")
patches = Image.new("RGB", (96, 96))
for i in range(9):
    step = [3, 40, 1, 17, 90, 5, 128, 9, 2][i]
    patch = np.random.default_rng(i).integers(0, 4, (32, 32, 3)) * step + i * 20
    patches.paste(Image.fromarray((patch % 256).astype(np.uint8)), (i % 3 * 32, i // 3 * 32))
cwebp("entropy-image.webp", patches.crop((0, 0, 72, 72)), "-lossless", "-m", "6", "-q", "100")
y, x = np.mgrid[0:60, 0:80]
smooth = np.dstack([x * 3 + y, x + y * 2, (x * x + y * y) // 40]).astype(np.uint8)
cwebp("lossless-smooth.webp", Image.fromarray(smooth), "-lossless", "-m", "6", "-q", "100")
repeats = Image.fromarray(np.tile(np.random.default_rng(3).integers(0, 256, (11, 13, 3), dtype=np.uint8), (6, 7, 1)))
cwebp("lossless-repeats.webp", repeats, "-lossless", "-m", "4")
cwebp("lossless-1x1.webp", scene(1, 1, 13), "-lossless")
cwebp("one-color.webp", Image.new("RGB", (300, 200), (30, 200, 40)), "-lossless", "-m", "6", "-q", "100")



class Bits:
    """Writes a lossless bitstream by hand: every literal as the 8 bits of its value, so that any transform can be had."""

    def __init__(self, width, height):
        self.bits = []
        self.put(0x2f, 8)
        self.put(width - 1, 14)
        self.put(height - 1, 14)
        self.put(0, 4)

    def put(self, value, count):
        self.bits += [value >> i & 1 for i in range(count)]

    def codes(self):
        """The first 256 symbols of green, red, blue and alpha have 8 bits each; distances have the one symbol 0."""
        for _ in range(4):
            self.put(0, 1)
            self.put(8, 4)
            for length in [0] * 11 + [1]:
                self.put(length, 3)
            self.put(1, 1)
            self.put(3, 3)
            self.put(254, 8)
        self.put(0b0001, 4)

    def pixels(self, argb):
        """Rows of (alpha, red, green, blue), without a color cache."""
        self.codes()
        for alpha, red, green, blue in argb.reshape(-1, 4).tolist():
            for value in (green, red, blue, alpha):
                self.put(int(f"{value:08b}"[::-1], 2), 8)

    def parameters(self, kind, *fields):
        """Begins a transform, whose pixels follow."""
        self.put(1, 1)
        self.put(kind, 2)
        for value, count in fields:
            self.put(value, count)
        self.put(0, 1)

    def save(self, name, argb):
        self.put(0, 3)
        self.pixels(argb)
        data = np.packbits(np.array(self.bits, np.uint8), bitorder="little").tobytes()
        write(name, chunk(b"VP8L", data))


random = np.random.default_rng(16)
noise = random.integers(0, 256, (20, 23, 4))
bits = Bits(23, 20)
bits.parameters(0, (0, 3))
modes = np.zeros((5, 6, 4), int)
modes[..., 2] = np.arange(30).reshape(5, 6) % 16
bits.pixels(modes)
bits.save("by-hand-predictors.webp", noise // 8 * 31 % 256)
bits = Bits(23, 20)
bits.parameters(1, (1, 3))
bits.pixels(random.integers(0, 256, (3, 3, 4)))
bits.put(0b101, 3)
bits.save("by-hand-color-and-green.webp", noise)
for colors, coded in [(2, 3), (3, 6), (4, 6), (11, 12), (16, 12), (20, 23)]:
    bits = Bits(23, 20)
    bits.parameters(3, (colors - 1, 8))
    bits.pixels(random.integers(0, 256, (1, colors, 4)))
    bits.save(f"by-hand-colors-{colors}.webp", random.integers(0, 256 if colors < 20 else 23, (20, coded, 4)))

# Transparency of lossy images is a chunk of its own: raw or compressed, predicted or not.
transparent = scene(40, 30, 14)
transparent.putalpha(Image.fromarray((np.mgrid[0:30, 0:40].sum(0) * 4 % 256).astype(np.uint8)))
for method in [0, 1]:
    cwebp(f"alpha-{method}.webp", transparent, "-q", "60", "-alpha_method", str(method), "-alpha_filter", "best")
cwebp("lossless-alpha.webp", transparent.crop((0, 0, 30, 20)), "-lossless", "-exact")

# Containers. Flags of VP8X: 2 animation, 8 EXIF, 16 alpha, 32 profile. A frame's offset is in units of two pixels.
image = payload("q60-m0.webp")
exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
write("profile-broken.webp", extended(32, 48, 32), chunk(b"ICCP", b"no profile"), chunk(b"VP8 ", image))
write("orientation-6.webp", extended(8, 48, 32), chunk(b"VP8 ", image), chunk(b"EXIF", exif))
write("unknown-chunk.webp", extended(0, 48, 32), chunk(b"ABCD", b"odd"), chunk(b"VP8 ", image))
for name, kind, source in [("lossy", b"VP8 ", "q60-m0.webp"), ("lossless", b"VP8L", "lossless-m0.webp")]:
    width, height = Image.open(source).size
    frame = uint24(5) + uint24(3) + uint24(width - 1) + uint24(height - 1) + uint24(100) + b"\0" + chunk(kind, payload(source))
    write(f"frame-on-canvas-{name}.webp", extended(2, 70, 50), chunk(b"ANIM", b"\x20\x40\x60\xff\0\0"), chunk(b"ANMF", frame))

# Files that libwebp refuses.
image = payload("lossless-m3.webp")
write("cut-lossless.webp", chunk(b"VP8L", image[:len(image) // 2]))
write("cut-after-header.webp", chunk(b"VP8L", image[:7]))
image = payload("q75.webp")
write("cut-lossy.webp", chunk(b"VP8 ", image[:len(image) * 2 // 3]))
write("not-the-canvas.webp", extended(0, 60, 47), chunk(b"VP8 ", image))
write("frame-beyond-canvas.webp", extended(2, 46, 38), chunk(b"ANIM", b"\0" * 6), chunk(b"ANMF", frame))
write("no-image.webp", extended(0, 48, 32), chunk(b"EXIF", exif))
pathlib.Path("chunk-beyond-file.webp").write_bytes(b"RIFF" + struct.pack("<I", 12 + len(image)) + b"WEBPVP8 "
                                                   + struct.pack("<I", len(image) + 10) + image)

with open("expected.csv", "w") as expected:
    for name in sorted(path.name for path in pathlib.Path(".").glob("*.webp")):
        try:
            decoded = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
            print(name, *decoded.size, zlib.crc32(decoded.tobytes()), sep=", ", file=expected)
        except (OSError, EOFError):
            print(name, "refused", "", "", sep=", ", file=expected)
