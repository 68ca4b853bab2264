"""jNO on the first example of its documentation, served as jax_peer.py is: 2-D Poisson, MLP 2-64x4-1, hard bounds, Adam.

A call of solve has a cost of its own beside its steps, so a step's time is the difference of a long and a short call."""
import json, os, sys, time
answers = os.fdopen(os.dup(1), "w"); os.dup2(2, 1)  # what the library prints is no answer
import jax, optax, jno, foundax
import jno.numpy as jnn

dom = jno.Shape.rect(0, 0, 1, 1, size=0.04).domain()
x, y, _ = dom.variable("interior")
net = jno.nn(foundax.mlp(2, hidden_dims=64, num_layers=4, key=jax.random.PRNGKey(0)))
net.optimizer(optax.adam(1e-3))
u = net(jnn.concat([x, y], axis=-1)) * x * (1 - x) * y * (1 - y)
pde = u.dd(x) + u.dd(y) + 2 * jnn.pi**2 * jnn.sin(jnn.pi * x) * jnn.sin(jnn.pi * y)
solver = jno.core([pde.mse])


def solve(n):
    t = time.perf_counter(); solver.solve(epochs=n, callbacks=[]); return time.perf_counter() - t


for line in sys.stdin:
    q = json.loads(line)
    if q["op"] == "load":
        first = solve(1)
        solve(10)
        n = len(solver.eval([u, x, y])[0].ravel())
        a = {"points": n, "first": first}
    else:
        n = max(q["reps"], 60)  # enough steps to stand out against that cost
        a = {"seconds": (solve(n + 10) - solve(10)) / n}
    print(json.dumps(a), file=answers, flush=True)
