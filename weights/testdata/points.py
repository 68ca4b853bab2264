"""Sequences of point weights in NumPy, from the papers' formulae, apart from crux: python points.py > points.json

At step k a scheme sees residuals r (m points) of the step before. At step MOVE the points change: those of FROM >= 0 stay and
keep their state, the others begin with its mean.
"""
import json

import numpy as np

rng = np.random.RandomState(7)
STEPS, M, MOVE = 12, 9, 7
FROM = [4, -1, 0, 8, -1, 2]
t_old = np.sort(rng.uniform(0.5, 2.5, M))
t_new = np.array([t_old[i] if i >= 0 else rng.uniform(0.5, 2.5) for i in FROM])
# residuals that fall, unevenly
seen = [rng.randn(M if k <= MOVE else len(FROM)) * 0.8**k * 0.3 for k in range(STEPS)]


def follow(x):
    return np.array([x[i] if i >= 0 else x.mean() for i in FROM])


def rba(gamma, eta, init, interval=1):  # arXiv 2307.00379: lambda <- gamma lambda + eta |r|/max|r|, loss mean (lambda r)^2
    lam, out = np.full(M, float(init)), []
    for k, r in enumerate(seen):
        if k % interval == 0:
            lam = gamma * lam + eta * np.abs(r) / np.abs(r).max()
        if k == MOVE:
            lam = follow(lam)
        out.append((lam**2).tolist())
    return out


def sa(rate, q, init, plain=False, interval=1):  # arXiv 2009.04544: ascent along m'(lambda) r^2 / n; first step as it is
    lam, m, v, s, out = np.full(M, float(init)), 0.0, 0.0, 0, []
    for k, r in enumerate(seen):
        if k > 0 and k % interval == 0:
            g = q * lam ** (q - 1) * r**2 / len(r)
            if plain:
                lam = lam + rate * g
            else:
                s += 1
                m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
                lam = lam + rate * (m / (1 - 0.9**s)) / (np.sqrt(v / (1 - 0.999**s)) + 1e-8)
        if k == MOVE:
            lam = follow(lam)
            if s:
                m, v = follow(m), follow(v)
        out.append((lam**q).tolist())
    return out


def causal(eps, delta, slabs, lo=0.5, hi=2.5):  # arXiv 2203.07404: w_i = exp(-eps sum_{k<i} L_k), next eps when min w > delta
    j, out = 0, {"weights": [], "eps": []}
    edges = np.linspace(lo, hi, slabs + 1)
    slab = lambda t: np.clip(np.searchsorted(edges, t, side="right") - 1, 0, slabs - 1)
    for k, r in enumerate(seen):
        at, now = (t_old if k <= MOVE else t_new), (t_old if k < MOVE else t_new)
        s = slab(at)
        loss = np.array([np.mean(r[s == i] ** 2) if np.any(s == i) else 0.0 for i in range(slabs)])
        w = np.exp(-eps[j] * np.concatenate([[0.0], np.cumsum(loss)[:-1]]))
        out["weights"].append(w[slab(now)].tolist())
        if w.min() > delta and j < len(eps) - 1:
            j += 1
        out["eps"].append(eps[j])
    return out


print(json.dumps({
    "from": FROM, "move": MOVE, "t_old": t_old.tolist(), "t_new": t_new.tolist(), "seen": [r.tolist() for r in seen],
    "rba": {"paper": rba(0.999, 0.01, 0), "fast": rba(0.9, 0.1, 1), "third": rba(0.5, 0.25, 0.5, 3)},
    "sa": {"default": sa(0.005, 2, 1), "quartic": sa(0.1, 4, 0.5), "linear": sa(0.1, 1, 1), "plain": sa(2.0, 2, 1, True), "second": sa(0.05, 3, 1, False, 2)},
    "causal": {"default": causal([0.01, 0.1, 1, 10, 100], 0.99, 32), "steep": causal([1.0, 5.0, 40.0], 0.6, 4)},
}, indent=1))
