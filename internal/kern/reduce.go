package kern

// Sum returns Σ x[i]. The order of the additions depends only on len(x).
func Sum[T Float](x []T) T { return engineOf[T]().sum(x) }

// Dot returns Σ x[i]·y[i] for slices of equal length. The order of the additions depends only on their length.
func Dot[T Float](x, y []T) T { return engineOf[T]().dot(x, y) }

// AddTo adds a to dst, element by element.
func AddTo[T Float](dst, a []T) { engineOf[T]().addTo(dst, a) }

// Axpy adds s·a to dst, element by element.
func Axpy[T Float](dst []T, s T, a []T) { engineOf[T]().axpy(dst, s, a) }

// Finite reports whether no element of x is NaN or infinite.
func Finite[T Float](x []T) bool {
	e := engineOf[T]()
	for len(x) > 0 {
		n := min(len(x), len(e.zeros))
		if e.dot(x[:n], e.zeros[:n]) != 0 { // 0·x is 0 where x is finite and NaN elsewhere
			return false
		}
		x = x[n:]
	}
	return true
}

// Four partial sums hide the latency of the additions and halve the digits lost, compared with one.
func sumGo[T Float](x []T) T {
	var s0, s1, s2, s3 T
	for ; len(x) >= 4; x = x[4:] {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
	}
	for _, v := range x {
		s0 += v
	}
	return (s0 + s1) + (s2 + s3)
}

func dotGo[T Float](x, y []T) T {
	y = y[:len(x)]
	var s0, s1, s2, s3 T
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += x[i] * y[i]
		s1 += x[i+1] * y[i+1]
		s2 += x[i+2] * y[i+2]
		s3 += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		s0 += x[i] * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func addToGo[T Float](dst, a []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] += a[i]
	}
}

func axpyGo[T Float](dst []T, s T, a []T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] += s * a[i]
	}
}
