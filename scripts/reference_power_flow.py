"""Digits for tests/taylor_reference.rs: the flow of a spectral power, integrated by something else than specdyn.

Dormand and Prince's explicit pair of order 5, in double precision and compiled by numba, at two tolerances: it walks through a sign change
of a gradient, and along the surface behind it, with as many small steps as that takes. The digits are those of the finer one; the last
column is by how much, relative to the coefficient, the two differ at most. A trajectory ends before a coefficient is held at zero, or
where it is too stiff for an explicit method.

    python scripts/reference_power_flow.py > tests/data/power_flow_reference.csv

Columns: power, variances and multiplicities (signal first, separated by spaces), start (one coefficient for all groups), time, coefficients,
difference.
"""
import sys

import numpy as np
from numba import njit

SPIKED = ([1.0, 12.0, 1.0], [1, 1, 48])
STEPS = ([1.5, 6.0, 0.5], [1, 3, 20])
POWERS = (0.25, 0.4, 0.5, 0.75)
CASES = [(power, *spectrum, start) for power in POWERS for spectrum in (SPIKED, STEPS) for start in (1e-3, 0.1)]
TIMES = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0]
MAX_STEPS = 2_000_000

A = np.zeros((7, 6))
A[1, :1] = [1 / 5]
A[2, :2] = [3 / 40, 9 / 40]
A[3, :3] = [44 / 45, -56 / 15, 32 / 9]
A[4, :4] = [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729]
A[5, :5] = [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656]
A[6, :6] = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]
ERROR = np.array([71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])


@njit
def velocity(power, q, n, w, out):
    e = w * w
    e[0] = (w[0] - 1.0) * (w[0] + 1.0)
    tau = np.sum(n * q * e)
    for j in range(len(q)):
        g = q[j] * (2.0 * q[j] * e[j] + tau) * w[j]
        out[j] = -np.sign(g) * abs(g) ** power


@njit
def integrate(power, q, n, w, t, end, tolerance):
    k = np.zeros((7, len(q)))
    h = 1e-6
    for _ in range(MAX_STEPS):
        h = min(h, end - t)
        velocity(power, q, n, w, k[0])
        for i in range(1, 7):
            u = w.copy()
            for l in range(i):
                u += h * A[i, l] * k[l]
            velocity(power, q, n, u, k[i])
        error = np.zeros(len(q))
        for i in range(7):
            error += h * ERROR[i] * k[i]
        size = np.max(np.abs(error) / np.abs(w)) / tolerance
        if size <= 1.0:
            w = u
            if h >= end - t:
                return w
            t += h
        h *= min(5.0, max(0.2, 0.9 * max(size, 1e-10) ** -0.2))
    return np.full(len(q), np.nan)


def trajectory(case, tolerance):
    power, variances, multiplicities, start = case
    q, n = np.array(variances), np.array(multiplicities, dtype=float)
    w, t = np.full(len(q), start), 0.0
    for time in TIMES:
        w = integrate(power, q, n, w, t, time, tolerance)
        t = time
        if not np.min(w) > 1e-3:
            return
        yield w.copy()


def main():
    print("power,variances,multiplicities,start,time,coefficients,difference")
    for case in CASES:
        power, variances, multiplicities, start = case
        for time, coarse, fine in zip(TIMES, trajectory(case, 1e-11), trajectory(case, 1e-13)):
            difference = np.max(np.abs(coarse / fine - 1.0))
            spectrum = [" ".join(map(repr, variances)), " ".join(map(str, multiplicities))]
            row = [repr(power), *spectrum, repr(start), repr(time), " ".join(f"{x:.15e}" for x in fine), f"{difference:.1e}"]
            print(",".join(row), flush=True)
        print(case, file=sys.stderr)


main()
