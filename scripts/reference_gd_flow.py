"""Digits for tests/taylor_reference.rs: the GD flow on the invariant manifold, integrated by something else than specdyn.

heyoka.py (7.x, MPFR reals) integrates the logarithms of the coefficients, once with 200 and once with 240 bits; a row is
written only when both agree to 40 digits. Parameters are doubles, taken exactly (the spike's variance is the double
1 + lambda).

    python scripts/reference_gd_flow.py > tests/data/gd_flow_reference.csv

Columns: variances and multiplicities (signal first, separated by spaces), start (one coefficient for all groups), time, the
signal's excess a^2 - 1, and all coefficients; 25 digits. A coefficient below 1e-300 is written as 0.
"""
import math
import random
import sys
from decimal import Decimal, localcontext

import heyoka as hy
import numpy as np

BITS = (200, 240)
HORIZONS = [0.125, 1.0, 3.0, 10.0, 100.0, 10000.0]
CORNERS = [(lam, d, alpha) for lam in (0.0, 1e4) for d in (3, 10**6) for alpha in (1e-12, 0.5)]


def spiked(lam, d, alpha, times):
    return [1.0, 1.0 + lam, 1.0], [1, 1, d - 2], alpha, times


def log_uniform(draw, low, high):
    return math.exp(draw.uniform(math.log(low), math.log(high)))


def cases():
    """Corners of the promised domain at six times, and random points of it at random times; then random spectra."""
    draw = random.Random(1)
    yield spiked(20.0, 100, 1e-3, HORIZONS)
    for corner in CORNERS:
        yield spiked(*corner, HORIZONS)
    for _ in range(24):
        lam, alpha = log_uniform(draw, 1e-3, 1e4), log_uniform(draw, 1e-12, 0.5)
        d = round(log_uniform(draw, 3, 1e6))
        yield spiked(lam, d, alpha, sorted(log_uniform(draw, 1e-2, 1e4) for _ in range(4)))
    for _ in range(6):
        variances = [log_uniform(draw, 0.2, 5.0) for _ in range(9)]
        multiplicities = [1] + [round(log_uniform(draw, 1, 1e4)) for _ in range(8)]
        alpha = log_uniform(draw, 1e-12, 0.5)
        yield variances, multiplicities, alpha, sorted(log_uniform(draw, 1e-2, 1e3) for _ in range(4))


def integrator(groups, bits):
    """An integrator whose parameters are the variances, followed by the multiplicities."""
    logs = hy.make_vars(*[f"u{j}" for j in range(groups)])
    variances = [hy.par[j] for j in range(groups)]
    multiplicities = [hy.par[groups + j] for j in range(groups)]
    excess = [hy.exp(2.0 * u) - (1.0 if j == 0 else 0.0) for j, u in enumerate(logs)]
    tau = sum(n * q * e for n, q, e in zip(multiplicities, variances, excess))
    field = [(u, -q * (2.0 * q * e + tau)) for u, q, e in zip(logs, variances, excess)]
    zeros = [hy.real(0.0, bits)] * groups
    return hy.taylor_adaptive(field, zeros, pars=zeros * 2, fp_type=hy.real, prec=bits)


def trajectory(flow, bits, variances, multiplicities, alpha, times):
    real = lambda x: hy.real(float(x), bits)
    flow.time = real(0)
    flow.state[:] = [np.log(real(alpha))] * len(variances)
    flow.pars[:] = [real(x) for x in variances + multiplicities]
    for t in times:
        outcome = flow.propagate_until(real(t))[0]
        assert outcome == hy.taylor_outcome.time_limit, outcome
        values = [np.exp(u) for u in flow.state]
        yield [values[0] * values[0] - real(1)] + values


def main():
    flows = {}
    print("variances,multiplicities,start,time,signal_excess,coefficients")
    with localcontext() as context:
        context.prec = 120
        for case in cases():
            variances, multiplicities, start, times = case
            groups = len(variances)
            runs = []
            for bits in BITS:
                if (groups, bits) not in flows:
                    flows[groups, bits] = integrator(groups, bits)
                runs.append(trajectory(flows[groups, bits], bits, *case))
            for t, low, high in zip(times, *runs):
                texts = []
                for x, y in zip(low, high):
                    x, y = Decimal(str(x)), Decimal(str(y))
                    tiny = abs(y) < Decimal("1e-300")
                    assert tiny or abs(x - y) < abs(y) * Decimal("1e-40"), (case, t, x, y)
                    texts.append("0" if tiny else f"{y:.24e}")
                fields = [" ".join(map(repr, variances)), " ".join(map(str, multiplicities)), repr(start), repr(t)]
                print(",".join(fields + [texts[0], " ".join(texts[1:])]), flush=True)
            print(case, file=sys.stderr)


main()
