"""SOAP as in arXiv 2409.11321, Algorithm 3, with Adam's bias corrections, in numpy. Writes soap.json.

The objective is 1/2 sum h (w - t)^2 for a 5x5 matrix, with gradients of full rank, so that no eigenvectors are arbitrary. eps is large:
in its own basis the first gradient is diagonal, and the directions of the rounding beside it would be arbitrary.
"""
import json
import numpy as np

rng = np.random.default_rng(7)
n, steps, every, lr, b1, b2, eps = 5, 25, 4, 0.02, 0.95, 0.9, 1e-4
w, t, h = rng.normal(size=(n, n)), rng.normal(size=(n, n)), rng.uniform(0.5, 3, size=(n, n))
out = {"start": w.ravel().tolist(), "target": t.ravel().tolist(), "curvature": h.ravel().tolist(), "every": every, "lr": lr,
       "beta1": b1, "beta2": b2, "eps": eps, "theta": []}
m, v, L, R = (np.zeros((n, n)) for _ in range(4))
for k in range(1, steps + 1):
    g = h * (w - t)
    L, R = b2 * L + (1 - b2) * g @ g.T, b2 * R + (1 - b2) * g.T @ g
    if k == 1:
        ql, qr = np.linalg.eigh(L)[1][:, ::-1], np.linalg.eigh(R)[1][:, ::-1]
    elif (k - 1) % every == 0:
        ql, qr = np.linalg.qr(L @ ql)[0], np.linalg.qr(R @ qr)[0]
    gp = ql.T @ g @ qr
    v = b2 * v + (1 - b2) * gp * gp
    m = b1 * m + (1 - b1) * g
    mp = ql.T @ m @ qr
    step = (mp / (1 - b1**k)) / (np.sqrt(v / (1 - b2**k)) + eps)
    w = w - lr * ql @ step @ qr.T
    out["theta"].append(w.ravel().tolist())
json.dump(out, open("soap.json", "w"))
