"""jNO as its documentation teaches it, in one of two ways, with the conditions exact by construction as in its tutorials.

"adam": the schedule of its tutorials on Poisson and Helmholtz, Adam with a rate that falls from 1e-3 to 1e-5, for as many steps as the
budget allows; in float32, as those run. "ssbroyden": its page on running training, Adam with a warm-up and a cosine, and then a second
phase with a quasi-Newton method, for which its own jno.optimizers.ssbroyden is taken; in float64, without which no line search gets far.
Points are the nodes of its triangulation, whose size is chosen to give about as many as asked for."""
import math, time
from toerror import CASES, NU, Trace, ask
import jax

q = ask()
second_phase = q["way"] == "ssbroyden"
jax.config.update("jax_enable_x64", second_phase)
import jax.numpy as jnp, numpy as np, optax, jno, foundax
from jno.utils.adaptive.callbacks import Callback

case, name = CASES[q["problem"]], q["problem"]
(lo0, hi0), (lo1, hi1) = case.box


def build(size):
    x, y, _ = jno.Shape.rect(lo0, lo1, hi0, hi1, size=size).domain().variable("interior")
    net = jno.nn(foundax.mlp(2, hidden_dims=q["hidden"], num_layers=len(q["hidden"]), key=jax.random.PRNGKey(q["seed"])))
    u = case.lift(jno.np, x, y) + case.bound(jno.np, x, y) * net(jno.np.concat([x, y], axis=-1))
    if name == "burgers1d":
        pde = u.d(x) + u * u.d(y) - NU * u.dd(y)
    else:
        pde = u.dd(x) + u.dd(y) - case.source(jno.np, x, y) + (u if name == "helmholtz2d" else 0)
    solver = jno.core([pde.mse])
    return net, solver, u, lambda: np.stack([np.asarray(a).ravel() for a in solver.eval([x, y])], 1)


class Look(Callback):
    """The clock starts at the end of the first step, which compiles, and the run ends with the budget, or after a given time."""

    def __init__(self, until=None, trace=None, seconds=None):
        self.until, self.trace, self.seconds, self.begin, self.steps = until, trace, seconds, None, 0

    def on_epoch_end(self, *, trainable, **_):
        self.steps += 1
        if self.begin is None:
            jax.block_until_ready(trainable)
            self.begin = time.perf_counter()
            if self.trace:
                self.trace.start()
        if not self.trace:  # only to learn how long a step takes
            if self.steps % 50 == 0:
                jax.block_until_ready(trainable)
            return time.perf_counter() - self.begin > self.seconds
        (self.trace.net,) = trainable.values()
        return self.trace.look(lambda: jax.block_until_ready(trainable)) or self.trace.now() >= self.until


@jax.jit
def predict(net, z):
    h = z
    for l in net.hidden_layers:
        h = jnp.tanh(h @ l.weight.T + l.bias)
    n = (h @ net.output_layer.weight.T + net.output_layer.bias)[:, 0]
    return case.lift(jnp, z[:, 0], z[:, 1]) + case.bound(jnp, z[:, 0], z[:, 1]) * n


area = (hi0 - lo0) * (hi1 - lo1)
size = math.sqrt(1.09 * 2 / math.sqrt(3) * area / len(q["points"]))  # triangles of that side, and some more at the edge
began = time.time()
net, solver, u, nodes = build(size)
net.optimizer(optax.adam(1e-3))
trial = Look(seconds=2)
solver.solve(epochs=10**6, callbacks=[trial])
step = (time.perf_counter() - trial.begin) / (trial.steps - 1)
share = q["adam_share"] if second_phase else 1
epochs = int(share * q["budget"] / step)

q["started"] += time.time() - began  # of the trial
net, solver, u, nodes = build(size)
grid = jnp.asarray(q["x"])
trace = Trace(q, lambda: predict(trace.net, grid))
first = Look(until=share * q["budget"], trace=trace)
if second_phase:
    net.optimizer(optax.adam(optax.warmup_cosine_decay_schedule(0.0, 1e-3, max(epochs // 10, 1), epochs, 1e-5)))
else:
    net.optimizer(optax.adam(optax.exponential_decay(1e-3, max(epochs // 5, 1), 0.5, end_value=1e-5)))
solver.solve(epochs=10**6, callbacks=[first])
steps, how = first.steps, f"{first.steps} steps of Adam"
if second_phase:
    trace.pause()
    net.optimizer(jno.optimizers.ssbroyden())
    last = Look(until=q["budget"], trace=trace)
    solver.solve(epochs=10**6, callbacks=[last])
    steps, how = steps + last.steps, how + ", then its SSBroyden"
trace.due = 0
trace.look()
mine, its = np.asarray(predict(trace.net, jnp.asarray(nodes()))), np.asarray(solver.eval([u])[0]).ravel()
if not np.allclose(mine, its, atol=1e-5):
    raise SystemExit(f"the network as it is judged differs from jNO's by {np.abs(mine - its).max()}")
trace.answer(points=len(its), steps=steps, ended="budget", how=how + (", float64" if second_phase else ", float32"),
             parameters=sum(a.size for a in jax.tree_util.tree_leaves(trace.net) if hasattr(a, "size")))
