"""Makes the small checkpoint files of this folder (PyTorch 2.13)."""
import collections
import os
import pickle
import zipfile

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
torch.save({"w": torch.tensor([1 + 2j])}, "complex.pth")
torch.save({"w": torch.eye(2).to_sparse()}, "sparse.pth")
with open("plain_pickle.pth", "wb") as f:
    pickle.dump({"w": [1.0]}, f, protocol=2)

# Limits of 0 make Python's zipfile write every size and place as zip64 does.
zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 0
repack("one.pth", "zip64.pth")
os.remove("one.pth")
