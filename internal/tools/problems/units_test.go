package main

import "testing"

func TestRestate(t *testing.T) {
	powers := []int{3, 6, 2, -1, 1, 4, 5}
	s, err := restate([]byte(`problem: p
coords: {x: [0, pi], t: [0, 1]}
constants: {c: 2e-1}
params: {k: {init: 1, true: 2}}
define: {ue: sin(x)*exp(-t)}
fields: {u: {net: mlp}}
domain: {disk: {center: [0, 1], radius: 2}}
constraints:
  pde: {residual: u_t = k*laplacian(u)^2 + ue_xx + c*u_x}
  end: {residual: "u(x = 0, t = 1) - ue(x = pi)", on: {x: 1.5}}
reference: {u: ue}
`), func() int {
		k := powers[0]
		powers = powers[1:]
		return k
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `problem: p
coords:
  x:
  - 1e3*(0)
  - 1e3*(pi)
  t:
  - 1e6*(0)
  - 1e6*(1)
constants:
  c: 2e-1
params:
  k:
    init: 1e2*(1)
    "true": 1e2*(2)
define:
  ue: sin((1e-3*x))*exp(-(1e-6*t))
fields:
  u:
    net: mlp
domain:
  disk:
    center:
    - 1e3*(0)
    - 1e3*(1)
    radius: 1e3*(2)
constraints:
  pde:
    residual: 1e1*((1e7*u_t)) = 1e1*((1e-2*k)*(1e6*laplacian((1e1*u)))^2 + (1e6*ue_xx) + c*(1e4*u_x))
  end:
    residual: "1e4*((1e1*u(x = 1e3*(0), t = 1e6*(1))) - ue(x = 1e3*(pi)))"
    "on":
      x: 1e3*(1.5)
reference:
  u: 1e-1*(ue)
`
	if string(s.text) != want {
		t.Errorf("%s", s.text)
	}
}
