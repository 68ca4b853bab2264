"""The training step of internal/tools/peers in JAX, served over standard input and output.

One request a line, as JSON; one answer a line. {"op": "load"} builds a case on the weights and points that crux wrote to
files, compiles every variant, and answers with the loss and the file of the gradient of each, so that the caller can
check that both sides compute the same thing. {"op": "run"} repeats a step and answers with the seconds.

Variants: "hess" is what users write, the Hessian of one point under vmap. The others are tuned by hand: "sep" and
"stack" are the forward Laplacian with one matrix product for each coefficient and with one for all, "jet" is
jax.experimental.jet on the batch, "nested" is jvp of jvp on the batch, and a number appended means chunks of so many
points, gradients summed by scan.
"""
import json, math, sys, time
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp, numpy as np, optax
from jax.experimental import jet


def gelu(z):
    return 0.5 * z * (1 + jax.lax.erf(z / math.sqrt(2)))


def tanh_jet(z):
    t = jnp.tanh(z); s = 1 - t * t
    return t, s, -2 * t * s


def sin_jet(z):
    s, c = jnp.sin(z), jnp.cos(z)
    return s, c, -s


def gelu_jet(z):
    cdf = 0.5 * (1 + jax.lax.erf(z / math.sqrt(2))); pdf = jnp.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return z * cdf, cdf + z * pdf, pdf * (2 - z * z)


ACT = {"tanh": (jnp.tanh, tanh_jet), "sin": (jnp.sin, sin_jet), "gelu": (gelu, gelu_jet)}


def net(p, x, act):
    for w, b in p[:-1]:
        x = act(x @ w + b)
    return x @ p[-1][0] + p[-1][1]


# The residuals, from u, its first derivatives d[i] and the second-order operator l; each an N×out array. SECOND names the
# coordinates over which l sums the second derivatives.
def poisson(u, d, l, f):
    return [l[:, 0] + f]


def burgers(u, d, l, f):
    return [d[0][:, 0] + u[:, 0] * d[1][:, 0] - (0.01 / math.pi) * l[:, 0]]


def allen_cahn(u, d, l, f):
    return [d[0][:, 0] - 1e-4 * l[:, 0] + 5 * u[:, 0] ** 3 - 5 * u[:, 0]]


def navier_stokes(u, d, l, f):
    a, b = u[:, 0], u[:, 1]
    mom = [a * d[0][:, k] + b * d[1][:, k] + d[k][:, 2] - 0.025 * l[:, k] for k in (0, 1)]
    return mom + [d[0][:, 0] + d[1][:, 1]]


PDE = {"poisson": (poisson, None), "burgers": (burgers, [1]), "allen_cahn": (allen_cahn, [1]), "navier_stokes": (navier_stokes, [0, 1])}


def forward_laplacian(p, x, act2, second, stack):
    n, dim = x.shape
    w, b = p[0]
    z = x @ w + b
    d = [jnp.broadcast_to(w[i], z.shape) if stack else w[i] for i in range(dim)]
    l = jnp.zeros_like(z) if stack else 0.0
    for w, b in p[1:]:
        a, s1, s2 = act2(z)
        l = s1 * l + s2 * sum(d[i] * d[i] for i in second)
        d = [s1 * q for q in d]
        if stack:
            r = jnp.concatenate([a, *d, l], 0) @ w
            z, d, l = r[:n] + b, [r[(1 + i) * n:(2 + i) * n] for i in range(dim)], r[(1 + dim) * n:]
        else:
            z, d, l = a @ w + b, [q @ w for q in d], l @ w
    return z, d, l


def by_jet(p, x, act, second):
    f = lambda y: net(p, y, act)
    dim, d, l = x.shape[1], [], 0.0
    for i in range(dim):
        e = jnp.zeros_like(x).at[:, i].set(1)
        if i in second:
            u, (d1, d2) = jet.jet(f, (x,), ((e, jnp.zeros_like(x)),))
            l = l + d2
        else:
            u, d1 = jax.jvp(f, (x,), (e,))
        d.append(d1)
    return u, d, l


def by_jvp(p, x, act, second):
    f = lambda y: net(p, y, act)
    d, l = [], 0.0
    for i in range(x.shape[1]):
        e = jnp.zeros_like(x).at[:, i].set(1)
        g = lambda y: jax.jvp(f, (y,), (e,))
        if i in second:
            (u, d1), (_, d2) = jax.jvp(g, (x,), (e,))
            l = l + d2
        else:
            u, d1 = g(x)
        d.append(d1)
    return u, d, l


def by_hessian(p, x, act, second):
    def point(q):
        if p[-1][1].shape[0] == 1:  # as users write a scalar field
            f = lambda y: net(p, y, act)[0]
            return f(q)[None], jax.grad(f)(q)[:, None], jnp.sum(jnp.diag(jax.hessian(f)(q))[jnp.asarray(second)])[None]
        f = lambda y: net(p, y, act)
        h = jax.hessian(f)(q)
        return f(q), jax.jacfwd(f)(q).T, sum(h[:, i, i] for i in second)
    u, d, l = jax.vmap(point)(x)
    return u, [d[:, i] for i in range(x.shape[1])], l


def biharmonic(p, x, act, kind):
    f = lambda y: net(p, y, act)[..., 0]
    if kind == "hess":
        lap = lambda g: lambda y: jnp.trace(jax.hessian(g)(y))
        return jax.vmap(lap(lap(f)))(x)
    if kind == "jet":
        def fourth(*e):
            e = jnp.broadcast_to(jnp.asarray(e, x.dtype), x.shape); o = jnp.zeros_like(x)
            return jet.jet(f, (x,), ((e, o, o, o),))[1][3]
        # Δ²u = (∂⁴ along (1,1) + ∂⁴ along (1,−1))/6 + 2/3·(u_xxxx + u_yyyy)
        return (fourth(1, 1) + fourth(1, -1)) / 6 + (fourth(1, 0) + fourth(0, 1)) * (2 / 3)
    def second(g, i):
        e = jnp.zeros_like(x).at[:, i].set(1)
        return lambda y: jax.jvp(lambda z: jax.jvp(g, (z,), (e,))[1], (y,), (e,))[1]
    lap = lambda g: lambda y: second(g, 0)(y) + second(g, 1)(y)
    return lap(lap(f))(x)


def residuals(case, kind):
    act, act2 = ACT[case["act"]]
    if case["pde"] == "biharmonic":
        return lambda p, x, f: [biharmonic(p, x, act, kind) - f]
    form, second = PDE[case["pde"]]
    second = list(range(case["sizes"][0])) if second is None else second
    how = {
        "hess": lambda p, x: by_hessian(p, x, act, second), "jet": lambda p, x: by_jet(p, x, act, second),
        "nested": lambda p, x: by_jvp(p, x, act, second),
        "sep": lambda p, x: forward_laplacian(p, x, act2, second, False),
        "stack": lambda p, x: forward_laplacian(p, x, act2, second, True),
    }[kind]
    return lambda p, x, f: form(*how(p, x), f)


def value_and_grad(case, variant):
    kind = variant.rstrip("0123456789"); chunk = int(variant[len(kind):] or 0)
    res = residuals(case, kind)
    vg = jax.value_and_grad(lambda p, x, f: sum(jnp.mean(r * r) for r in res(p, x, f)) / case["losses"])
    if not chunk:
        return vg
    def chunked(p, x, f):
        k = x.shape[0] // chunk
        def body(acc, xf):
            return jax.tree_util.tree_map(jnp.add, acc, vg(p, *xf)), None
        zero = (jnp.zeros((), x.dtype), jax.tree_util.tree_map(jnp.zeros_like, p))
        acc, _ = jax.lax.scan(body, zero, (x.reshape(k, chunk, -1), f.reshape(k, chunk)))
        return jax.tree_util.tree_map(lambda a: a / k, acc)
    return chunked


def flat(tree):
    return np.concatenate([np.asarray(a, np.float64).ravel() for a in jax.tree_util.tree_leaves(tree)])


class Task:
    """One variant of one case; run() is one step."""

    def __init__(self, case, variant):
        dt = jnp.float64 if case["dtype"] == "f64" else jnp.float32
        read = lambda name: np.fromfile(case["dir"] + "/" + name, "<f8")
        theta, x, f, at, p = read("theta"), read("x"), read("f"), 0, []
        for a, b in zip(case["sizes"][:-1], case["sizes"][1:]):
            p.append((jnp.asarray(theta[at:at + a * b].reshape(a, b), dt), jnp.asarray(theta[at + a * b:at + a * b + b], dt)))
            at += a * b + b
        x, f = jnp.asarray(x.reshape(case["n"], -1), dt), jnp.asarray(f, dt)
        op, kind = case.get("work", "step"), variant
        vg = value_and_grad(case, kind)
        self.answer = None
        if op == "step":
            opt = optax.adam(1e-3)
            def step(p, s):
                loss, g = vg(p, x, f)
                up, s = opt.update(g, s, p)
                return optax.apply_updates(p, up), s, loss
            run = jax.jit(step, donate_argnums=(0, 1))
            loss, g = jax.jit(vg)(p, x, f)
            self.loss, self.answer = float(loss), flat(g)
            self.state = (jax.tree_util.tree_map(jnp.array, p), opt.init(p))
            def once():
                a, b, l = run(*self.state)
                self.state, self.last = (a, b), l
        else:
            v = read("v"); tangent, at = [], 0
            for w, b in p:
                tangent.append((jnp.asarray(v[at:at + w.size].reshape(w.shape), dt), jnp.asarray(v[at + w.size:at + w.size + b.size], dt)))
                at += w.size + b.size
            if op == "hvp":
                fn = jax.jit(lambda p: jax.jvp(lambda q: jax.grad(lambda r: vg_loss(r))(q), (p,), (tangent,))[1])
                res = residuals(case, kind)
                vg_loss = lambda q: sum(jnp.mean(r * r) for r in res(q, x, f)) / case["losses"]
            else:
                res = residuals(case, kind)
                one = lambda q, y, g: res(q, y[None], g[None])[0][0]
                def rows(p):
                    j = jax.vmap(jax.grad(one), (None, 0, 0))(p, x, f)
                    return jnp.concatenate([a.reshape(case["n"], -1) for a in jax.tree_util.tree_leaves(j)], 1)
                fn = jax.jit({
                    "jacobian": rows, "jtj": lambda p: (lambda j: j.T @ j)(rows(p)), "kernel": lambda p: (lambda j: j @ j.T)(rows(p)),
                }[op])
            self.loss = 0.0
            def once():
                self.last = fn(p)
        self.once = once
        t = time.perf_counter(); once(); jax.block_until_ready(self.last); self.compile = time.perf_counter() - t
        if self.answer is None:
            self.answer = flat(self.last)

    def run(self, reps):
        t = time.perf_counter()
        for _ in range(reps):
            self.once()
        jax.block_until_ready(self.last)
        return (time.perf_counter() - t) / reps


def main():
    tasks = {}
    for line in sys.stdin:
        q = json.loads(line)
        if q["op"] == "load":
            tasks.clear(); out = []
            for v in q["variants"]:
                try:
                    t = Task(q, v)
                except NotImplementedError as e:  # jet lacks the rule of some functions
                    out.append({"variant": v, "skipped": str(e)[:200]}); continue
                t.answer.astype("<f8").tofile(q["dir"] + "/grad." + v)
                t.run(1); tasks[v] = t
                out.append({"variant": v, "loss": t.loss, "compile": t.compile, "step": min(t.run(1) for _ in range(3))})
            print(json.dumps({"tasks": out}), flush=True)
        else:
            print(json.dumps({"seconds": tasks[q["variant"]].run(q["reps"])}), flush=True)


main()
