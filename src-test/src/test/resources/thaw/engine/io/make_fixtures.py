"""Makes the small checkpoint files of this folder (PyTorch 2.13, timm 1.0, NumPy 2)."""
import argparse
import collections
import datetime
import enum
import functools
import io
import os
import pathlib
import pickle
import shutil
import struct
import tarfile
import tempfile
import zipfile

import numpy
import torch

base = torch.arange(24, dtype=torch.float32) / 4 - 2


def state_dict():
    d = collections.OrderedDict()
    d["plain"] = base.reshape(2, 3, 4).clone()
    d["transposed"] = base.reshape(4, 6).clone().t()
    d["sliced"] = base.reshape(4, 6).clone()[1:4:2, 1:6:3]
    d["channels_last"] = base.reshape(1, 2, 3, 4).clone().to(memory_format=torch.channels_last)
    shared = base.clone()
    d["shared.front"] = shared[:6].view(2, 3)
    d["shared.back"] = shared[20:]
    d["expanded"] = torch.tensor([1.5, -2.5]).expand(3, 2)
    d["scalar"] = torch.tensor(7.25)
    d["empty"] = torch.zeros(0, 3)
    d["parameter"] = torch.nn.Parameter(torch.tensor([0.5, 0.25]))
    d["f16"] = torch.tensor([1.0, -2.5, 65504.0, 6e-8, float("inf"), -0.0], dtype=torch.float16)
    d["bf16"] = torch.tensor([1.0, -2.5, 3.0e38, 1e-40, 0.1], dtype=torch.bfloat16)
    d["f64"] = torch.tensor([0.1, -1e300], dtype=torch.float64)
    d["i64"] = torch.tensor([2**62 + 1, -3])
    d["i32"] = torch.tensor([2**31 - 1, -2**31], dtype=torch.int32)
    d["i16"] = torch.tensor([32767, -32768], dtype=torch.int16)
    d["i8"] = torch.tensor([127, -128], dtype=torch.int8)
    d["u8"] = torch.tensor([255, 0], dtype=torch.uint8)
    d["bool"] = torch.tensor([True, False, True])
    d._metadata = collections.OrderedDict([("", {"version": 1})])
    return d


def legacy(obj, name, **options):
    torch.save(obj, name, _use_new_zipfile_serialization=False, **options)


def repack(source, target, method=zipfile.ZIP_STORED, replace=None, add=None):
    with zipfile.ZipFile(source) as a, zipfile.ZipFile(target, "w", method) as b:
        for info in a.infolist():
            content = a.read(info)
            for end, other in (replace or {}).items():
                if info.filename.endswith(end):
                    content = other
            b.writestr(zipfile.ZipInfo(info.filename), content, method)
        for name, content in (add or {}).items():
            b.writestr(zipfile.ZipInfo(name), content, method)


class Evil:
    def __reduce__(self):
        return os.system, ("echo gotcha",)


torch.save(state_dict(), "kinds.pth")
legacy(state_dict(), "kinds_legacy.pth")
repack("kinds.pth", "kinds_deflated.pth", zipfile.ZIP_DEFLATED)

few = {"module._orig_mod.fc.weight": torch.tensor([[1.0, 2.0], [3.0, 4.0]]), "module._orig_mod.fc.bias": torch.tensor([5.0, 6.0])}
nested = {"epoch": 12, "arch": "resnet18", "best_acc1": torch.tensor(76.5), "done": True, "lr": 0.125, "history": [1, 2.5, None],
          "big": 2**70, "size": torch.Size([1, 2]), "dtype": torch.float16, "device": torch.device("cpu"),
          "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"params": (0, 1)}]},
          "state_dict": few}
torch.save(nested, "nested.pth")
legacy(nested, "nested_legacy.pth")
torch.save({"n_averaged": torch.tensor(3), "module.w": torch.tensor([1.0])}, "averaged.pth")
torch.save({"a": {"w": torch.ones(1)}, "b": {"w": torch.ones(1)}}, "ambiguous.pth")
torch.save(torch.ones(2), "single_tensor.pth")
torch.save({"w": torch.tensor([1, 65535], dtype=torch.uint16)}, "uint16.pth")

one = {"w": torch.tensor([1.0, -2.0])}
torch.save(one, "one.pth")
big = torch.tensor([1.0, -2.0]).numpy().astype(">f4").tobytes()
repack("one.pth", "big_endian.pth", replace={"byteorder": b"big", "data/0": big})
repack("one.pth", "unknown_endian.pth", replace={"byteorder": b"middle"})
repack("one.pth", "short_storage.pth", replace={"data/0": b"\0\0\0\0"})
repack("one.pth", "torchscript.pth", add={"one/constants.pkl": b""})
torch.save({"w": Evil()}, "evil.pth")
legacy({"w": Evil()}, "evil_legacy.pth")
torch.save(torch.nn.Linear(1, 1), "module.pth")
torch.save(one, "protocol4.pth", pickle_protocol=4)
with open("plain_pickle.pth", "wb") as f:
    pickle.dump({"w": [1.0]}, f, protocol=2)


def tar_member(archive, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def legacy_tar(obj, name, prefix="", form=tarfile.USTAR_FORMAT, view=None):
    """PyTorch's format of 2016. A tensor whose name is in `view` lies in a storage that is a stretch of another."""
    storages, tensors, views = {}, {}, []

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if not isinstance(value, torch.Tensor):
                return None
            value = value.detach()
            storage = value.untyped_storage().data_ptr()
            storages.setdefault(storage, (100 + len(storages), value))
            key = 1000 + len(tensors)
            tensors[key] = (storages[storage][0], value)
            return str(key)

    pickled = io.BytesIO()
    Pickler(pickled, 2).dump(obj)
    words = {torch.float32: "Float", torch.float64: "Double", torch.float16: "Half", torch.int64: "Long", torch.int32: "Int",
             torch.int16: "Short", torch.int8: "Char", torch.uint8: "Byte"}

    def entry(key, second, word):
        return (b"\x80\x02" + pickle.dumps(key, 2)[2:-1] + pickle.dumps(second, 2)[2:-1]
                + f"ctorch\n{word}\n".encode() + b"\x87.")

    out = io.BytesIO()
    pickle.dump(len(storages), out, 2)
    for key, value in storages.values():
        flat = torch.empty(0, dtype=value.dtype).set_(value.untyped_storage())
        out.write(entry(key, "cpu", words[value.dtype] + "Storage"))
        out.write(struct.pack("<q", flat.numel()) + flat.numpy().tobytes())
    shown = {}
    for key, (storage, value) in tensors.items():
        if view is not None and value.data_ptr() == view.data_ptr():
            views.append((500, storage, value.storage_offset(), value.numel()))
            shown[key] = (500, 0)
        else:
            shown[key] = (storage, value.storage_offset())
    pickle.dump(views, out, 2)
    described = io.BytesIO()
    pickle.dump(len(tensors), described, 2)
    for key, (_, value) in tensors.items():
        described.write(entry(key, shown[key][0], words[value.dtype] + "Tensor"))
        described.write(struct.pack("<ii", value.dim(), 0))
        described.write(struct.pack(f"<{2 * value.dim()}q", *value.shape, *value.stride()))
        described.write(struct.pack("<q", shown[key][1]))
    system = pickle.dumps({"protocol_version": 1000, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}, 2)
    with tarfile.open(name, "w:", format=form) as archive:
        tar_member(archive, prefix + "sys_info", system)
        tar_member(archive, prefix + "pickle", pickled.getvalue())
        tar_member(archive, prefix + "tensors", described.getvalue())
        tar_member(archive, prefix + "storages", out.getvalue())


tarred = collections.OrderedDict((k, v) for k, v in state_dict().items()
                                 if v.dtype not in (torch.bfloat16, torch.bool) and k not in ("parameter", "empty"))
legacy_tar(tarred, "kinds_tar.pth", view=tarred["shared.back"])
legacy_tar({"epoch": 3, "state_dict": tarred}, "nested_tar.pth", "./", tarfile.GNU_FORMAT)


class Colour(enum.Enum):
    RED = 1


class Custom(dict):
    def __init__(self, **fields):
        super().__init__(fields)
        self.note = "kept"


class Slots:
    def __reduce__(self):
        return os.system, ("echo gotcha",), {"a": 1}


class Keywords:
    def __new__(cls, *, a):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"a": 1}


def inert():
    default = collections.defaultdict(list, {"loss": [1.0, 0.5]})
    return {
        "args": argparse.Namespace(model="resnet50", lr=0.5, mean=[0.485, 0.456], out=pathlib.PurePosixPath("/data/run"),
                                   nothing=None, nested=argparse.Namespace(depth=18)),
        "best": numpy.float64(76.125), "top5": numpy.float32(0.5), "step": numpy.int64(-7), "flag": numpy.bool_(True),
        "half": numpy.float16(2), "array": numpy.arange(6, dtype=numpy.float32).reshape(2, 3), "history": default,
        "where": pathlib.PurePosixPath("runs/a"), "when": datetime.datetime(2020, 2, 29), "delta": datetime.timedelta(1),
        "colour": Colour.RED, "partial": functools.partial(int, base=2), "custom": Custom(a=1), "evil": Slots(),
        "keywords": Keywords(a=1), "queue": collections.deque([1, 2], 5), "complex": 1 + 2j, "set": {1, "a"},
        "frozen": frozenset([1, 2]), "bytes": b"\x00\xff", "bytearray": bytearray(b"ab"), "long": -2**1000, "int": 2**40,
        "float": -0.1, "inf": float("inf"), "text": "\u00e4\u4e2d\U0001f600", "type": torch.nn.Linear, "layout": torch.strided,
        "slice": slice(1, 2), "range": range(3), "counter": collections.Counter("abca"), "dtype": numpy.dtype("<f4"),
        "state_dict": {"a": torch.tensor([1.0, -2.0]), "b": torch.arange(6).reshape(2, 3).t(), "count": 5, "config": Colour.RED},
    }


for protocol in (1, 2, 4, 5):
    torch.save(inert(), f"inert{protocol}.pth", pickle_protocol=protocol)
legacy(inert(), "inert_legacy4.pth", pickle_protocol=4)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 1, bias=False)
        self.body = torch.nn.Sequential(torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.Sequential(torch.nn.Linear(2, 1)))
        self.register_buffer("passing", torch.ones(3), persistent=False)
        self.register_buffer("kept", torch.tensor([9.0]))
        with torch.no_grad():
            for i, p in enumerate(self.parameters()):
                p.copy_(torch.arange(p.numel()).reshape(p.shape) + 10 * i)


class Leaf(torch.nn.Module):
    def __init__(self, child=None):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
        self.child = child


torch.save(Net(), "whole.pth")
legacy(Leaf(Leaf()), "whole_legacy.pth")
torch.save({"model": Net(), "ema": None, "epoch": 4}, "whole_inside.pth")

torch.save({"w": torch.tensor([1.0, 2.0]), "complex": torch.tensor([1 + 2j]), "sparse": torch.eye(2).to_sparse(),
            "float8": torch.tensor([[1.0, 2.0]]).to(torch.float8_e4m3fn), "meta": torch.empty(2, 3, device="meta"),
            "wide": torch.tensor([1.0]).expand(1 << 25), "huge": torch.tensor([1.0]).expand(1 << 20, 1 << 20),
            "quantized": torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.5, 0, torch.qint8)}, "unread.pth")

student, teacher = {"module.w": torch.tensor([1.0, 2.0])}, {"module.w": torch.tensor([3.0, 4.0])}
torch.save({"student": student, "teacher": teacher, "epoch": 9, "optimizer": {"state": {0: {"step": torch.ones(2)}}},
            "loss": {"center": torch.zeros(1, 2)}}, "dino.pth")
torch.save({"epoch": 2, "arch": "resnet10t", "state_dict": {"w": torch.tensor([1.0, 2.0])},
            "state_dict_ema": {"w": torch.tensor([3.0, 4.0])}, "metric": 71.5}, "ema.pth")


def timm_checkpoint(name):
    """A checkpoint of timm's train.py, of a model of two weights; its average is 10 more."""
    from timm.utils import CheckpointSaver, ModelEmaV3

    model = torch.nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, 2.0]]))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 2)).backward()
    average = ModelEmaV3(model)
    with torch.no_grad():
        average.module.weight += 10
    args = argparse.Namespace(model="resnet10t", lr=0.5, mean=(0.5, 0.5, 0.5), std=None, output=pathlib.PurePosixPath("/out"))
    with tempfile.TemporaryDirectory() as folder:
        saver = CheckpointSaver(model, optimizer, args=args, model_ema=average, checkpoint_dir=folder, recovery_dir=folder)
        saver.save_checkpoint(3, metric=numpy.float64(71.25))
        shutil.copy(os.path.join(folder, "last.pth.tar"), name)


timm_checkpoint("timm.pth.tar")

# Limits of 0 make Python's zipfile write every size and place as zip64 does.
zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 0
repack("one.pth", "zip64.pth")
os.remove("one.pth")
