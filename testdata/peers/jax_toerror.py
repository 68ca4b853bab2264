"""JAX with SSBroyden, tuned by hand: float64, the forward Laplacian written out, every step of the method one compiled program.

Adam, then the self-scaled Broyden method of Urbán, Stefanou & Pons (J. Comput. Phys. 523, 113656) with a dense matrix and a
line search for the strong Wolfe conditions, as Kiyani et al. (arXiv:2501.16371) train PINNs; where the problem file of crux
moves its points after the residual (Burgers), RAD draws new ones here every 500 steps, and the matrix is kept. Networks take coordinates scaled to [−1, 1], as in crux."""
import time
from toerror import CASES, NU, Trace, ask
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp, numpy as np, optax
from functools import partial
from jax.flatten_util import ravel_pytree
from jax._src.scipy.optimize.line_search import line_search

q = ask()
case, name = CASES[q["problem"]], q["problem"]
lo, hi = np.array(case.box, float).T
second = [1] if name == "burgers1d" else [0, 1]
rng = np.random.default_rng(q["seed"])
sizes = [2] + q["hidden"] + [1]
params = [(jnp.asarray(rng.normal(size=(a, b)) * np.sqrt(2 / (a + b))), jnp.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]
theta0, unravel = ravel_pytree(params)
P = theta0.size


def net(p, z):
    h = (2 * z - (lo + hi)) / (hi - lo)
    for w, b in p[:-1]:
        h = jnp.tanh(h @ w + b)
    return (h @ p[-1][0] + p[-1][1])[..., 0]


def jets(p, z, stack):
    """N, its first derivatives and the sum of the second ones, as a forward Laplacian."""
    n, scale = z.shape[0], 2 / (hi - lo)
    w, b = p[0]
    v = (2 * z - (lo + hi)) / (hi - lo) @ w + b
    d = [jnp.broadcast_to(scale[i] * w[i], v.shape) for i in range(2)]
    l = jnp.zeros_like(v)
    for w, b in p[1:]:
        t = jnp.tanh(v); s = 1 - t * t
        l = s * l - 2 * t * s * sum(d[i] * d[i] for i in second)
        d = [s * a for a in d]
        if stack:
            r = jnp.concatenate([t, *d, l], 0) @ w
            v, d, l = r[:n] + b, [r[n:2 * n], r[2 * n:3 * n]], r[3 * n:]
        else:
            v, d, l = t @ w + b, [a @ w for a in d], l @ w
    return v[:, 0], [a[:, 0] for a in d], l[:, 0]


def known(f):
    """A function of the coordinates with its derivatives, found once for a set of points."""
    one = lambda z: f(jnp, z[0], z[1])
    def all(z):
        h = jax.hessian(one)(z)
        return one(z), jax.grad(one)(z), sum(h[i, i] for i in second)
    return jax.vmap(all)


@jax.jit
def prepare(z):
    source = case.source(jnp, z[:, 0], z[:, 1]) if case.source else jnp.zeros(z.shape[0])
    return {"z": z, "a": known(case.lift)(z), "b": known(case.bound)(z), "f": source}


def residual(p, c, stack):
    n, d, l = jets(p, c["z"], stack)
    (a, da, la), (b, db, lb) = c["a"], c["b"]
    u = a + b * n
    du = [da[:, i] + db[:, i] * n + b * d[i] for i in range(2)]
    lu = la + lb * n + 2 * sum(db[:, i] * d[i] for i in second) + b * l
    if name == "burgers1d":
        return du[0] + u * du[1] - NU * lu
    return lu - c["f"] + (u if name == "helmholtz2d" else 0)


def loss_of(variant):
    stack, chunk = variant
    if not chunk:
        return lambda th, c: jnp.mean(residual(unravel(th), c, stack) ** 2)
    def chunked(th, c):
        k = c["z"].shape[0] // chunk
        parts = jax.tree_util.tree_map(lambda a: a.reshape(k, chunk, *a.shape[1:]), c)
        # the gradient of a scan would store every chunk's values; checkpoint computes them again
        one = jax.checkpoint(lambda th, c: jnp.sum(residual(unravel(th), c, stack) ** 2))
        return jax.lax.scan(lambda s, c: (s + one(th, c), None), 0.0, parts)[0] / (k * chunk)
    return chunked


def fastest(c):
    """The variant whose gradient takes the least time."""
    n, best = c["z"].shape[0], (np.inf, None)
    for v in [(False, 0), (True, 0)] + [(False, k) for k in (500, 512, 1000, 1024, 1250) if n % k == 0 and n > k]:
        f = jax.jit(jax.value_and_grad(loss_of(v)))
        jax.block_until_ready(f(theta0, c))
        ts = []
        for _ in range(7):
            t = time.perf_counter(); jax.block_until_ready(f(theta0, c)); ts.append(time.perf_counter() - t)
        best = min(best, (float(np.median(ts)), v))
    return best


c = prepare(jnp.asarray(q["points"]))
trial = time.time()
gradient_time, variant = fastest(c)
q["started"] += time.time() - trial  # whoever knows the answer need not try
loss = loss_of(variant)
adam = optax.adam(5e-3)


@partial(jax.jit, donate_argnums=(0, 1))
def adam_step(th, s, c):
    l, g = jax.value_and_grad(loss)(th, c)
    up, s = adam.update(g, s)
    return th + up, s


@partial(jax.jit, donate_argnums=(2,))
def broyden_step(th, g, H, f, before, c):
    """One step; H approximates the inverse Hessian. before is the loss of the step before, from which the search guesses."""
    p = -(H @ g)
    r = line_search(lambda z: loss(z, c), th, p, old_fval=f, old_old_fval=before, gfk=g, c1=1e-4, c2=0.9, maxiter=20)
    al = r.a_k
    new, fn, gn = th + al * p, r.f_k, r.g_k
    s, y = new - th, gn - g
    ys = y @ s
    ok = (ys > 0) & jnp.isfinite(fn) & (fn < f)
    Hy = H @ y
    yHy = y @ Hy
    b, h = -al * (g @ s) / ys, yHy / ys
    a = jnp.maximum(h * b - 1, 1e-16)
    rm = jnp.minimum(1, h * (1 - jnp.sqrt(a / (1 + a))))
    th_ = jnp.maximum((rm - 1) / a, jnp.minimum(1 / rm, (1 - b) / b))
    sg, t1 = 1 + a * th_, jnp.minimum(1, 1 / b)
    sp = jnp.abs(sg) ** (-1 / (P - 1))
    tau = jnp.where(th_ > 0, t1 * jnp.minimum(sp, 1 / th_), jnp.minimum(t1 * sp, sg))
    phi = (1 - th_) / (1 + a * th_)
    v = jnp.sqrt(yHy) * (s / ys - Hy / yHy)
    Hn = (H - jnp.outer(Hy, Hy) / yHy + phi * jnp.outer(v, v)) / tau + jnp.outer(s, s) / ys
    keep = lambda new, old: jnp.where(ok, new, old)
    return keep(new, th), keep(gn, g), keep(Hn, H), keep(fn, f), keep(f, before), ok


value_and_grad = jax.jit(jax.value_and_grad(loss))
abs_residual = jax.jit(lambda th, z: jnp.abs(residual(unravel(th), prepare(z), False)))
grid = jnp.asarray(q["x"])
u_of = jax.jit(lambda th: case.lift(jnp, grid[:, 0], grid[:, 1]) + case.bound(jnp, grid[:, 0], grid[:, 1]) * net(unravel(th), grid))


def rad(th):
    pool = lo + (hi - lo) * rng.random((20000, 2))
    r = np.asarray(abs_residual(th, jnp.asarray(pool)))
    w = r / r.mean() + 1
    return prepare(jnp.asarray(pool[rng.choice(len(pool), len(q["points"]), replace=False, p=w / w.sum())]))


# every program is compiled before the clock starts
state = {"th": jnp.array(theta0)}
f0, g0 = value_and_grad(theta0, c)
jax.block_until_ready(adam_step(jnp.array(theta0), adam.init(theta0), c))
jax.block_until_ready(broyden_step(theta0, g0, jnp.eye(P), f0, f0 + 1, c))
if q["resample"]:
    rad(theta0)
jax.block_until_ready(u_of(theta0))

trace = Trace(q, lambda: u_of(state["th"]))
trace.start()
opt, steps, reset, over, ended = adam.init(theta0), 0, 0, False, "budget"
while steps < q["warmup"] and not over:
    state["th"], opt = adam_step(state["th"], opt, c)
    steps += 1
    over = trace.look(state["th"].block_until_ready)
th, H, since, failures = state["th"], jnp.eye(P), 0, 0
if q["resample"]:
    c = rad(th)
f, g = value_and_grad(th, c)
before = f + jnp.linalg.norm(g) / 2
while not over:
    th, g, H, f, before, ok = broyden_step(th, g, H, f, before, c)
    if not ok:
        failures += 1
        if failures > 1:  # not even along the gradient
            ended = "the line search finds no descent"
            if not q["resample"]:
                break
        H, before, reset = jnp.eye(P), f + jnp.linalg.norm(g) / 2, reset + 1
    else:
        failures = 0
    steps, since, state["th"] = steps + 1, since + 1, th
    over = trace.look()
    if q["resample"] and (since == 500 or failures > 1):
        c, since, failures = rad(th), 0, 0
        f, g = value_and_grad(th, c)
        before = f + jnp.linalg.norm(g) / 2
trace.due = 0
trace.look()
kind = ("stack" if variant[0] else "sep") + (str(variant[1]) if variant[1] else "")
trace.answer(points=len(q["points"]), steps=steps, loss=float(f), resets=reset, ended=ended, parameters=int(P),
             how=f"{q['warmup']} steps of Adam, then SSBroyden; {kind}, {1e3 * gradient_time:.1f} ms a gradient")
