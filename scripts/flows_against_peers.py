"""Speed of flows and recursions: every promise of docs/benchmarks.md about them, beside heyoka and numba where there is a peer, in turn and in one go.

    pip install heyoka numba numpy
    cargo build --release --example flow_times [--features mpfr]
    python scripts/flows_against_peers.py [THREADS [ROUNDS [JOBS]]]

Both sides are run in alternating rounds, so that what else the machine does meets both; what is compared are the best times of all rounds,
by wall and by process CPU time. The CPU times of one thread are the ones to look at on a busy machine: a promise counts as kept when
its figure (wall where THREADS is above 1) is kept. JOBS is a regular expression; FLOW_TIMES another place of the binary. The jobs with
digits need the feature mpfr and are left out without it. One line a job: ours, the peer, their ratio, the promise, kept or missed.
Before them, the accuracy of both sides at t = 50, against heyoka's 50 digits.
"""
import os, re, subprocess, sys, threading, time

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
chosen = re.compile(sys.argv[3] if len(sys.argv) > 3 else "")
os.environ["NUMBA_NUM_THREADS"] = str(threads)
import heyoka as hy
import numpy as np
from numba import njit, prange

binary = os.environ.get("FLOW_TIMES", os.path.join(os.path.dirname(__file__), "../target/release/examples/flow_times"))
hy.set_nthreads(threads)
START, END, LANES = 1e-3, 50.0, 8


def best(f, units, seconds=1.0):
    """Best (wall, cpu) time of a unit, in ns; CPU over blocks of half a second."""
    f()
    result, end = [1e18, 1e18], time.perf_counter() + seconds
    while time.perf_counter() < end:
        cpu, block, calls = time.process_time(), time.perf_counter(), 0
        while time.perf_counter() < block + 0.5:
            wall = time.perf_counter()
            f()
            result[0] = min(result[0], time.perf_counter() - wall)
            calls += 1
        result[1] = min(result[1], (time.process_time() - cpu) / calls)
    return [1e9 * t / units for t in result]


def rates(mu, rest):
    """Variables and logarithmic rates of the GD flow: spike of variance mu, bulk of multiplicity rest."""
    a, b, c = hy.make_vars("a", "b", "c")
    tau = (a * a - 1.0) + mu * b * b + rest * c * c
    return (a, b, c), (-(2.0 * (a * a - 1.0) + tau), -mu * (2.0 * mu * b * b + tau), -(2.0 * c * c + tau))


def trajectory(tolerance):
    (w, k) = rates(21.0, 98.0)
    extra = {"tol": tolerance} if tolerance else {}
    flow = hy.taylor_adaptive([(x, r * x) for x, r in zip(w, k)], [START] * 3, **extra)

    def run():
        flow.time = 0.0
        flow.state[:] = START
        flow.propagate_until(END)

    return run, 1


def digits(count):
    precision = {50: 170, 100: 336}[count]
    real = lambda x: hy.real(x, precision)
    (w, k) = rates(21.0, 98.0)
    start = [real("1e-3")] * 3
    flow = hy.taylor_adaptive([(x, r * x) for x, r in zip(w, k)], start, fp_type=hy.real, prec=precision)

    def run():
        flow.time = real(0)
        flow.state[:] = start
        flow.propagate_until(real(50))

    return run, 1


class Batch:
    """Eight cells at a time, up to the escape of the last; escape times and the largest b/a at its exact maxima."""

    def __init__(self, tolerance):
        (a, b, c), (ka, kb, kc) = rates(hy.par[0], hy.par[1])
        margin = 0.19 * a * a * a * a - 0.81 * (b * b * b * b + hy.par[1] * c * c * c * c)

        # functions, not methods: heyoka copies what it calls, and with a method all of its object
        def escaped(flow, t, sign, lane):
            if np.isnan(self.escape[lane]):
                self.escape[lane] = t
                self.left -= 1

        def turned(flow, t, sign, lane):
            flow.update_d_output(np.full(LANES, t))
            w = flow.d_output[:, lane]
            self.largest[lane] = max(self.largest[lane], w[1] / w[0])

        events = [
            hy.nt_event_batch(margin, callback=escaped, direction=hy.event_direction.positive),
            hy.nt_event_batch(kb - ka, callback=turned, direction=hy.event_direction.negative),
        ]
        system = [(a, ka * a), (b, kb * b), (c, kc * c)]
        extra = {"tol": tolerance} if tolerance else {}
        self.flow = hy.taylor_adaptive_batch(
            system, np.full((3, LANES), START), pars=np.zeros((2, LANES)), nt_events=events, force_avx512=True, **extra
        )

    def run(self, mu, rest):
        for i in range(0, len(mu), LANES):
            self.largest, self.escape, self.left = np.ones(LANES), np.full(LANES, np.nan), LANES
            self.flow.set_time(0.0)
            self.flow.state[:] = START
            self.flow.pars[0], self.flow.pars[1] = mu[i : i + LANES], rest[i : i + LANES]
            self.flow.propagate_until(END, callback=lambda _: self.left > 0)


def grid(tolerance):
    strength, dimension = np.logspace(0, 2, 200), np.round(np.logspace(1, 3, 200))
    cells = np.concatenate([np.arange(i, i + 8) for i in range(0, 156 * 256, 156)])
    mu, rest = 1 + strength[cells // 200], dimension[cells % 200] - 2.0
    batches = [Batch(tolerance) for _ in range(threads)]
    parts = np.array_split(np.arange(len(cells)).reshape(-1, LANES), threads)

    def run():
        work = [threading.Thread(target=b.run, args=(mu[p.ravel()], rest[p.ravel()])) for b, p in zip(batches, parts)]
        [w.start() for w in work]
        [w.join() for w in work]

    return run, len(cells)


@njit(parallel=True, fastmath=True)
def steps(mu, rest, eta, count, spectral, largest, escape):
    """Blocks of 64 cells, with the largest b/a and the number of steps before the escape."""
    for block in prange(len(mu) // 64):
        a, b, c = np.full(64, START), np.full(64, START), np.full(64, START)
        m, t = np.ones(64), np.zeros(64)
        u, d = mu[block * 64 : block * 64 + 64].copy(), rest[block * 64 : block * 64 + 64].copy()
        for s in range(count):
            for i in range(64):
                p, q, r = a[i] * a[i] - 1, u[i] * b[i] * b[i], c[i] * c[i]
                tau = p + q + d[i] * r
                x, y, z = (2 * p + tau) * a[i], u[i] * (2 * q + tau) * b[i], (2 * r + tau) * c[i]
                if spectral:
                    a[i] -= eta if x > 0 else (-eta if x < 0 else 0.0)
                    b[i] -= eta if y > 0 else (-eta if y < 0 else 0.0)
                    c[i] -= eta if z > 0 else (-eta if z < 0 else 0.0)
                else:
                    a[i] -= eta * x
                    b[i] -= eta * y
                    c[i] -= eta * z
            for i in range(64):
                m[i] = max(m[i], b[i] * b[i] / (a[i] * a[i]))
            for i in range(64):
                t[i] += 0.0 if a[i] >= 0.9 else 1.0
        largest[block * 64 : block * 64 + 64] = m
        escape[block * 64 : block * 64 + 64] = t


def recursion(spectral):
    cells = np.arange(2048)
    mu, rest = 1 + cells % 64 * (100 / 63), 8.0 + 30.0 * (cells // 64)
    largest, escape = np.empty(2048), np.empty(2048)
    return lambda: steps(mu, rest, 1e-3, 1000, spectral, largest, escape), 2048 * 1000


class Job:
    """What is measured, its peer, and what is promised: a ratio to the peer, or a time of ours in ns a unit."""

    def __init__(self, peer=None, ratio=None, ns=None, beside=None, scales=False):
        self.peer, self.ratio, self.ns, self.beside, self.scales = peer, ratio, ns, beside, scales

    def promise(self):
        bounds = [f"{self.ratio} x" if self.ratio else "", f"{self.ns:g} ns" if self.ns else ""]
        return " and ".join(b for b in bounds if b) or "near-linear growth"

    def kept(self, ours, peer):
        within = [ours / peer <= self.ratio] if self.ratio and peer else []
        within += [ours <= self.ns] if self.ns else []
        return all(within)


jobs = {
    "trajectory-1e-10": Job(lambda: trajectory(1e-10), ratio=0.7),
    "trajectory-0": Job(lambda: trajectory(None), ratio=0.7),
    "grid-1e-10": Job(lambda: grid(1e-10), ratio=0.5, scales=True),
    "grid-0": Job(lambda: grid(None), ratio=0.5, scales=True),
    "exact": Job(ns=500, scales=True),
    "groups-100": Job(),
    "groups-1000": Job(),
    "groups-10000": Job(),
    "groups-100000": Job(ns=1e4),  # 1e5 groups in a second
    "groups-1000000": Job(),
    "recursion-gd": Job(lambda: recursion(False), ratio=0.73, ns=0.8, scales=True),
    "recursion-specgd": Job(lambda: recursion(True), ratio=0.62, ns=0.8, scales=True),
    "digits-50": Job(lambda: digits(50), ratio=0.33),
    "digits-100": Job(lambda: digits(100), ratio=0.33),
    "exact-digits-1000": Job(ns=5e6),
    "lattice": Job(ns=3e9),
    "certified": Job(beside="plain", ratio=20),
}


def ours(job):
    out = subprocess.run([binary, job, str(threads)], capture_output=True, text=True)
    return [float(x) for x in out.stdout.split()] if out.returncode == 0 else None


def accuracy():
    """Largest relative error of a coefficient at t = 50, of either side."""
    (w, k) = rates(21.0, 98.0)
    flow = hy.taylor_adaptive([(x, r * x) for x, r in zip(w, k)], [hy.real("1e-3", 170)] * 3, fp_type=hy.real, prec=170)
    flow.propagate_until(hy.real(50, 170))
    reference = [float(x) for x in flow.state]
    error = lambda x: max(abs(a / b - 1) for a, b in zip(x, reference))
    for name, tolerance in (("1e-10", 1e-10), ("full", None)):
        mine = subprocess.run([binary, f"accuracy-{tolerance or 0}"], capture_output=True, text=True).stdout.split()
        flow = hy.taylor_adaptive([(x, r * x) for x, r in zip(w, k)], [START] * 3, **({"tol": tolerance} if tolerance else {}))
        flow.propagate_until(END)
        print(f"largest relative error at t = 50, {name:5}: ours {error([float(x) for x in mine[:3]]):.1e}, heyoka {error(flow.state):.1e}")


def measured(job, make):
    """Best (wall, cpu) of ours and of the peer, which is another job of ours where that is a name."""
    peer = make() if callable(make) else None
    here, there = [1e18, 1e18], [1e18, 1e18]
    for _ in range(rounds):
        here = [min(a, b) for a, b in zip(here, ours(job))]
        if make:
            there = [min(a, b) for a, b in zip(there, best(*peer) if peer else ours(make))]
    return here, there if make else None


print(f"heyoka {hy.__version__}, {threads} thread(s), {rounds} rounds; best times in ns a trajectory, cell, group, or cell and step: wall (cpu)")
accuracy()
which = 0 if threads > 1 else 1
for name, job in jobs.items():
    if not chosen.search(name) or (threads > 1 and not job.scales):
        continue
    if ours(name) is None:
        print(f"{name:18} left out: {binary} cannot")
        continue
    here, there = measured(name, job.peer or job.beside)
    line = f"{name:18} ours {here[0]:12.4g} ({here[1]:12.4g})"
    if there:
        line += f"  {job.beside or 'peer'} {there[0]:12.4g} ({there[1]:12.4g})  ratio {here[0] / there[0]:.2f} ({here[1] / there[1]:.2f})"
    verdict = "" if not (job.ratio or job.ns) else ": kept" if job.kept(here[which], there and there[which]) else ": missed"
    print(f"{line}  promise {job.promise()}{verdict}", flush=True)
