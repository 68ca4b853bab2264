"""Writes nncg.json: Newton's method with damping and Armijo's rule on Rosenbrock's function, its systems solved by NumPy.

python nncg.py
"""
import json
import numpy as np


def rosenbrock(x):
    a, b = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g = np.zeros_like(x); H = np.zeros((len(x), len(x)))
    g[:-1] += -400 * a * x[:-1] - 2 * b; g[1:] += 200 * a
    for i in range(len(x) - 1):
        H[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2; H[i + 1, i + 1] += 200
        H[i, i + 1] -= 400 * x[i]; H[i + 1, i] -= 400 * x[i]
    return np.sum(100 * a ** 2 + b ** 2), g, H


x = np.zeros(6); mu = 1.0; out = []
for k in range(15):
    f, g, H = rosenbrock(x)
    A = H + mu * np.eye(6)
    assert np.linalg.eigvalsh(A)[0] > 0
    d = np.linalg.solve(A, g); t = 1.0
    while not rosenbrock(x - t * d)[0] <= f - 0.1 * t * (g @ d): t *= 0.5
    x = x - t * d
    out.append({"loss": f, "step": t, "theta": x.tolist()})

assert min(o["step"] for o in out) < 0.5
json.dump({"damping": mu, "steps": out}, open("nncg.json", "w"), indent=1)
