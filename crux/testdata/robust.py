"""Writes robust.json: robust fits by SciPy to values with outliers. Run it in this folder; made with SciPy 1.17.1, NumPy 2.4.6."""

import json

import numpy as np
from scipy.optimize import least_squares

rng = np.random.default_rng(5)
t = np.linspace(0, 4, 30)
y = 3 * np.exp(-0.8 * t) + 0.05 * rng.normal(size=t.size)
y[[3, 9, 17, 26]] += [1.5, -0.9, 2.0, 0.7]


def fit(loss, scale):
    return least_squares(
        lambda p: p[0] * np.exp(-p[1] * t) - y, [2.0, 0.5], loss=loss, f_scale=scale, xtol=1e-15, ftol=1e-15, gtol=1e-15, method="trf"
    )


cases = [("mse", "linear", 1.0), ("huber", "huber", 0.1), ("huber", "huber", 1.0), ("student", "cauchy", 0.1), ("student", "cauchy", 0.4)]
out = {
    "t": t.tolist(),
    "y": y.tolist(),
    "fits": [
        {"loss": ours, "delta": scale, "a": r.x[0], "b": r.x[1], "cost": r.cost} for ours, theirs, scale in cases for r in [fit(theirs, scale)]
    ],
}
with open("robust.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
