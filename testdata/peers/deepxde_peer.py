"""DeepXDE on PyTorch on the problem of jno_peer.py, served as jax_peer.py is."""
import json, os, sys, time
answers = os.fdopen(os.dup(1), "w"); os.dup2(2, 1)  # what the library prints is no answer
os.environ["DDE_BACKEND"] = "pytorch"
import math, torch, deepxde as dde

torch.set_num_threads(os.cpu_count())
dde.config.set_default_float("float32")


def pde(x, u):
    lap = dde.grad.hessian(u, x, i=0, j=0) + dde.grad.hessian(u, x, i=1, j=1)
    return lap + 2 * math.pi**2 * torch.sin(math.pi * x[:, 0:1]) * torch.sin(math.pi * x[:, 1:2])


def load(points):
    data = dde.data.PDE(dde.geometry.Rectangle([0, 0], [1, 1]), pde, [], num_domain=points, num_boundary=0)
    net = dde.nn.FNN([2] + [64] * 4 + [1], "tanh", "Glorot normal")
    net.apply_output_transform(lambda x, u: u * x[:, 0:1] * (1 - x[:, 0:1]) * x[:, 1:2] * (1 - x[:, 1:2]))
    model = dde.Model(data, net)
    model.compile("adam", lr=1e-3)
    return model


def train(n):
    t = time.perf_counter()
    model.train(iterations=n, display_every=10**9, verbose=0)
    return time.perf_counter() - t


for line in sys.stdin:
    q = json.loads(line)
    if q["op"] == "load":
        t = time.perf_counter(); model = load(q["points"]); train(1)
        a = {"points": q["points"], "first": time.perf_counter() - t}
    else:
        train(1)
        a = {"seconds": train(q["reps"]) / q["reps"]}
    print(json.dumps(a), file=answers, flush=True)
