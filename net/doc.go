// Package net holds the networks that stand for unknown functions.
//
// A network is a plain struct whose exported fields are its settings; the zero value works. It is handed to
// placeholder.NewField and builds its output from placeholder expressions, so it has derivatives of every order.
//
//	u := placeholder.NewField("u", net.MLP{Hidden: []int{64, 64}, Act: net.Sin}, t, x)
//
// Unless Raw is set, a network first maps its coordinates onto [−1, 1] by the bounds of the problem's point sets. Layers
// are counted from 0; parameters are named by field, layer and role, as in "u/layer0/weight" (shape in×out) and
// "u/layer0/bias" (shape out). Biases start at zero.
//
// A network of your own is a struct with a method Apply; an activation of your own is a function on expressions.
package net
