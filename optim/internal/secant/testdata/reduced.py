"""Writes reduced.json: the limited-memory self-scaled updates of reduced.go, done on the full matrix H with NumPy.

python reduced.py

H is updated as printed in Urban, Stefanou & Pons. Beside it the span of the gradients is kept; when it has m dimensions, the
eigenvectors of H within it whose eigenvalues are nearest to that of the complement give way: H becomes, on these and on the
complement, the square of the geometric mean of their square roots.
"""
import json
import numpy as np


def ssbroyden(b, h, a, n):
    c = np.sqrt(a / (1 + a)); rm = min(1, h * (1 - c)); thm = (rm - 1) / a; thp = 1 / rm
    th = max(thm, min(thp, (1 - b) / b)); sg = 1 + a * th
    r = min(1, 1 / b); q = abs(sg) ** (-1 / (n - 1))
    return th, (r * min(q, 1 / th) if th > 0 else min(r * q, sg))


def span(basis, g):
    """The basis with the direction of g."""
    for _ in range(2):
        rest = g - basis @ (basis.T @ g)
        rest = rest - basis @ (basis.T @ rest)
    length = np.linalg.norm(rest)
    return np.column_stack([basis, rest / length]) if length > 1e-12 * np.linalg.norm(g) else basis


def run(theta_tau, n, m, steps):
    rng = np.random.default_rng(2)
    A = rng.normal(size=(n, n)); A = A @ A.T + 0.1 * np.eye(n)
    grad = lambda x: A @ x + 0.3 * x ** 3
    x = rng.normal(size=n); g = grad(x); out = []
    H = np.eye(n); lam = 1.0; basis = span(np.zeros((n, 0)), g)
    for k in range(steps):
        p = -H @ g; al = [0.02, 0.5, 1.0, 0.7, 1.1][k % 5]
        if al * np.linalg.norm(p) > 1: al = 1 / np.linalg.norm(p)
        s = al * p; x = x + s; gn = grad(x); y = gn - g
        ys = y @ s
        assert ys > 0
        basis = span(basis, gn)
        Hy = H @ y; yHy = y @ Hy
        b = -al * (g @ s) / ys; h = yHy / ys; a = h * b - 1
        th, tau = theta_tau(b, h, a, n)
        phi = (1 - th) / (1 + a * th)
        v = np.sqrt(yHy) * (s / ys - Hy / yHy)
        H = (H - np.outer(Hy, Hy) / yHy + phi * np.outer(v, v)) / tau + np.outer(s, s) / ys
        H = (H + H.T) / 2; lam = lam / tau
        if basis.shape[1] == m:
            w, U = np.linalg.eigh(basis.T @ H @ basis)
            far = abs(np.log(w / lam)); order = np.argsort(-far); keep = m - max(m // 2, 2)
            lam = np.exp(np.mean(np.log(w[order[keep:]])))
            V = basis @ U[:, order[:keep]]
            H = lam * (np.eye(n) - V @ V.T) + V @ np.diag(w[order[:keep]]) @ V.T
            basis = span(V, gn)
        out.append({"alpha": al, "from": g.tolist(), "to": gn.tolist(), "direction": (-H @ gn).tolist(), "trace": np.trace(H), "rank": basis.shape[1]})
        g = gn
    return out


bfgs = lambda b, h, a, n: (0.0, min(1, 1 / b))
json.dump({"memory": 6, "ssbroyden": run(ssbroyden, 10, 6, 14), "ssbfgs": run(bfgs, 10, 6, 14)}, open("reduced.json", "w"), indent=1)
