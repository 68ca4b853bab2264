package kern

import "math"

// Arithmetic in loops that the compiler can see through: a call per element would cost more than the operation.

func addGo[T Float](dst, a, b, _ []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func subGo[T Float](dst, a, b, _ []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mulGo[T Float](dst, a, b, _ []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func divGo[T Float](dst, a, b, _ []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

func fmaGo[T Float](dst, a, b, c []T) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	for i := range dst {
		dst[i] = a[i]*b[i] + c[i]
	}
}

func fnmaGo[T Float](dst, a, b, c []T) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	for i := range dst {
		dst[i] = c[i] - a[i]*b[i]
	}
}

func fmsGo[T Float](dst, a, b, c []T) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	for i := range dst {
		dst[i] = a[i]*b[i] - c[i]
	}
}

func negGo[T Float](dst, a, _, _ []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = -a[i]
	}
}

func squareGo[T Float](dst, a, _, _ []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * a[i]
	}
}

func tanhDGo[T Float](dst, a, _, _ []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = 1 - a[i]*a[i]
	}
}

func recipGo[T Float](dst, a, _, _ []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = 1 / a[i]
	}
}

func sqrtGo[T Float](dst, a, _, _ []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Sqrt(float64(a[i])))
	}
}

func absGo[T Float](dst, a, _, _ []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Abs(float64(a[i])))
	}
}

func addCGo[T Float](dst, a, _ []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + s
	}
}

func mulCGo[T Float](dst, a, _ []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * s
	}
}

func fmaCGo[T Float](dst, a, c []T, s T) {
	a, c = a[:len(dst)], c[:len(dst)]
	for i := range dst {
		dst[i] = a[i]*s + c[i]
	}
}

func rsubCGo[T Float](dst, a, _ []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = s - a[i]
	}
}

func rdivCGo[T Float](dst, a, _ []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = s / a[i]
	}
}
