#!/usr/bin/env python3
"""The gradient flow of one vector, in 45 digits: rows of tests/data/vector_flow.csv.

    python3 scripts/reference_vector_flow.py > tests/data/vector_flow.csv          (needs mpmath; some minutes)

Plain Taylor series of the equation as it is written, dw_i/dt = l_i (s* - 3 s) w_i + 2 l_i u w*_i, order 40, with steps far inside the
region of stability: nothing in common with the solver it is a reference for, not the coordinates, not the clock, not the scalars.
Problems are given by exact doubles: l_i = 1/i^a rounded, signal and start with few bits.
"""
from mpmath import mp, mpf

mp.dps = 45
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


def main():
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


if __name__ == "__main__":
    main()
