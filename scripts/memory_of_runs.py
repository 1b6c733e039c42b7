"""Peak memory of training runs beyond what the process takes without samples, in units of the samples themselves.

    cargo build --release
    python scripts/memory_of_runs.py [DIM [SAMPLES [THREADS [OPTIMIZER,...]]]]

Looks every half millisecond at the anonymous resident memory (RssAnon, Linux) of `specdyn simulate` for every optimizer, subtracts that of the
same command on a handful of samples in three dimensions, and divides by the 8 d n bytes of X. Beside it, the high-water mark of all
resident memory (VmHWM), pages of the program and its libraries included, of which the system maps more or fewer. Exits with 1 where the
limit is exceeded, at the sizes and threads that have one.
"""
import os, subprocess, sys, time

dim, samples, threads = (int(a) for a in (sys.argv[1:4] + ["512", "20000", "1"][len(sys.argv[1:4]):]))
optimizers = sys.argv[4].split(",") if len(sys.argv) > 4 else ["gd", "specgd", "power:0.5", "muon", "adam", "sign", "normalized-gd"]
binary = os.path.join(os.path.dirname(__file__), "../target/release/specdyn")
limited = {(512, 20000), (256, 8000)}
limit = 1.10 if (dim, samples) in limited and threads in (1, 2) else None


def peak(dim, samples, steps, optimizer):
    """Largest anonymous and largest resident memory, in bytes."""
    command = [binary, "simulate", "--dim", dim, "--samples", samples, "--seeds", 1, "--steps", steps, "--step-size", "1e-3",
               "--every", 100000, "--optimizer", optimizer, "--threads", threads]
    run = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    mark = {"RssAnon:": 0, "VmHWM:": 0}
    while run.poll() is None:
        try:
            with open(f"/proc/{run.pid}/status") as status:
                for line in status:
                    name = line.split(maxsplit=1)[0]
                    if name in mark:
                        mark[name] = max(mark[name], 1024 * int(line.split()[1]))
        except OSError:
            pass
        time.sleep(0.0005)
    assert run.returncode == 0, command
    return mark.values()


data, exceeded = 8 * dim * samples, False
for optimizer in optimizers:
    # The SVD of a spectral power at d = 512 takes seconds.
    steps = 2 if optimizer.startswith("power") else 8
    (base, all_base), (whole, all_whole) = peak(3, 24, 10000, optimizer), peak(dim, samples, steps, optimizer)
    ratio = (whole - base) / data
    exceeded |= limit is not None and ratio > limit
    print(f"{optimizer:13} X {data / 1e6:.1f} MB, peak {whole / 1e6:6.1f}, process alone {base / 1e6:.1f}: {ratio:.3f} X (limit {limit}); "
          f"all resident {all_whole / 1e6:.1f}, process alone {all_base / 1e6:.1f}", flush=True)
sys.exit(exceeded)
