// Package placeholder is the language in which PDE problems are written.
//
// An [Expr] stands for a quantity at a point: a coordinate, a trainable parameter, the output of a network
// ([Field]), or anything built from those by arithmetic, functions and derivatives. Expressions are immutable,
// carry the position where the user wrote them, and know nothing about execution; package compiler lowers them.
//
//	x, y := placeholder.Coords2("x", "y")
//	u := placeholder.NewField("u", net.MLP{Hidden: []int{32, 32}}, x, y)
//	residual := placeholder.Laplacian(u, x, y).Add(placeholder.Sin(x))
//
// Every quantity has a number of components, its Dim. Operators act component by component; a quantity of one
// component combines with any other. Building never panics: a mistake becomes an expression that carries its
// error ([Expr.Err]) through all later operators, until crux.New reports it with its position.
package placeholder
