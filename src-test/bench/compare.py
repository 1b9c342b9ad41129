"""Runs Thaw and its peers side by side and prints the ratios of their times. See README.md; ./compare starts it."""

import argparse
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
TURN_MS = 200       # of steps in a turn, so that a turn is long beside the switch to it
WINDOW, GAIN = 5, 0.02
PAUSE = 0.05        # seconds between turns, in which the threads of the one before stop spinning
SCORES_BAR = 1e-3   # relative L2 distance of scores from PyTorch's: float32, and Winograd's rounding
LOSS_BAR = 1e-4     # of the first three losses, relative; the second one's has a whole step behind it
LOSSES = 3
PEERS = ["torch", "torch-cl", "ort", "djl"]
NAMES = {"thaw": "Thaw", "thaw-plain": "Thaw, scalar loops", "torch": "PyTorch", "torch-cl": "PyTorch channels_last",
         "ort": "ONNX Runtime", "djl": "DJL"}


@dataclass(frozen=True)
class Case:
    mode: str
    arch: str
    batch: int
    size: int
    contenders: tuple

    def __str__(self):
        return f"{self.mode}-{self.arch}-{self.batch}"


ALL = ("thaw", "torch", "torch-cl", "ort", "djl")
TRAINING = ("thaw", "torch", "torch-cl", "djl")
CASES = [
    Case("infer", "resnet18", 1, 224, ALL + ("thaw-plain",)),
    Case("infer", "resnet18", 16, 224, ALL + ("thaw-plain",)),
    Case("infer", "resnet50", 1, 224, ALL),
    Case("infer", "resnet50", 16, 224, ALL),
    Case("train", "resnet18", 16, 224, TRAINING),
    Case("train", "resnet50", 8, 224, TRAINING),
    Case("train-head", "resnet18", 16, 224, TRAINING),
    Case("train", "resnet20", 128, 32, ("thaw", "torch", "torch-cl")),
]
START = Case("infer", "resnet18", 1, 224, ("thaw", "torch", "ort", "djl"))

# Row, case, what is compared, against the best of which peers.
ROWS = [(f"inference {arch} batch {batch}", f"infer-{arch}-{batch}", "median", peers)
        for arch in ("resnet18", "resnet50") for batch in (1, 16)
        for peers in (("torch", "torch-cl"), ("ort",), ("djl",))]
ROWS += [(f"training {arch} batch {batch}, all layers", f"train-{arch}-{batch}", "median", peers)
         for arch, batch in (("resnet18", 16), ("resnet50", 8)) for peers in (("torch", "torch-cl"), ("djl",))]
ROWS += [("training resnet18 batch 16, last block and head", "train-head-resnet18-16", "median", ("torch", "torch-cl")),
         ("training resnet18 batch 16, last block and head", "train-head-resnet18-16", "median", ("djl",)),
         ("training resnet20 batch 128, 32×32", "train-resnet20-128", "median", ("torch", "torch-cl"))]
ROWS += [(f"peak memory, {what}", case, "memory", ("torch", "torch-cl"))
         for what, case in (("inference resnet50 batch 16", "infer-resnet50-16"),
                            ("training resnet18 batch 16", "train-resnet18-16"),
                            ("training resnet50 batch 8", "train-resnet50-8"))]
ROWS += [("process start to first prediction", "start", "median", (peer,)) for peer in ("torch", "ort", "djl")]
PLAIN_ROWS = [(f"scalar loops, inference resnet18 batch {b}", f"infer-resnet18-{b}", "median", ("torch", "torch-cl")) for b in (1, 16)]


class Contender:
    """A process that does steps when it is told to: see contender.py."""

    def __init__(self, name, case, options):
        self.name, self.millis = name, []
        words = [str(options.folder), case.arch, case.mode, str(case.batch), str(case.size), str(options.threads)]
        start = time.perf_counter()
        self.errors = open(options.folder / f"{name}.log", "w+")
        self.process = subprocess.Popen(command(name, options) + words + layout(name), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        env=dict(os.environ, DJL_CACHE_DIR=str(options.folder / "djl")))
        if self.read() != "first":
            self.fail()
        self.start_ms = 1e3 * (time.perf_counter() - start)

    def read(self):
        return self.process.stdout.readline().strip()

    def fail(self):
        self.process.wait()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if not line.startswith("WARNING")]
        raise RuntimeError(f"{NAMES[self.name]} ended: {' | '.join(lines[:3] + lines[-1:])}")

    def ask(self, request):
        try:
            print(request, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            self.fail()
        answer = self.read()
        if not answer:
            self.fail()
        return [float(word) for word in answer.split()]

    def step(self):
        return self.ask("step")[0]

    def warm_up(self, least):
        """As thaw bench decides it: until the last steps are no faster than those before, but so many seconds at least."""
        millis, start = [], time.perf_counter()
        while True:
            millis.append(self.step())
            seconds = time.perf_counter() - start
            steady = len(millis) >= 2 * WINDOW and statistics.median(millis[-WINDOW:]) >= (1 - GAIN) * statistics.median(
                millis[-2 * WINDOW:-WINDOW])
            if seconds >= least and steady or seconds > least + 60:
                return statistics.median(millis[-WINDOW:])

    def turn(self):
        """The median of some steps, after one that fetches what the other contenders have driven out of the caches."""
        first = self.step()
        self.millis.append(statistics.median(self.step() for _ in range(max(1, min(20, round(TURN_MS / first))))))

    def close(self):
        try:
            print("quit", file=self.process.stdin, flush=True)
            self.process.wait(20)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()
        self.errors.close()


def command(name, options):
    if name.startswith("torch"):
        return [sys.executable, str(HERE / "torch_contender.py")]
    java, *flags, class_path = options.java
    main = {"ort": "OnnxRuntime", "djl": "Djl"}.get(name, "Thaw")
    if name == "thaw-plain":
        i = flags.index("--add-modules")
        flags = flags[:i] + flags[i + 2:]
    if main != "Thaw":
        # As these are started by their own guides: no options but the class path.
        flags = ["-cp"]
    return [java, *flags, os.pathsep.join([class_path, options.classes, str(options.peers / "*")]), f"thaw.peers.{main}Contender"]


def layout(name):
    return {"torch": ["contiguous"], "torch-cl": ["channels_last"]}.get(name, [])


def missing(name, options):
    """Why a contender cannot run here, or nothing."""
    jar = {"ort": "onnxruntime-*.jar", "djl": "pytorch-native-cpu-*.jar"}.get(name)
    if jar and not list(options.peers.glob(jar)):
        return f"{jar} is not in {options.peers}"
    if name == "thaw-plain" and "--add-modules" not in options.java:
        return "this Java has no Vector API, so Thaw uses scalar loops anyway"
    return None


def say(text):
    print(text, file=sys.stderr, flush=True)


def start_all(case, options, names):
    started = []
    for name in names:
        try:
            started.append(Contender(name, case, options))
        except RuntimeError as e:
            say(f"SKIPPED {name} in {case}: {e}")
    return started


def distance(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b))) / math.sqrt(sum(y * y for y in b))


def agree(case, contenders):
    """Whether all find what PyTorch, or else the first contender, finds; says by how much they differ."""
    bar, steps = (SCORES_BAR, 1) if case.mode == "infer" else (LOSS_BAR, LOSSES)
    results = {c.name: [c.ask("values")] for c in contenders}
    for _ in range(1, steps):
        for c in contenders:
            c.step()
            results[c.name].append(c.ask("values"))
    reference = "torch" if "torch" in results else contenders[0].name
    good = True
    for name in results:
        if name != reference:
            worst = max(distance(v, r) for v, r in zip(results[name], results[reference]))
            say(f"  {NAMES[name]} differs from {NAMES[reference]} by {worst:.1e}" + ("" if worst <= bar else f", MORE than {bar}"))
            good = good and worst <= bar
    return good


def run_case(case, options, names):
    say(f"{case}")
    contenders = start_all(case, options, names)
    try:
        good = agree(case, contenders) if contenders else False
        for c in contenders:
            say(f"  {NAMES[c.name]} is warm at {c.warm_up(options.warm_up):.1f} ms")
        for _ in range(options.rounds):
            for c in contenders:
                c.turn()
                time.sleep(PAUSE)
        result = {c.name: {"median": statistics.median(c.millis), "min": min(c.millis), "all": c.millis,
                           "memory": c.ask("memory")[0]} for c in contenders}
    finally:
        for c in contenders:
            c.close()
    for name, r in result.items():
        quartiles = statistics.quantiles(r["all"], n=4, method="inclusive")
        say(f"  {NAMES[name]:22} median {r['median']:8.1f} ms, minimum {r['min']:8.1f}, spread "
            f"{100 * (quartiles[2] - quartiles[0]) / r['median']:4.1f} %, {r['memory']:5.0f} MiB")
    return result, good


def run_start(options, names):
    say("process start to first prediction")
    millis = {name: [] for name in names}
    for _ in range(options.rounds + 1):
        for name in list(millis):
            for c in start_all(START, options, [name]):
                millis[name].append(c.start_ms)
                c.close()
    # The first round reads files that later ones find in the system's cache.
    result = {name: {"median": statistics.median(m[1:]), "min": min(m[1:]), "all": m[1:]} for name, m in millis.items() if len(m) > 1}
    for name, r in result.items():
        say(f"  {NAMES[name]:22} median {r['median']:8.0f} ms, minimum {r['min']:8.0f}")
    return result


def versions(options):
    import torch
    lines = [f"{platform.machine()}, {cpu()}, {options.threads} threads, {platform.system()} {platform.release()}",
             f"Java: {java_version(options.java[0])}", f"PyTorch {torch.__version__}, Python {platform.python_version()}"]
    lines += [p.name for p in sorted(options.peers.glob("*.jar")) if p.name.startswith(("onnxruntime", "pytorch-"))]
    return lines


def java_version(java):
    return subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr.splitlines()[1]


def cpu():
    try:
        with open("/proc/cpuinfo") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def table(results):
    print("\n| | Thaw | the peer | ratio |\n| --- | --- | --- | --- |")
    rows = [(row, "thaw") for row in ROWS] + [(row, "thaw-plain") for row in PLAIN_ROWS]
    for (title, case, what, peers), own in rows:
        result = results.get(case, {})
        theirs = [(result[p][what], p) for p in peers if p in result]
        if own not in result or not theirs:
            continue
        unit = "MiB" if what == "memory" else "ms"
        best, name = min(theirs)
        print(f"| {title} | {result[own][what]:.1f} {unit} | {NAMES[name]} {best:.1f} {unit} | {best / result[own][what]:.2f} |")


def main():
    names = sorted(NAMES)
    cases = [str(c) for c in CASES] + ["start"]
    parser = argparse.ArgumentParser(prog="compare", description="Runs Thaw and its peers side by side.")
    parser.add_argument("--cases", default=",".join(cases), help="of " + ", ".join(cases))
    parser.add_argument("--only", default=",".join(names), help="contenders, of " + ", ".join(names))
    parser.add_argument("--rounds", type=int, default=9, help="turns of each contender (default and least for a table: 9)")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds at least, for each contender (default: 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="(default: one a core)")
    parser.add_argument("--json", help="a file for all that was measured")
    options = parser.parse_args(sys.argv[1:])
    if options.rounds < 2:
        parser.error(f"--rounds: expected at least 2, got {options.rounds}")
    wanted, only = options.cases.split(","), options.only.split(",")
    for value, known in [(v, cases) for v in wanted] + [(v, names) for v in only]:
        if value not in known:
            parser.error(f"there is no {value}; expected of {', '.join(known)}")
    options.java = os.environ["THAW_JAVA_COMMAND"].splitlines()
    options.peers, options.folder = pathlib.Path(os.environ["PEER_JARS"]), pathlib.Path(os.environ["COMPARE_FOLDER"])
    options.classes = os.environ["CONTENDER_CLASSES"]
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in list(only):
        reason = missing(name, options)
        if reason:
            say(f"SKIPPED {name}: {reason}")
            only.remove(name)

    import prepare
    results, good = {}, True
    for line in versions(options):
        print(line)
    for case in CASES:
        if str(case) in wanted:
            prepare.weights(case.arch, options.folder)
            prepare.images(case.batch, case.size, options.folder)
            if "djl" in only and "djl" in case.contenders:
                prepare.torchscript(case.arch, case.mode, options.folder)
            results[str(case)], agreed = run_case(case, options, [n for n in case.contenders if n in only])
            good = good and agreed
    if "start" in wanted:
        prepare.weights(START.arch, options.folder)
        prepare.images(START.batch, START.size, options.folder)
        if "djl" in only:
            prepare.torchscript(START.arch, START.mode, options.folder)
        results["start"] = run_start(options, [n for n in START.contenders if n in only])
    table(results)
    if options.json:
        with open(options.json, "w") as f:
            json.dump({"machine": versions(options), "results": results}, f, indent=1)
    if not good:
        say("contenders disagree, or none could run: see above")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
