"""DeepXDE on PyTorch, as its examples train (examples/pinn_forward: Burgers.py, Helmholtz_Dirichlet_2d.py): a tanh network with
Glorot initialisation, boundary and initial conditions exact by an output transform, Hammersley points, Adam with 1e-3, then
L-BFGS; float64, which its documentation advises for L-BFGS. The budget is shorter than the 15000 steps of Adam of those
examples: Adam ends after its share of the budget or so many steps, and L-BFGS has the rest."""
import os, time
os.environ["DDE_BACKEND"] = "pytorch"
from toerror import CASES, NU, Trace, ask
import numpy as np, torch, deepxde as dde

q = ask()
case, name = CASES[q["problem"]], q["problem"]
torch.set_num_threads(os.cpu_count())
dde.config.set_default_float("float64")
dde.config.set_random_seed(q["seed"])


def pde(z, u):
    if name == "burgers1d":
        return dde.grad.jacobian(u, z, i=0, j=0) + u * dde.grad.jacobian(u, z, i=0, j=1) - NU * dde.grad.hessian(u, z, i=1, j=1)
    lap = dde.grad.hessian(u, z, i=0, j=0) + dde.grad.hessian(u, z, i=1, j=1)
    return lap - case.source(torch, z[:, 0:1], z[:, 1:2]) + (u if name == "helmholtz2d" else 0)


class Look(dde.callbacks.Callback):
    """Stops the training at the end of its time, and the clock while the library computes losses that nobody reads."""

    def __init__(self, until):
        super().__init__()
        self.until = until

    def on_epoch_end(self):
        if trace.look() or trace.now() >= self.until:
            self.model.stop_training = True


# its Rectangle takes the coordinates of the problem as they are, time among them
data = dde.data.PDE(dde.geometry.Rectangle(*np.array(case.box, float).T.tolist()), pde, [], num_domain=len(q["points"]), num_boundary=0,
                    train_distribution="Hammersley")
net = dde.nn.FNN([2] + q["hidden"] + [1], "tanh", "Glorot normal")
net.apply_output_transform(lambda z, n: case.lift(torch, z[:, 0:1], z[:, 1:2]) + case.bound(torch, z[:, 0:1], z[:, 1:2]) * n)
model = dde.Model(data, net)
model.compile("adam", lr=1e-3)
start = {k: v.clone() for k, v in net.state_dict().items()}
model.train(iterations=3, display_every=10**9, verbose=0)  # warm up, then from the beginning
net.load_state_dict(start)
model.compile("adam", lr=1e-3)
trace = Trace(q, lambda: model.predict(q["x"]))
test = model._test


def idle(verbose=1):
    """DeepXDE finds training and test losses whenever it displays them; that is no training, and no start-up either."""
    trace.pause()
    test(verbose=verbose)
    trace.began = time.time()
    trace.start()


model._test = idle
trace.start()
model.train(iterations=15000, display_every=10**9, verbose=0, callbacks=[Look(q["adam_share"] * q["budget"])])
adam = model.train_state.step
# its loop looks up after so many iterations; torch's L-BFGS keeps its memory from one call to the next
dde.optimizers.set_LBFGS_options(maxiter=10**6)
dde.optimizers.config.LBFGS_options["iter_per_step"] = 20
dde.optimizers.config.LBFGS_options["fun_per_step"] = 25
model.compile("L-BFGS")
model.train(display_every=10**9, verbose=0, callbacks=[Look(q["budget"])])
spent = trace.now() >= q["budget"]
trace.due = 0
trace.look()
trace.answer(points=len(data.train_x), steps=model.train_state.step, parameters=sum(p.numel() for p in net.parameters()),
             ended="budget" if spent else "L-BFGS converged", how=f"{adam} steps of Adam, then L-BFGS")
