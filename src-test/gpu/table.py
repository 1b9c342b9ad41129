"""What `check` has found, in one table: table.py FOLDER. Steps that did not run are left out."""
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(sys.argv[1])


def text(name):
    path = FOLDER / name
    return path.read_text() if path.exists() else ""


def records(name):
    """The lines of JSON; a step that was stopped may have left half of one."""
    found = []
    for line in text(name).splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def cell(value, width, digits=2):
    return " " * width if value is None else f"{value:{width}.{digits}f}"


def right():
    parity = text("parity.txt").splitlines()
    print("\n".join(["parity: " + parity[-1]] + parity[:-1]) if parity else "parity: did not run")
    ends = re.findall(r":: (SUCCESSFUL|FAILED|ABORTED)$", text("tests.txt"), re.M)
    if ends:
        stopped = "" if "tests found" in text("tests.txt") else ", stopped by the limit"
        print(f"tests: {ends.count('SUCCESSFUL')} right, {ends.count('FAILED')} wrong, {ends.count('ABORTED')} skipped{stopped}")
        print("\n".join(line.strip() for line in text("tests.txt").splitlines() if line.endswith(":: FAILED")))


def first_steps():
    for r in records("first.jsonl"):
        print(f"first step of a process, {r['arch']} train {r['batch']}, caches: {r['caches']:24} {r['first_s']:7.2f} s,"
              f" second step {r['second_s']:6.3f} s")


def step_times():
    def key(r):
        return r["arch"], r["mode"], r["batch"]

    tuned = {key(r): r["median_ms"] for r in records("tuned.jsonl")}
    torch = {key(r): r for r in records("torch.jsonl") if "arch" in r}
    print(f"\n{'milliseconds a step':24}{'untuned':>9}{'tuned':>9}{'PyTorch':>9}{'ch. last':>9}{'TF32':>9}{'fp32/Thaw':>11}{'TF32/Thaw':>11}")
    for r in records("bench.jsonl"):
        peer = torch.get(key(r), {})
        best = min(r["median_ms"], tuned.get(key(r), r["median_ms"]))
        fp32 = min((peer[k] for k in ("fp32", "fp32_last") if k in peer), default=None)
        tf32 = peer.get("tf32")
        print(f"{' '.join(map(str, key(r))):24}" + cell(r["median_ms"], 9) + cell(tuned.get(key(r)), 9) + cell(peer.get("fp32"), 9)
              + cell(peer.get("fp32_last"), 9) + cell(tf32, 9) + cell(fp32 and fp32 / best, 11) + cell(tf32 and tf32 / best, 11))


def kernels():
    for r in records("profile.jsonl"):
        total = sum(k["ms"] for k in r["kernels"])
        print(f"\n{r['arch']} {r['mode']} {r['batch']}: kernels {total:.2f} of {r['median_ms']:.2f} ms, "
              f"{sum(k['runs'] for k in r['kernels'])} launches; peaks {r['peak_gflops']:.0f} GFLOP/s, "
              f"{r['peak_gigabytes_per_second']:.0f} GB/s")
        for k in r["kernels"][:16]:
            print(cell(k["ms"], 9, 3) + f" ms {k['runs']:5d} runs" + cell(k.get("gflops"), 9, 0) + " GFLOP/s"
                  + cell(k.get("gigabytes_per_second"), 8, 0) + f" GB/s  {k['kernel']}")


def layers():
    torch = {tuple(r["layer"]): r["ms"] for r in records("torch.jsonl") if "layer" in r}
    mine = records("layers.jsonl")
    if mine:
        print("\nTFLOP/s of ResNet-50's convolutions: forward, gradient of the input, of the weight (PyTorch's)")
    sums = [[0, 0] for _ in range(3)]
    for r in mine:
        channels, side, outputs, size, stride = r["layer"]
        peer = torch.get(tuple(r["layer"]), [None] * 3)
        row = f"{r['count']} × {channels}×{side}² → {outputs}, {size}×{size}/{stride}"
        for i, (ms, other) in enumerate(zip(r["ms"], peer)):
            row = f"{row:32}" if i == 0 else row
            row += cell(r["gflop"] / ms, 8) + (" (" + cell(r["gflop"] / other, 6) + ")" if other else " " * 9)
            sums[i][0] += r["count"] * ms
            sums[i][1] += r["count"] * (other or 0)
        print(row)
    if mine:
        print(f"{'all, ms':32}" + "".join(cell(a, 8) + (f" ({b:6.2f})" if torch else " " * 9) for a, b in sums))


print(text("machine.txt").splitlines()[0] if text("machine.txt") else "")
right()
first_steps()
step_times()
kernels()
layers()
print("\n" + text("tune.txt").strip())
