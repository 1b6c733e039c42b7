#!/usr/bin/env python3
"""Training runs on finite samples, written again in NumPy with nothing in common with the simulator but the definitions.

    python3 scripts/reference_simulator.py target/release/specdyn [SEED [CASES]]          (needs NumPy; ten seconds)

Random numbers (Philox 4x32-10, Box and Muller, Fisher and Yates), samples, gradients as X' diag(r) X W, singular values by LAPACK, published Muon and
Adam. CASES (300) random problems drawn from SEED (1): every optimizer, data mode, kind of signal and start, widths from 1 to above d, d from 3 to 200, n
below and above d, noise, both losses; those of width 1 in half of all cases by the statistics of a vector. All columns of all steps are compared, and it
ends with an error where one is off by more than 1e-9 of itself, or of a thousandth of the largest in its column: rounding is 1e-16 a step, and steps far
from the optimum multiply it.
"""
import csv, io, subprocess, sys
import numpy as np

START, INPUTS, NOISE, ORDER, SIGNAL = range(5)
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def philox(seed, stream, index):
    """Two 64-bit words for each block."""
    index = np.atleast_1d(np.asarray(index, dtype=np.uint64))
    c = [index & LOW, index >> HALF, np.full_like(index, stream), np.zeros_like(index)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(q >> HALF) ^ c[1] ^ np.uint64(key[0]), q & LOW, (p >> HALF) ^ c[3] ^ np.uint64(key[1]), p & LOW]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c[0] | (c[1] << HALF), c[2] | (c[3] << HALF)


def pairs(seed, stream, index):
    u, v = ((word >> np.uint64(12)).astype(float) * 2.0**-52 for word in philox(seed, stream, index))
    radius = np.sqrt(-2 * np.log(1 - u))
    return np.stack([radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)], axis=-1)


def normals(seed, stream, count):
    return pairs(seed, stream, np.arange((count + 1) // 2)).ravel()[:count]


def rows(seed, first, count, deviation):
    d = len(deviation)
    blocks = (d + 1) // 2
    index = (first + np.arange(count))[:, None] * blocks + np.arange(blocks)
    return pairs(seed, INPUTS, index.ravel()).reshape(count, 2 * blocks)[:, :d] * deviation


def shuffled(seed, number, count):
    order, (words, _) = list(range(count)), philox(seed, ORDER, (number << 32) + np.arange(count))
    for drawn, i in enumerate(range(count - 1, 0, -1)):
        j = int(words[drawn]) * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return order


def batches(case, deviation):
    """x and the noise of its labels, step by step."""
    mode, _, size = case["data"].partition(":")
    seed, n, size, k = case["seed"], case["samples"], int(size or 0), 0
    noise = lambda index: case["noise"] * pairs(seed, NOISE, index)[:, 0]
    if mode != "online":
        x, e = rows(seed, 0, n, deviation), noise(np.arange(n))
    while True:
        if mode == "full-batch":
            yield x, e
        elif mode == "online":
            yield rows(seed, k * size, size, deviation), noise(k * size + np.arange(size))
        else:
            epoch, place = divmod(k, n // size)
            chosen = shuffled(seed, epoch, n)[place * size : (place + 1) * size]
            yield x[chosen], e[chosen]
        k += 1


def direction(case):
    name, state = case["optimizer"], {}

    def spectral(power):
        def of(g):
            u, s, v = np.linalg.svd(g, full_matrices=False)
            kept = s > 1e-13 * s[0]
            return (u[:, kept] * s[kept] ** power) @ v[kept]

        return of

    def muon(g):
        mu = case["momentum"]
        state["b"] = b = mu * state.get("b", 0) + (1 - mu) * g
        x = mu * b + (1 - mu) * g if case["nesterov"] else b
        x = x / max(np.linalg.norm(x), 1e-7)
        for _ in range(case["newton-schulz-steps"]):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        return x

    def adam(g):
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
        v = state["v"] = 0.999 * state.get("v", 0) + 0.001 * g * g
        return (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)

    if name.startswith("power:"):
        return spectral(float(name[6:]))
    return {
        "gd": lambda g: g, "specgd": spectral(0), "muon": muon, "sign": np.sign,
        "normalized-gd": lambda g: g / np.linalg.norm(g), "adam": adam,
    }[name]


def model(case):
    """Variances, signal, spike, start."""
    d, m, seed = case["dim"], case["width"], case["seed"]
    variance, axis = np.ones(d), np.eye(d)
    if case["statistics"]:
        variance = np.arange(1.0, d + 1) ** -case["exponent"]
        variance /= variance.sum()
        place = None
    else:
        place = 1 if case["signal"] == "eigenvector" else d - 1
        variance[place] += case["spike"]
    if case["signal"] == "eigenvector":
        signal = axis[0]
    elif case["signal"] == "tilted":
        signal = 0.8 * axis[0] + 0.6 * axis[place]
    else:
        signal = normals(seed, SIGNAL, d)
        energy = signal @ signal if case["signal"] == "random" else signal @ (variance * signal)
        signal = signal / np.sqrt(energy)
    if case["start"] == "orthogonal":  # up to a rotation, which no overlap sees
        weights = case["init"] * np.eye(d, m)
    else:
        weights = normals(seed, START, d * m).reshape(m, d).T
        weights = weights * case["init"] / (np.sqrt(m) if case["start"] == "gaussian" else np.linalg.norm(weights))
    return variance, signal, None if place is None else axis[place], weights


def run(case):
    variance, signal, spike, w = model(case)
    loss, turn, batch = case["loss"], direction(case), batches(case, np.sqrt(variance))
    table, first, largest = [], None, 0
    for step in range(case["steps"] + 1):
        x, e = next(batch)
        p = x @ w
        residual = (p * p).sum(1) - (x @ signal) ** 2 - e
        s = w @ w.T
        q = variance[:, None] * (s - np.outer(signal, signal))
        numbers = {"step": step, "empirical_risk": loss * (residual**2).mean() / 4}
        risk = loss * (2 * np.trace(q @ q) + np.trace(q) ** 2) / 4
        if case["statistics"]:
            energy, overlap, whole = ((variance * a * b).sum() for a, b in ((w[:, 0],) * 2, (w[:, 0], signal), (signal,) * 2))
            mse = min(((w[:, 0] - signal) ** 2).mean(), ((w[:, 0] + signal) ** 2).mean())
            u3 = (variance**3 * w[:, 0] * signal).sum()
            numbers |= {"s": energy, "u": overlap, "gap": whole - abs(overlap), "mse": mse, "risk": risk, "u3": u3}
        else:
            plane = np.linalg.qr(np.column_stack([signal, spike]))[0]
            bulk = (np.trace(s) - np.trace(plane.T @ s @ plane)) / (len(s) - 2)
            overlaps = np.sqrt([signal @ s @ signal, spike @ s @ spike, bulk])
            first = overlaps if first is None else first
            largest = max(largest, *(overlaps[1:] / overlaps[0] / (first[1:] / first[0])))
            numbers |= dict(zip(("signal", "spike", "bulk"), overlaps))
            numbers |= {"population_risk": risk, "alignment": overlaps[0] ** 2 / np.trace(s), "amplification": largest}
        table.append(numbers)
        w = w - case["step-size"] * turn(loss * x.T @ (residual[:, None] * p) / len(x))
    return table


def draw(rng):
    d = int(rng.choice([3, 4, 9, 17, 33, 64, 97, 200], p=[0.1, 0.15, 0.2, 0.2, 0.15, 0.1, 0.05, 0.05]))
    optimizers = ["gd", "specgd", "power:0.3", "muon", "sign", "normalized-gd", "adam"]
    vectors, matrices = [(1, "sphere"), (1, "sphere"), (1, "gaussian")], [(d, "gaussian"), (d, "orthogonal"), (d + 5, "orthogonal")]
    width, start = (vectors + [(max(d // 3, 1), "gaussian")] + matrices)[rng.integers(7)]
    optimizer = str(rng.choice(optimizers[:4] + optimizers[5:6] if start == "orthogonal" else optimizers))
    statistics = width == 1 and rng.random() < 0.5
    n = int(rng.choice([d // 2 + 2, 2 * d + 1, 6 * d]))
    return {
        "dim": d, "width": width, "start": start, "optimizer": optimizer, "samples": n, "statistics": statistics,
        "data": str(rng.choice(["full-batch", f"mini-batch:{n // 3 + 1}", f"online:{n}"])), "seed": int(rng.integers(2**62)),
        "spike": float(rng.integers(20)), "exponent": float(rng.choice([0.5, 1, 2])), "init": float(10 ** rng.uniform(-2, -0.3)),
        "signal": str(rng.choice(["eigenvector", "random", "unit-energy" if statistics else "tilted"])), "noise": float(rng.choice([0, 0.3])),
        "loss": int(rng.choice([1, 4])), "step-size": 5e-4, "steps": 12, "momentum": float(rng.choice([0, 0.5, 0.95])),
        "nesterov": bool(rng.integers(2)), "newton-schulz-steps": int(rng.integers(7)),
    }  # fmt: skip


def options(case):
    names = ["dim", "width", "start", "optimizer", "data", "seed", "init", "noise", "step-size", "steps"]
    names += ["momentum", "nesterov", "newton-schulz-steps"] if case["optimizer"] == "muon" else []
    names += [] if case["data"].startswith("online") else ["samples"]
    names += [] if case["statistics"] else ["spike"]
    given = [f"--{name}={str(case[name]).lower()}" for name in names] + ["--loss-scale=" + ("one" if case["loss"] == 4 else "quarter")]
    given += [f"--spectrum=power-law:{case['exponent']:g}", "--statistics=s,u,gap,mse,risk,u3"] if case["statistics"] else []
    return given + (["--overlap=0.6"] if case["signal"] == "tilted" else [f"--signal={case['signal']}"])


def main():
    binary, seed, count = sys.argv[1], int((sys.argv[2:] or [1])[0]), int((sys.argv[3:] or [300])[0])
    rng, worst, far, diverged = np.random.default_rng(seed), 0, 0, 0
    for _ in range(count):
        case = draw(rng)
        command = [binary, "simulate", *options(case)]
        output = subprocess.run(command, capture_output=True, text=True)
        if output.returncode == 2 and "diverged" in output.stderr:
            diverged += 1
            continue
        assert output.returncode == 0, f"{' '.join(command)}: {output.stderr}"
        found, expected = list(csv.DictReader(io.StringIO(output.stdout))), run(case)
        assert len(found) == len(expected), " ".join(command)
        for name in expected[0]:
            ours, theirs = (np.array([float(row[name]) for row in table]) for table in (expected, found))
            error = np.max(np.abs(ours - theirs) / (np.abs(ours) + 1e-3 * np.abs(ours).max() + 1e-300))
            worst = max(worst, error)
            if not error <= 1e-9:
                far += 1
                print(f"{name}: {error:.1e}: {' '.join(command)}")
    print(f"{count} problems, {diverged} diverged, all others within {worst:.1e}")
    sys.exit(far > 0)


if __name__ == "__main__":
    main()
