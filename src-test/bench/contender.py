"""The conversation of a contender with compare.py, one line each way.

The contender does a step as soon as it can and says "first". Then it is asked, and answers:
step -> milliseconds; values -> the last step's scores of the first image, or its loss; memory -> MiB at most; quit.
"""

import sys
import time


def peak_mebibytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def converse(step):
    """step() -> the values of a step"""
    values = step()
    print("first", flush=True)
    for line in sys.stdin:
        request = line.strip()
        if request == "step":
            start = time.perf_counter()
            values = step()
            print(1e3 * (time.perf_counter() - start), flush=True)
        elif request == "values":
            print(*values, flush=True)
        elif request == "memory":
            print(peak_mebibytes(), flush=True)
        elif request == "quit":
            return
