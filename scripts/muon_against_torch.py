"""Muon's trajectory here against torch.optim.Muon, from the same start on the same samples.

    cargo run --release --example muon_trajectory -- DIR
    python scripts/muon_against_torch.py DIR

PyTorch computes the gradient by automatic differentiation of the loss, and its own momentum, Newton-Schulz steps and update. Its
Newton-Schulz works in bfloat16; the same steps in float64 (its function, with the one cast replaced) separate rounding from meaning.
The result of the last run stands at the end of this file.
"""
import inspect, json, sys
import numpy as np, torch
from torch.optim import _muon

folder = sys.argv[1]
setting = json.load(open(f"{folder}/setting.json"))
load = lambda name: torch.from_numpy(np.loadtxt(f"{folder}/{name}.csv", delimiter=",", ndmin=2))
X, signal, W0, ours = load("inputs"), load("signal")[0], load("start"), load("overlaps")
y = (X @ signal) ** 2


def trajectory(settings):
    W = torch.nn.Parameter(W0.clone())
    optimizer = torch.optim.Muon(
        [W], lr=setting["step_size"], weight_decay=0.0, momentum=settings["momentum"], nesterov=settings["nesterov"],
        ns_steps=settings["newton_schulz_steps"], adjust_lr_fn="original")
    rows = []
    for step in range(setting["steps"] + 1):
        S = (W @ W.T).detach()
        rows.append([S[0, 0].item(), S[1, 1].item(), S.diagonal()[2:].mean().item()])
        if step == setting["steps"]:
            break
        optimizer.zero_grad()
        ((((X @ W) ** 2).sum(1) - y) ** 2).mean().mul(0.25).backward()
        optimizer.step()
    return torch.tensor(rows, dtype=torch.float64)


plain = trajectory(setting)
source = inspect.getsource(_muon._zeropower_via_newtonschulz)
assert source.count("torch.bfloat16") == 1
exec(source.replace("torch.bfloat16", "torch.float64"), vars(_muon))
exact = trajectory(setting)
print(f"torch {torch.__version__}; d = {W0.shape[0]}, m = {W0.shape[1]}, n = {X.shape[0]}, {setting}")
print("largest distance of an overlap (signal, spike, bulk) over all steps, largest overlap %.3f" % exact.max())
print("  torch.optim.Muon, Newton-Schulz in float64: %.2e %.2e %.2e" % tuple((ours - exact).abs().amax(0)))
print("  torch.optim.Muon as it is (bfloat16):       %.2e %.2e %.2e" % tuple((ours - plain).abs().amax(0)))

# PyTorch 2.15.0, d = m = 24, n = 600, 150 steps of 0.01, momentum 0.95, Nesterov, 5 Newton-Schulz steps; overlaps up to 1.019:
#   torch.optim.Muon, Newton-Schulz in float64: 3.54e-10 4.70e-10 6.20e-10
#   torch.optim.Muon as it is (bfloat16):       5.57e-03 3.22e-04 3.16e-04
