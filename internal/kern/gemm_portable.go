package kern

func portableGemm[T Float]() gemmEngine[T] {
	return gemmEngine[T]{lanes: 4, maxVec: 1, tile: tileGo[T], dots: dotsGo[T]}
}

// tileGo keeps 4×4 elements of C in registers.
func tileGo[T Float](_, m, k int, a []T, rsa, csa int, b []T, _ int, c []T, ldc, w int, bias []T, acc bool) {
	var t [16]T
	var start [4]T
	copy(start[:], bias)
	b = b[:4*k]
	for i := 0; i < m; i += 4 {
		rows := min(4, m-i)
		for r := range 4 {
			copy(t[4*r:], start[:])
		}
		switch {
		case rows == 4 && csa == 1:
			tile4(&t, k, a[i*rsa:], a[(i+1)*rsa:], a[(i+2)*rsa:], a[(i+3)*rsa:], b)
		case rows == 4:
			tile4T(&t, k, a[i*rsa:], csa, b)
		default:
			for r := range rows {
				tile1((*[4]T)(t[4*r:]), k, a[(i+r)*rsa:], csa, b)
			}
		}
		for r := range rows {
			dst := c[(i+r)*ldc : (i+r)*ldc+w]
			for j := range dst {
				if acc {
					dst[j] += t[4*r+j&3]
				} else {
					dst[j] = t[4*r+j&3]
				}
			}
		}
	}
}

func tile4[T Float](t *[16]T, k int, a0, a1, a2, a3, b []T) {
	a0, a1, a2, a3 = a0[:k], a1[:k], a2[:k], a3[:k]
	c00, c01, c02, c03 := t[0], t[1], t[2], t[3]
	c10, c11, c12, c13 := t[4], t[5], t[6], t[7]
	c20, c21, c22, c23 := t[8], t[9], t[10], t[11]
	c30, c31, c32, c33 := t[12], t[13], t[14], t[15]
	for p, x := range a0 {
		q := b[p*4:][:4]
		b0, b1, b2, b3 := q[0], q[1], q[2], q[3]
		c00 += x * b0
		c01 += x * b1
		c02 += x * b2
		c03 += x * b3
		x = a1[p]
		c10 += x * b0
		c11 += x * b1
		c12 += x * b2
		c13 += x * b3
		x = a2[p]
		c20 += x * b0
		c21 += x * b1
		c22 += x * b2
		c23 += x * b3
		x = a3[p]
		c30 += x * b0
		c31 += x * b1
		c32 += x * b2
		c33 += x * b3
	}
	*t = [16]T{c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33}
}

// tile4T reads four rows of A that lie next to each other in memory, csa from one column to the next.
func tile4T[T Float](t *[16]T, k int, a []T, csa int, b []T) {
	c00, c01, c02, c03 := t[0], t[1], t[2], t[3]
	c10, c11, c12, c13 := t[4], t[5], t[6], t[7]
	c20, c21, c22, c23 := t[8], t[9], t[10], t[11]
	c30, c31, c32, c33 := t[12], t[13], t[14], t[15]
	for p := range k {
		z := a[p*csa:][:4]
		q := b[p*4:][:4]
		b0, b1, b2, b3 := q[0], q[1], q[2], q[3]
		x := z[0]
		c00 += x * b0
		c01 += x * b1
		c02 += x * b2
		c03 += x * b3
		x = z[1]
		c10 += x * b0
		c11 += x * b1
		c12 += x * b2
		c13 += x * b3
		x = z[2]
		c20 += x * b0
		c21 += x * b1
		c22 += x * b2
		c23 += x * b3
		x = z[3]
		c30 += x * b0
		c31 += x * b1
		c32 += x * b2
		c33 += x * b3
	}
	*t = [16]T{c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33}
}

func tile1[T Float](t *[4]T, k int, a []T, csa int, b []T) {
	c0, c1, c2, c3 := t[0], t[1], t[2], t[3]
	for p := range k {
		x, q := a[p*csa], b[p*4:][:4]
		c0 += x * q[0]
		c1 += x * q[1]
		c2 += x * q[2]
		c3 += x * q[3]
	}
	*t = [4]T{c0, c1, c2, c3}
}

func dotsGo[T Float](c []T, ldc int, a []T, lda int, bt []T, m, n, k int, bias []T, acc bool) {
	for i := range m {
		x, dst := a[i*lda:i*lda+k], c[i*ldc:i*ldc+n]
		for j := range dst {
			s := dotGo(x, bt[j*k:(j+1)*k])
			switch {
			case acc:
				dst[j] += s
			case bias != nil:
				dst[j] = s + bias[j]
			default:
				dst[j] = s
			}
		}
	}
}
