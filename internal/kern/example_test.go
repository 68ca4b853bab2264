package kern_test

import (
	"fmt"

	"github.com/crux-pinn/crux/internal/kern"
)

// A dense layer: two points through three weights columns, with a bias.
func ExampleGemm() {
	x := []float64{
		1, 2,
		3, 4,
	}
	w := []float64{
		1, 0, 10,
		0, 1, 10,
	}
	var packed kern.Packed[float64]
	packed.Pack(w, 2, 3, false)
	z := make([]float64, 2*3)
	kern.Gemm(z, 3, x, 2, &packed, 2, []float64{0.5, 0.5, 0.5}, false)
	fmt.Println(z[:3])
	fmt.Println(z[3:])
	// Output:
	// [1.5 2.5 30.5]
	// [3.5 4.5 70.5]
}

// The gradient of that layer's weights, summed over the points.
func ExampleGemmTN() {
	x := []float64{
		1, 2,
		3, 4,
	}
	dz := []float64{
		1, 0, 0,
		0, 1, 0,
	}
	var ws kern.Workspace[float64]
	dw := make([]float64, 2*3)
	kern.GemmTN(dw, 3, x, 2, dz, 3, 2, 2, 3, false, &ws)
	fmt.Println(dw[:3])
	fmt.Println(dw[3:])
	// Output:
	// [1 3 0]
	// [2 4 0]
}

// A Gram matrix J·Jᵀ.
func ExampleGemmFull() {
	j := []float64{
		1, 2, 3,
		0, 1, 0,
	}
	var ws kern.Workspace[float64]
	k := make([]float64, 2*2)
	kern.GemmFull(k, 2, j, 3, false, j, 3, true, 2, 2, 3, false, &ws)
	fmt.Println(k)
	// Output: [14 2 2 1]
}

// One instruction of a program over blocks.
func ExampleTable() {
	a, b, c := []float64{1, 2, 3}, []float64{10, 10, 10}, []float64{0.5, 0.5, 0.5}
	dst := make([]float64, 3)
	op := kern.OpFMA
	kern.Table[float64]()[op](dst, a, b, c)
	fmt.Println(op, op.Arity(), dst)
	// Output: fma 3 [10.5 20.5 30.5]
}

// In place, with a constant.
func ExampleConstTable() {
	x := []float32{1, 2, 3}
	kern.ConstTable[float32]()[kern.OpPowI](x, x, nil, 3)
	fmt.Println(x)
	// Output: [1 8 27]
}

func ExampleDot() {
	x, y := []float64{1, 2, 3}, []float64{1, 1, 2}
	fmt.Println(kern.Dot(x, y), kern.Sum(x))
	// Output: 9 6
}

func ExampleAxpy() {
	y := []float64{1, 1}
	kern.Axpy(y, -2, []float64{1, 2})
	kern.AddTo(y, []float64{10, 10})
	fmt.Println(y)
	// Output: [9 7]
}

// The first step of Adam moves every parameter by about the learning rate, against the sign of its gradient.
func ExampleAdam() {
	theta, m, v := []float64{1, 1}, make([]float64, 2), make([]float64, 2)
	kern.Adam(theta, m, v, []float64{3, -0.01}, 0.1, 0.9, 0.999, 1e-8, 1)
	fmt.Printf("%.4f\n", theta)
	// Output: [0.9000 1.1000]
}

func ExampleAlignedSlice() {
	x := kern.AlignedSlice[float64](3)
	fmt.Println(x, cap(x))
	// Output: [0 0 0] 3
}

// The program d = (a·b + a)² over blocks of four elements.
func ExampleRun() {
	const a, b, d = 0, 1, 2
	steps := []kern.Step[float64]{
		kern.NewStep[float64](kern.OpFMA, d, a, b, a),
		kern.NewConstStep[float64](kern.OpPowI, d, d, 0, 2),
	}
	block := [3][4]float64{{1, 2, 3, 4}, {1, 1, 0, 0}}
	kern.Run(steps, []*float64{&block[a][0], &block[b][0], &block[d][0]}, 4)
	fmt.Println(block[d])
	// Output: [4 16 9 16]
}
