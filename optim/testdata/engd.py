"""NaturalGradient and SPRING in numpy, from the equations of arXiv 2302.13163 and 2505.12149. Writes engd.json.

The direction is always computed from the normal equations, P x P, and the line search always takes the best of all 31 lengths; the
method solves with the kernel where there are fewer residuals than parameters, and stops on its way down the grid. The loss is the mean
square of a small network's error, 3 tanh units, with points that stay (engd) or change at every step (spring).
"""
import json
import numpy as np

rng = np.random.default_rng(5)
units = 3


def residuals(theta, x):
    a, w, b = theta.reshape(3, units)
    t = np.tanh(np.outer(x, w) + b)
    c = np.sqrt(2 / len(x))
    d = (1 - t**2) * a
    return c * (t @ a - np.sin(2 * x)), c * np.hstack([t, d * x[:, None], d])


def direction(theta, x, lam, pull):
    s, J = residuals(theta, x)
    return np.linalg.solve(J.T @ J + lam * np.eye(len(theta)), lam * pull - J.T @ s)


def engd(theta, x, damping, mu, steps):
    loss = lambda t: 0.5 * np.sum(residuals(t, x)[0] ** 2)
    out, strength, last = [], 1.0, np.zeros_like(theta)
    for _ in range(steps):
        trace = np.sum(residuals(theta, x)[1] ** 2)
        phi = direction(theta, x, damping * strength * trace, mu * last)
        alphas = 0.5 ** np.arange(31)
        losses = [loss(theta + a * phi) for a in alphas]
        best = int(np.argmin(losses))
        assert losses[best] < loss(theta)
        last = alphas[best] * phi
        theta = theta + last
        strength = strength / 4 if best == 0 else min(1.0, 2 * strength)
        out.append({"theta": theta.tolist(), "alpha": float(alphas[best])})
    return out


def spring(theta, batches, damping, mu, eta, norm):
    out, phi = [], np.zeros_like(theta)
    for x in batches:
        trace = np.sum(residuals(theta, x)[1] ** 2)
        phi = direction(theta, x, damping * trace, mu * phi)
        theta = theta + phi * min(eta, norm / np.linalg.norm(phi))
        out.append(theta.tolist())
    return out


start = rng.normal(size=3 * units)
cases = []
for rows, damping, mu in [(14, 1e-3, 0), (14, 1e-5, 0.9), (5, 1e-3, 0), (5, 1e-3, 0.9)]:
    x = np.sort(rng.uniform(-1, 1, size=rows))
    cases.append({"x": x.tolist(), "damping": damping, "momentum": mu, "steps": engd(start, x, damping, mu, 8)})
springs = []
for rows, mu, eta, norm in [(14, 0.9, 0.5, 0.3), (5, 0.99, 0.5, 0.1)]:
    batches = rng.uniform(-1, 1, size=(12, rows))
    springs.append({"batches": batches.tolist(), "damping": 1e-3, "momentum": mu, "lr": eta, "norm": norm, "theta": spring(start, batches, 1e-3, mu, eta, norm)})
json.dump({"about": "numpy %s, float64" % np.__version__, "start": start.tolist(), "engd": cases, "spring": springs}, open("engd.json", "w"), indent=1)
