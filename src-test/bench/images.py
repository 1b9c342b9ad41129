"""Images a second of Thaw's loader and of PyTorch's DataLoader with Pillow, turn by turn; ./images starts it."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys

here = pathlib.Path(__file__).parent
parser = argparse.ArgumentParser(prog="images", description=__doc__)
parser.add_argument("folder", help="with train/CLASS/*.jpg")
parser.add_argument("--size", default="224", help="pixels (224)")
parser.add_argument("--threads", default=str(os.cpu_count()), help="threads of Thaw's, workers of PyTorch's (one a core)")
parser.add_argument("--rounds", type=int, default=9, help="epochs of each (9)")
options = parser.parse_args()

thaw = os.environ["THAW_JAVA_COMMAND"].split("\n")
commands = {
    "Thaw": thaw[:-1] + [f"{thaw[-1]}{os.pathsep}{os.environ['CONTENDER_CLASSES']}", "thaw.peers.ThawImages"],
    "DataLoader": [sys.executable, str(here / "pillow_images.py")],
}
contenders = {name: subprocess.Popen(command + [options.folder, options.size, options.threads], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
              for name, command in commands.items()}


def ask(name, request):
    print(request, file=contenders[name].stdin, flush=True)
    return float(contenders[name].stdout.readline())


for name, process in contenders.items():
    if process.stdout.readline().strip() != "first":
        sys.exit(f"images: {name} does not start: {' '.join(process.args)}")
millis = {name: [] for name in contenders}
for turn in range(options.rounds + 2):
    for name in contenders:
        elapsed = ask(name, "step")
        if turn >= 2:
            millis[name].append(elapsed)
for name in contenders:
    images = ask(name, "values")
    print(f"{name:10} {1e3 * images / statistics.median(millis[name]):7.0f} images/s")
    print("quit", file=contenders[name].stdin, flush=True)
print(f"ratio      {statistics.median(millis['DataLoader']) / statistics.median(millis['Thaw']):7.2f}")
