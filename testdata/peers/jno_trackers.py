"""jNO on the first example of its documentation with and without the trackers of its page on explainability, at the page's
intervals and nothing masked. One run is 500 steps, as many as the longest interval; a clock that is called after the trackers
times them from the end of the first step, so compilation is left out."""
import json, os, sys, time
answers = os.fdopen(os.dup(1), "w"); os.dup2(2, 1)  # what the library prints is no answer
import jax, optax, jno, foundax
import jno.numpy as jnn
from jno import callbacks as cb
from jno.utils.adaptive.callbacks import Callback

dom = jno.Shape.rect(0, 0, 1, 1, size=0.04).domain()
x, y, _ = dom.variable("interior")
net = jno.nn(foundax.mlp(2, hidden_dims=64, num_layers=4, key=jax.random.PRNGKey(0)))
net.optimizer(optax.adam(1e-3))
u = net(jnn.concat([x, y], axis=-1)) * x * (1 - x) * y * (1 - y)
pde = u.dd(x) + u.dd(y) + 2 * jnn.pi**2 * jnn.sin(jnn.pi * x) * jnn.sin(jnn.pi * y)
solver = jno.core([pde.mse])


class Clock(Callback):
    """Notes when the first and the last step are done; in between it does not make jNO wait."""
    def __init__(self, steps):
        self.steps, self.calls, self.times = steps, 0, []

    def on_epoch_end(self, **kwargs):
        if self.calls in (0, self.steps):
            jax.block_until_ready(kwargs["trainable"])
            self.times.append(time.perf_counter())
        self.calls += 1
        return False


def trackers():
    return [
        cb.gradient_norms(interval=50), cb.cos_similarity(interval=50), cb.gradient_alignment(interval=50),
        cb.residual_stats(interval=50), cb.input_sensitivity(u.d(x), interval=100),
        cb.ntk_spectrum(u.grad(net), n_points=128, interval=500),
        cb.hessian_spectrum(k=5, n_iter=20, interval=500), cb.loss_landscape(interval=500, n_grid=11),
    ]


for line in sys.stdin:
    q = json.loads(line)
    if q["op"] == "load":
        solver.solve(epochs=10, callbacks=[])
        a = {"points": len(solver.eval([u, x, y])[0].ravel())}
    else:
        clock = Clock(q["reps"])
        watch = trackers() if q["variant"] == "all" else []
        solver.solve(epochs=q["reps"] + 1, callbacks=watch + [clock])
        assert clock.calls == q["reps"] + 1, clock.calls
        fired = {type(t).__name__: len(t.result["epochs"]) for t in watch}
        a = {"seconds": (clock.times[1] - clock.times[0]) / q["reps"], "fired": fired}
    print(json.dumps(a), file=answers, flush=True)
