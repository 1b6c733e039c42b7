#!/usr/bin/env python3
"""The gradient flow of one vector, integrated with nothing in common with the solver it is a reference for.

    python3 scripts/reference_vector_flow.py > tests/data/vector_flow.csv          (needs mpmath; some minutes)
    python3 scripts/reference_vector_flow.py target/release/specdyn                (needs NumPy, SciPy; a minute)

The first writes weights in 45 digits. The second asks the binary for `population --statistics`, for every statistic and with `--events`, and compares what it prints
with SciPy's DOP853: see `compare`. It ends with an error where they are further apart than it says there.

Weights: plain Taylor series of the equation as it is written, dw_i/dt = l_i (s* - 3 s) w_i + 2 l_i u w*_i, order 40, with steps far inside the
region of stability: not the coordinates, not the clock, not the scalars of the solver.
Problems are given by exact doubles: l_i = 1/i^a rounded, signal and start with few bits.
"""
import csv, subprocess, sys
from itertools import product

ORDER = 40


def problem(a, d, scale):
    variance = [mpf(1.0 / float(i) ** a) for i in range(1, d + 1)]
    signal = [mpf((i * 37) % 19 - 9) / 8 for i in range(1, d + 1)]
    start = [mpf((i * 53) % 23 - 11) / scale for i in range(1, d + 1)]
    return variance, signal, start


def series(variance, signal, start, energy):
    d = len(variance)
    w = [[x] for x in start]
    rate = []
    for k in range(ORDER):
        s = sum(l * sum(x[i] * x[k - i] for i in range(k + 1)) for l, x in zip(variance, w))
        u = sum(l * x[k] * y for l, x, y in zip(variance, w, signal))
        rate.append((energy if k == 0 else 0) - 3 * s)
        for i in range(d):
            along = sum(rate[j] * w[i][k - j] for j in range(k + 1))
            w[i].append(variance[i] / (k + 1) * (along + 2 * u * signal[i]))
    return w


def flow(variance, signal, start, times):
    energy = sum(l * y * y for l, y in zip(variance, signal))
    w, t = list(start), mpf(0)
    for until in times:
        while t < until:
            x = series(variance, signal, w, energy)
            # Steps so short that the series has ended.
            size = max(abs(c[0]) for c in x)
            h = min((mpf(10) ** -38 * size / max(abs(c[k]) for c in x)) ** (mpf(1) / k) for k in (ORDER - 1, ORDER))
            h = min(h, until - t)
            w = [sum(c[k] * h**k for k in range(ORDER, -1, -1)) for c in x]
            t += h
        yield until, w


def write_weights():
    print("exponent,dimension,scale,time,direction,weight,deviation")
    for a, d, scale, times in [
        (1, 8, 64, [1, 3, 10, 100]),
        (2, 12, 2**20, [1, 5, 20, 100, 400]),
        (0.5, 6, 4, ["0.25", 1, 4, 16]),
    ]:
        variance, signal, start = problem(a, d, scale)
        for t, w in flow(variance, signal, start, [mpf(t) for t in times]):
            side = 1 if sum(x * y for x, y in zip(w, signal)) > 0 else -1
            for i in range(d):
                values = (mp.nstr(x, 25) for x in (w[i], w[i] - side * signal[i]))
                print(f"{a},{d},{scale},{mp.nstr(t, 6)},{i + 1},{','.join(values)}", flush=True)


def table(binary, options):
    """Rows that `population` prints, by column."""
    command = [binary, "population", "--width", "1", "--loss-scale", "one", *options]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return list(csv.DictReader(lines))


def model(binary, options, moments):
    """(l, w*, w(0)) behind `options`, up to the signs that no statistic sees: magnitudes are columns, of the start and of the optimum, where
    SpecGD ends; the signs of w_i(0) w*_i, of few directions, are those that give the first u_k."""
    import numpy as np

    first, last = table(binary, [*options, "--optimizer", "specgd", "--at", "0,1e9"])
    names = [name for name in first if name == "signal" or name[0] == "w"]
    start, signal = (np.array([float(row[name]) for name in names]) for row in (first, last))
    a, d = float(options[1].split(":")[1]), int(options[3])
    variance = np.arange(1.0, d + 1) ** -a
    variance /= variance.sum()
    if "eigenvector" in options:
        # Its column comes first, and no other sees a sign.
        j = int(options[options.index("--signal-index") + 1]) - 1
        start[0] *= np.sign(moments[0])
        return np.concatenate([variance[j : j + 1], np.delete(variance, j)]), signal, start
    start, signal = start[1:], signal[1:]
    length = (variance @ signal**2) ** -0.5
    start, signal = length * start, length * signal
    signs = np.array(list(product([-1.0, 1.0], repeat=d)))
    powers = variance[:, None] ** np.arange(1, 10)
    miss = np.abs(signs @ (powers * (start * signal)[:, None]) - moments).max(axis=1)
    best, second = np.argsort(miss)[:2]
    assert miss[best] < 1e-12 and miss[second] > 1e3 * miss[best], (miss[best], miss[second])
    return variance, signal, start * signs[best]


def compare(binary):
    """The largest distances, over all rows and events: of the statistics (s_k, gap, mse) and times relative to themselves, of u_k to the
    bound (s_k s*_k)^(1/2). The equation is integrated in the deviation z = w - w*, w* the optimum that the flow goes to, with which it is the same one:
    dz_i/dt = -4 l_i ((4 p + 3 q) w*_i + (2 s* + 6 p + 3 q) z_i), p = z'Qw*, q = z'Qz."""
    import numpy as np
    from scipy.integrate import solve_ivp
    from scipy.optimize import brentq

    names = [f"{x}{k}" for x in "su" for k in ["", *range(2, 10)]] + ["gap", "mse"]
    random = "--spectrum power-law:{} --dim {} --signal unit-energy --start sphere --init 1 --seed {}"
    beside = "--spectrum power-law:{} --dim {} --signal eigenvector --signal-index {} --start sphere --init 0.5"
    worst = {"s_k": 0.0, "u_k": 0.0, "gap": 0.0, "mse": 0.0, "times": 0.0}

    def see(name, found, expected, scale):
        worst[name] = max(worst[name], abs(found - expected) / scale)

    for options, end in [
        (random.format(2, 12, 7), 5e2),
        (random.format(1, 14, 3), 1e2),
        (random.format(0.5, 10, 2), 60.0),
        (beside.format(2, 300, 2), 1e4),
        (beside.format(1, 200, 3), 3e3),
    ]:
        options = options.split()
        gd = [*options, "--optimizer", "gd", "--statistics", ",".join(names)]
        rows = [{k: float(x) for k, x in row.items()} for row in table(binary, [*gd, "--at", f"0,1e-2:{end}:61:log"])]
        l, signal, start = model(binary, options, [rows[0][name] for name in names[9:18]])
        side = np.sign(rows[-1]["u"])
        signal, energy = side * signal, l @ signal**2

        def field(_, z):
            p, q = l @ (z * signal), l @ z**2
            return -4 * l * ((4 * p + 3 * q) * signal + (2 * energy + 6 * p + 3 * q) * z)

        def solve(t, z, until):
            flow = solve_ivp(field, (t, until), z, "DOP853", rtol=3e-14, atol=1e-25)
            assert flow.success and flow.t[-1] == until
            return flow.t, flow.y

        times, states = solve(0.0, start - signal, end)

        def at(t):
            i = np.searchsorted(times, t, "right") - 1
            return states[:, i] if times[i] == t else solve(times[i], states[:, i], t)[1][:, -1]

        def below(z):
            """How far u and s are below s*, over s*."""
            p, q = l @ (z * signal), l @ z**2
            return -p / energy, -(2 * p + q) / energy

        for row in rows:
            z = at(row["time"])
            w = signal + z
            for k in range(1, 10):
                s, u, bound = (x @ l**k for x in (w**2, w * signal, signal**2))
                found = [row[x + (str(k) if k > 1 else "")] for x in "su"]
                see("s_k", found[0], s, s)
                see("u_k", side * found[1], u, (s * bound) ** 0.5)
            mse = min(np.mean(z**2), np.mean((z + 2 * signal) ** 2))
            see("mse", row["mse"], mse, mse)
            # Far from the optimum u may still have the other sign.
            gap = -(l @ (z * signal))
            gap = gap if gap < energy else 2 * energy - gap
            see("gap", row["gap"], gap, gap)
        events = table(binary, [*gd, "--events", "--time", str(end)])
        assert {"escape", "saturate", "converge"} <= {event["event"] for event in events}
        for event in events:
            level = float(event["level"])
            missing = round(1 - level, 12)
            margin = {
                "escape": lambda z: abs(1 - below(z)[0]) - level,
                "saturate": lambda z: 2 / 3 - below(z)[1],
                "converge": lambda z: missing - max(below(z)),
            }[event["event"]]
            inside = [margin(z) >= 0 for z in states.T]
            # The first time, or that from which on it is so for good.
            i = inside.index(True) - 1 if event["event"] == "escape" else len(inside) - 1 - inside[::-1].index(False)
            time = brentq(lambda t: margin(at(t)), times[i], times[i + 1], rtol=1e-14)
            see("times", float(event["time"]), time, time)
        print(f"{' '.join(options)}: {len(rows)} rows, {len(events)} times, {len(times)} steps", flush=True)
    # What DOP853 leaves, of its rounding over some thousand steps.
    bounds = dict.fromkeys(worst, 1e-11)
    for name, bound in bounds.items():
        print(f"{name}: at most {worst[name]:.1e} apart (allowed {bound:.0e})")
    sys.exit(any(not worst[name] <= bound for name, bound in bounds.items()))


if __name__ == "__main__":
    if sys.argv[1:]:
        compare(sys.argv[1])
    else:
        from mpmath import mp, mpf

        mp.dps = 45
        write_weights()
