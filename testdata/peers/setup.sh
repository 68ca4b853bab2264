#!/usr/bin/env bash
# Makes the virtual environments of the peers in $CRUX_PEERS (default ~/.cache/crux-peers). JAX is needed; jNO and DeepXDE
# (whose PyTorch is several GB) are left out, with a word, where they do not install. CRUX_PEERS_ONLY=jax makes only that.
set -u
dir=${CRUX_PEERS:-$HOME/.cache/crux-peers}
mkdir -p "$dir"
make_env() { # name, packages
  local name=$1; shift
  [ -e "$dir/$name/ready" ] && return 0
  echo "peers: installing $name into $dir/$name" >&2
  python3 -m venv "$dir/$name" && "$dir/$name/bin/pip" install -q --disable-pip-version-check "$@" >&2 && touch "$dir/$name/ready"
}
make_env jax 'jax==0.10.1' 'optax==0.2.8' 'equinox==0.13.8' 'numpy==2.4.6' || { echo "peers: JAX does not install" >&2; exit 1; }
[ "${CRUX_PEERS_ONLY:-}" = jax ] && exit 0
make_env jno 'jax-numerical-operators==0.4.2' || echo "peers: jNO does not install; left out" >&2
make_env deepxde torch deepxde || echo "peers: DeepXDE does not install; left out" >&2
exit 0
