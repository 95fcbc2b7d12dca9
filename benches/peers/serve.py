"""The other side of the table: PyTorch, scikit-learn and faiss, one piece of work at a time.

`cargo bench --bench peers` starts it as `python serve.py THREADS` and writes a request a line; each gets one line back,
`= ...` or `! what went wrong`. Between requests it sleeps on its input, so the other side has the machine to itself.

    hello                   versions and settings
    variants ROW            the ways in which PyTorch can do this row
    make ROW VARIANT DATA   get ready; DATA is a file of the row's input, or -
    run COUNT               do it COUNT times: seconds of one, and the number that the last came to
    memory                  resident bytes now, and at their peak
    forget peak             let the peak begin again
"""

import gc
import os
import sys
import time
import warnings


def main():
    threads = int(sys.argv[1])
    # Read by OpenMP and BLAS when they load.
    for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
        os.environ[name] = str(threads)
    # Whatever a library prints must not look like an answer.
    answers, sys.stdout = sys.stdout, sys.stderr
    warnings.filterwarnings("ignore")
    work = None
    for line in sys.stdin:
        request, *words = line.split()
        try:
            if request == "hello":
                answer = hello(threads)
            elif request == "variants":
                answer = " ".join(kind(words[0]).variants(words[0].split("/")[1:]))
            elif request == "make":
                row, variant, data = words
                # Forget the row before, its memory too.
                work = None
                gc.collect()
                work = kind(row).make(row.split("/")[1:], variant, data)
                answer = "ready"
            elif request == "run":
                answer = run(work, int(words[0]))
            elif request == "forget":
                with open("/proc/self/clear_refs", "w") as peak:
                    peak.write("5")
                answer = "forgotten"
            elif request == "memory":
                answer = memory()
            else:
                raise ValueError(f"no such request: {request}")
            print("=", answer, file=answers, flush=True)
        except Exception as error:
            print("!", f"{type(error).__name__}: {error}".replace("\n", " "), file=answers, flush=True)


def kind(row):
    """The module that holds this row: the row's name up to the first slash."""
    import adam, features, inception, nearest, ops, steps, svm

    kinds = {
        "adam": adam,
        "features": features,
        "inception": inception,
        "nearest": nearest,
        "op": ops,
        "step": steps,
        "svm": svm,
    }
    return kinds[row.split("/")[0]]


def hello(threads):
    import faiss
    import sklearn
    import torch

    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    capability = torch.backends.cpu.get_cpu_capability()
    python = ".".join(str(v) for v in sys.version_info[:3])
    return (
        f"PyTorch {torch.__version__} ({capability}, {torch.get_num_threads()} threads), "
        f"scikit-learn {sklearn.__version__}, faiss {faiss.__version__}, Python {python}"
    )


def run(work, count):
    start = time.perf_counter()
    for _ in range(count):
        value = work()
    return f"{(time.perf_counter() - start) / count:.9f} {float(value)!r}"


def memory():
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    kib = lambda name: int(lines[name].split()[0]) * 1024
    return f"{kib('VmRSS')} {kib('VmHWM')}"


main()
