"""Peak memory of training runs beyond what the process takes without samples, in units of the samples themselves.

    cargo build --release
    python scripts/memory_of_runs.py [DIM [SAMPLES [THREADS]]]

Reads the high-water mark of the resident set (VmHWM, Linux) of `specdyn simulate` for every optimizer, subtracts that of the same
command on a handful of samples in three dimensions, and divides by the 8 d n bytes of X. Exits with 1 where a limit is exceeded.
"""
import os, subprocess, sys, time

dim, samples, threads = (int(a) for a in (sys.argv[1:] + ["512", "20000", "1"][len(sys.argv) - 1:]))
binary = os.path.join(os.path.dirname(__file__), "../target/release/specdyn")
# At d = 512, n = 20,000.
limits = {"gd": 1.10, "specgd": 1.13, "muon": 1.14}


def peak(dim, samples, steps, optimizer):
    """Largest resident set, in bytes."""
    command = [binary, "simulate", "--dim", dim, "--samples", samples, "--seeds", 1, "--steps", steps, "--step-size", "1e-3",
               "--every", 100000, "--optimizer", optimizer, "--threads", threads]
    run = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    mark = 0
    while run.poll() is None:
        try:
            with open(f"/proc/{run.pid}/status") as status:
                mark = max([mark] + [1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM")])
        except OSError:
            pass
        time.sleep(0.001)
    assert run.returncode == 0, command
    return mark


data, exceeded = 8 * dim * samples, False
for optimizer, limit in limits.items():
    base, whole = peak(3, 24, 20000, optimizer), peak(dim, samples, 6, optimizer)
    ratio = (whole - base) / data
    exceeded |= (dim, samples, threads) == (512, 20000, 1) and ratio > limit
    print(f"{optimizer:7} peak {whole / 1e6:6.1f} MB, process alone {base / 1e6:.1f} MB, X {data / 1e6:.1f} MB: {ratio:.3f} X "
          f"(limit {limit})", flush=True)
sys.exit(exceeded)
