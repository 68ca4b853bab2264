"""Writes optax.json, broyden.json and adam_conflict.json: numbers that optim's tests compare with.

python generate.py GOLDEN   (GOLDEN: the folder with edge_conflict_zero.json; needs numpy, jax and optax)
"""
import json, sys
import jax, jax.numpy as jnp, numpy as np, optax
jax.config.update("jax_enable_x64", True)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2) / 1000


def run(tx, steps=25):
    x = jnp.array([-1.2, 1.0] * 3)
    state = tx.init(x)
    for _ in range(steps):
        u, state = tx.update(jax.grad(rosenbrock)(x), state, x)
        x = optax.apply_updates(x, u)
    return np.array(x).tolist()


cosine = optax.cosine_decay_schedule(1e-2, 20, alpha=0.1)
json.dump({
    "about": "optax %s, float64: theta after 25 steps on Rosenbrock/1000 from (-1.2, 1) three times" % optax.__version__,
    "adam": run(optax.adam(1e-2)),
    "adam_b": run(optax.adam(1e-2, b1=0.8, b2=0.95, eps=1e-4)),
    "adam_cosine": run(optax.adam(cosine)),
    "adamw": run(optax.adamw(1e-2, weight_decay=1e-2)),
    "sgd": run(optax.sgd(1e-1)),
    "momentum": run(optax.sgd(1e-1, momentum=0.9)),
    "nesterov": run(optax.sgd(1e-1, momentum=0.9, nesterov=True)),
    "rmsprop": run(optax.chain(optax.scale_by_rms(decay=0.9, eps=1e-8, eps_in_sqrt=False), optax.scale(-1e-2))),
    "clip_norm": run(optax.chain(optax.clip_by_global_norm(0.05), optax.sgd(1e-1))),
    "clip_value": run(optax.chain(optax.clip(0.02), optax.sgd(1e-1))),
}, open("optax.json", "w"), indent=1)


def broyden(theta_tau, n=6, steps=8):
    """The update as printed in Urban, Stefanou & Pons, on a full matrix H, with given step lengths."""
    rng = np.random.default_rng(1)
    A = rng.normal(size=(n, n)); A = A @ A.T + 0.1 * np.eye(n)
    grad = lambda x: A @ x + 0.3 * x ** 3
    x = rng.normal(size=n); H = np.eye(n); out = []
    alphas = [0.02, 0.3, 1.0, 0.7, 1.0, 0.4, 1.2, 1.0]
    for k in range(steps):
        g = grad(x); p = -H @ g; al = alphas[k]
        s = al * p; x = x + s; gn = grad(x); y = gn - g
        ys = y @ s
        assert ys > 0
        Hy = H @ y; yHy = y @ Hy
        b = -al * (g @ s) / ys; h = yHy / ys; a = h * b - 1
        th, tau = theta_tau(b, h, a, n)
        phi = (1 - th) / (1 + a * th)
        v = np.sqrt(yHy) * (s / ys - Hy / yHy)
        H = (H - np.outer(Hy, Hy) / yHy + phi * np.outer(v, v)) / tau + np.outer(s, s) / ys
        out.append({"alpha": al, "from": g.tolist(), "to": gn.tolist(), "direction": (-H @ gn).tolist(), "trace": np.trace(H), "theta": th, "tau": tau})
    return out


def ssbroyden(b, h, a, n):
    c = np.sqrt(a / (1 + a)); rm = min(1, h * (1 - c)); thm = (rm - 1) / a; thp = 1 / rm
    th = max(thm, min(thp, (1 - b) / b)); sg = 1 + a * th
    r = min(1, 1 / b); q = abs(sg) ** (-1 / (n - 1))
    return th, (r * min(q, 1 / th) if th > 0 else min(r * q, sg))


json.dump({"ssbroyden": broyden(ssbroyden), "ssbfgs": broyden(lambda b, h, a, n: (0.0, min(1, 1 / b)))}, open("../internal/secant/testdata/broyden.json", "w"), indent=1)

d = json.load(open(sys.argv[1] + "/edge_conflict_zero.json"))
json.dump({"theta": d["theta"], "x": [p[0] for p in d["points"]["a"]], "losses": d["adam"]["losses"], "final_theta": d["adam"]["final_theta"]},
          open("adam_conflict.json", "w"), indent=1)
