"""Speed of simulation kernels beside PyTorch, in turn and in one go; ratios of best times, and of best process-CPU times on one thread.

    cargo build --release --example kernel_times
    python scripts/kernels_against_torch.py [THREADS [ROUNDS]]

Both sides are run in alternating rounds, so that what else the machine does meets both. One line a kernel: ours, PyTorch's best
variant, their ratio, and the promise.
"""
import os, subprocess, sys, time

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)
import numpy as np, torch

torch.set_num_threads(threads)
binary = os.path.join(os.path.dirname(__file__), "../target/release/examples/kernel_times")


def best(f, seconds=1.0):
    """Best (wall, cpu) time of a call, in ms."""
    f()
    result, end = [1e9, 1e9], time.perf_counter() + seconds
    while time.perf_counter() < end:
        cpu, wall = time.process_time(), time.perf_counter()
        f()
        result = [min(result[0], time.perf_counter() - wall), min(result[1], time.process_time() - cpu)]
    return [1e3 * t for t in result]


def gradient(n, d):
    X = torch.randn(n, d, dtype=torch.float64)
    W = 0.7 * torch.randn(d, d, dtype=torch.float64) / d**0.5
    y, P, G = X[:, 0] ** 2, torch.empty(n, d, dtype=torch.float64), torch.empty(d, d, dtype=torch.float64)

    def whole():
        torch.mm(X, W, out=P)
        r = torch.linalg.vector_norm(P, dim=1)
        r.square_().sub_(y).mul_(1.0 / n)
        P.mul_(r[:, None])
        torch.mm(X.t(), P, out=G)
        W.sub_(G, alpha=1e-12)

    def chunked(rows=512):
        G.zero_()
        for i in range(0, n, rows):
            x, p = X[i:i + rows], P[i:i + rows]
            torch.mm(x, W, out=p)
            r = torch.linalg.vector_norm(p, dim=1)
            r.square_().sub_(y[i:i + rows]).mul_(1.0 / n)
            p.mul_(r[:, None])
            G.addmm_(x.t(), p)
        W.sub_(G, alpha=1e-12)

    return [whole, chunked]


def polar(n):
    A = torch.from_numpy(np.random.default_rng(n).standard_normal((n, n)))

    def svd():
        U, _, V = torch.linalg.svd(A, full_matrices=False)
        return U @ V

    return [svd]


def newton_schulz(n):
    A = torch.from_numpy(np.random.default_rng(n).standard_normal((n, n))).to(torch.float32)

    def steps():
        X = A / (A.norm() + 1e-7)
        for _ in range(5):
            B = X @ X.t()
            X = 3.4445 * X + (-4.7750 * B + 2.0315 * B @ B) @ X
        return X

    return [steps]


def normals():
    x = torch.empty(1 << 18, dtype=torch.float64)
    y = np.empty(1 << 18)
    philox, pcg = (np.random.Generator(g(1)) for g in (np.random.Philox, np.random.PCG64))
    return [lambda: x.normal_(), lambda: philox.standard_normal(out=y), lambda: pcg.standard_normal(out=y)]


kernels = {
    "gradient-20000-512": (lambda: gradient(20000, 512), 0.55),
    "gradient-8000-256": (lambda: gradient(8000, 256), 0.6),
    "gradient-2000-100": (lambda: gradient(2000, 100), 0.7),
    "polar-512": (lambda: polar(512), 0.6),
    "polar-256": (lambda: polar(256), 0.6),
    "polar-100": (lambda: polar(100), 0.6),
    "newton-schulz-f32-512": (lambda: newton_schulz(512), 0.8),
    "normals-262144": (normals, 1.0),
}
print(f"torch {torch.__version__}, {threads} thread(s), {rounds} rounds; best times in ms, wall (cpu)")
for name, (make, promise) in kernels.items():
    ours, theirs, candidates = [1e9, 1e9], [1e9, 1e9], make()
    for _ in range(rounds):
        output = subprocess.run([binary, name, str(threads)], capture_output=True, text=True, check=True).stdout
        ours = [min(a, float(b)) for a, b in zip(ours, output.split())]
        for f in candidates:
            theirs = [min(a, b) for a, b in zip(theirs, best(f))]
    wall, cpu = (a / b for a, b in zip(ours, theirs))
    print(f"{name:24} ours {ours[0]:9.3f} ({ours[1]:9.3f})  torch/numpy {theirs[0]:9.3f} ({theirs[1]:9.3f})  "
          f"ratio {wall:.2f} ({cpu:.2f})  promise {promise}", flush=True)
