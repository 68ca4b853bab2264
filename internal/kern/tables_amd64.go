//go:build amd64 && !purego

package kern

import "math"

// The tables of assembly kernels. Operations that are not named keep their portable kernel.

func useAVX2F64(e *engine[float64]) {
	e.ops[OpAdd] = addAVX2F64
	e.ops[OpSub] = subAVX2F64
	e.ops[OpMul] = mulAVX2F64
	e.ops[OpDiv] = divAVX2F64
	e.ops[OpFMA] = fmaAVX2F64
	e.ops[OpFNMA] = fnmaAVX2F64
	e.ops[OpFMS] = fmsAVX2F64
	e.ops[OpNeg] = negAVX2F64
	e.ops[OpAbs] = absAVX2F64
	e.ops[OpSqrt] = sqrtAVX2F64
	e.ops[OpRecip] = recipAVX2F64
	e.ops[OpSquare] = squareAVX2F64
	e.ops[OpExp] = expAVX2F64
	e.ops[OpLog] = logAVX2F64
	e.ops[OpTanh] = tanhAVX2F64
	e.ops[OpSigmoid] = sigmoidAVX2F64
	e.ops[OpErf] = erfAVX2F64
	e.ops[OpSoftplus] = softplusAVX2F64
	e.ops[OpExpm1] = expm1AVX2F64
	e.ops[OpMax] = maxAVX2F64
	e.ops[OpMin] = minAVX2F64
	e.ops[OpSign] = signAVX2F64
	e.ops[OpStep] = stepAVX2F64
	e.ops[OpGT] = gtAVX2F64
	e.ops[OpGE] = geAVX2F64
	e.ops[OpLT] = ltAVX2F64
	e.ops[OpLE] = leAVX2F64
	e.ops[OpEQ] = eqAVX2F64
	e.ops[OpSelect] = selectAVX2F64
	e.ops[OpCopy] = copyAVX2F64
	e.ops[OpTanhD] = tanhDAVX2F64
	e.ops[OpSin] = guardedTrig(sinAVX2F64, math.Sin, trigMax64, 4)
	e.ops[OpCos] = guardedTrig(cosAVX2F64, math.Cos, trigMax64, 4)
	e.sincos = guardedSinCos(sinCosAVX2F64, trigMax64, 4)
	e.consts[OpAddC] = addCAVX2F64
	e.consts[OpMulC] = mulCAVX2F64
	e.consts[OpFMAC] = fmaCAVX2F64
	e.consts[OpRSubC] = rsubCAVX2F64
	e.consts[OpRDivC] = rdivCAVX2F64
	e.consts[OpMaxC] = maxCAVX2F64
	e.consts[OpMinC] = minCAVX2F64
	e.consts[OpFill] = fillAVX2F64
	e.consts[OpPowI] = guardedPowI(powiAVX2F64, e.consts[OpPowI])
	e.sum, e.dot = sumAVX2F64, dotAVX2F64
	e.addTo = func(dst, a []float64) { addAVX2F64(dst, dst, a, nil) }
	e.axpy = axpyAVX2F64
	e.adam = func(theta, m, v, g []float64, k *adamStep[float64]) { adamAVX2F64(theta, m, v, g, &k.beta1) }
	e.gemm.useTiles(4, 4, tilesAVX2F64())
	e.gemm.useDots(dots8AVX2F64, dots1AVX2F64)
	e.run = runnerOf(runStepsAVX2F64)
}

func useAVX2F32(e *engine[float32]) {
	e.ops[OpAdd] = addAVX2F32
	e.ops[OpSub] = subAVX2F32
	e.ops[OpMul] = mulAVX2F32
	e.ops[OpDiv] = divAVX2F32
	e.ops[OpFMA] = fmaAVX2F32
	e.ops[OpFNMA] = fnmaAVX2F32
	e.ops[OpFMS] = fmsAVX2F32
	e.ops[OpNeg] = negAVX2F32
	e.ops[OpAbs] = absAVX2F32
	e.ops[OpSqrt] = sqrtAVX2F32
	e.ops[OpRecip] = recipAVX2F32
	e.ops[OpSquare] = squareAVX2F32
	e.ops[OpExp] = expAVX2F32
	e.ops[OpLog] = logAVX2F32
	e.ops[OpTanh] = tanhAVX2F32
	e.ops[OpSigmoid] = sigmoidAVX2F32
	e.ops[OpErf] = erfAVX2F32
	e.ops[OpSoftplus] = softplusAVX2F32
	e.ops[OpExpm1] = expm1AVX2F32
	e.ops[OpMax] = maxAVX2F32
	e.ops[OpMin] = minAVX2F32
	e.ops[OpSign] = signAVX2F32
	e.ops[OpStep] = stepAVX2F32
	e.ops[OpGT] = gtAVX2F32
	e.ops[OpGE] = geAVX2F32
	e.ops[OpLT] = ltAVX2F32
	e.ops[OpLE] = leAVX2F32
	e.ops[OpEQ] = eqAVX2F32
	e.ops[OpSelect] = selectAVX2F32
	e.ops[OpCopy] = copyAVX2F32
	e.ops[OpTanhD] = tanhDAVX2F32
	e.ops[OpSin] = guardedTrig(sinAVX2F32, math.Sin, trigMax32, 8)
	e.ops[OpCos] = guardedTrig(cosAVX2F32, math.Cos, trigMax32, 8)
	e.sincos = guardedSinCos(sinCosAVX2F32, trigMax32, 8)
	e.consts[OpAddC] = addCAVX2F32
	e.consts[OpMulC] = mulCAVX2F32
	e.consts[OpFMAC] = fmaCAVX2F32
	e.consts[OpRSubC] = rsubCAVX2F32
	e.consts[OpRDivC] = rdivCAVX2F32
	e.consts[OpMaxC] = maxCAVX2F32
	e.consts[OpMinC] = minCAVX2F32
	e.consts[OpFill] = fillAVX2F32
	e.consts[OpPowI] = guardedPowI(powiAVX2F32, e.consts[OpPowI])
	e.sum, e.dot = sumAVX2F32, dotAVX2F32
	e.addTo = func(dst, a []float32) { addAVX2F32(dst, dst, a, nil) }
	e.axpy = axpyAVX2F32
	e.adam = func(theta, m, v, g []float32, k *adamStep[float32]) { adamAVX2F32(theta, m, v, g, &k.beta1) }
	e.gemm.useTiles(8, 8, tilesAVX2F32())
	e.gemm.useDots(dots8AVX2F32, dots1AVX2F32)
	e.run = runnerOf(runStepsAVX2F32)
}

func useAVX512F64(e *engine[float64]) {
	e.ops[OpAdd] = addAVX512F64
	e.ops[OpSub] = subAVX512F64
	e.ops[OpMul] = mulAVX512F64
	e.ops[OpDiv] = divAVX512F64
	e.ops[OpFMA] = fmaAVX512F64
	e.ops[OpFNMA] = fnmaAVX512F64
	e.ops[OpFMS] = fmsAVX512F64
	e.ops[OpNeg] = negAVX512F64
	e.ops[OpAbs] = absAVX512F64
	e.ops[OpSqrt] = sqrtAVX512F64
	e.ops[OpRecip] = recipAVX512F64
	e.ops[OpSquare] = squareAVX512F64
	e.ops[OpExp] = expAVX512F64
	e.ops[OpLog] = logAVX512F64
	e.ops[OpTanh] = tanhAVX512F64
	e.ops[OpSigmoid] = sigmoidAVX512F64
	e.ops[OpErf] = erfAVX512F64
	e.ops[OpSoftplus] = softplusAVX512F64
	e.ops[OpExpm1] = expm1AVX512F64
	e.ops[OpMax] = maxAVX512F64
	e.ops[OpMin] = minAVX512F64
	e.ops[OpSign] = signAVX512F64
	e.ops[OpStep] = stepAVX512F64
	e.ops[OpGT] = gtAVX512F64
	e.ops[OpGE] = geAVX512F64
	e.ops[OpLT] = ltAVX512F64
	e.ops[OpLE] = leAVX512F64
	e.ops[OpEQ] = eqAVX512F64
	e.ops[OpSelect] = selectAVX512F64
	e.ops[OpCopy] = copyAVX512F64
	e.ops[OpTanhD] = tanhDAVX512F64
	e.ops[OpSin] = guardedTrig(sinAVX512F64, math.Sin, trigMax64, 8)
	e.ops[OpCos] = guardedTrig(cosAVX512F64, math.Cos, trigMax64, 8)
	e.sincos = guardedSinCos(sinCosAVX512F64, trigMax64, 8)
	e.consts[OpAddC] = addCAVX512F64
	e.consts[OpMulC] = mulCAVX512F64
	e.consts[OpFMAC] = fmaCAVX512F64
	e.consts[OpRSubC] = rsubCAVX512F64
	e.consts[OpRDivC] = rdivCAVX512F64
	e.consts[OpMaxC] = maxCAVX512F64
	e.consts[OpMinC] = minCAVX512F64
	e.consts[OpFill] = fillAVX512F64
	e.consts[OpPowI] = guardedPowI(powiAVX512F64, e.consts[OpPowI])
	e.sum, e.dot = sumAVX512F64, dotAVX512F64
	e.addTo = func(dst, a []float64) { addAVX512F64(dst, dst, a, nil) }
	e.axpy = axpyAVX512F64
	e.adam = func(theta, m, v, g []float64, k *adamStep[float64]) { adamAVX512F64(theta, m, v, g, &k.beta1) }
	e.gemm.useTiles(8, 1, tilesAVX512F64())
	e.gemm.useDots(dots8AVX512F64, dots1AVX512F64)
	e.run = runnerOf(runStepsAVX512F64)
}

func useAVX512F32(e *engine[float32]) {
	e.ops[OpAdd] = addAVX512F32
	e.ops[OpSub] = subAVX512F32
	e.ops[OpMul] = mulAVX512F32
	e.ops[OpDiv] = divAVX512F32
	e.ops[OpFMA] = fmaAVX512F32
	e.ops[OpFNMA] = fnmaAVX512F32
	e.ops[OpFMS] = fmsAVX512F32
	e.ops[OpNeg] = negAVX512F32
	e.ops[OpAbs] = absAVX512F32
	e.ops[OpSqrt] = sqrtAVX512F32
	e.ops[OpRecip] = recipAVX512F32
	e.ops[OpSquare] = squareAVX512F32
	e.ops[OpExp] = expAVX512F32
	e.ops[OpLog] = logAVX512F32
	e.ops[OpTanh] = tanhAVX512F32
	e.ops[OpSigmoid] = sigmoidAVX512F32
	e.ops[OpErf] = erfAVX512F32
	e.ops[OpSoftplus] = softplusAVX512F32
	e.ops[OpExpm1] = expm1AVX512F32
	e.ops[OpMax] = maxAVX512F32
	e.ops[OpMin] = minAVX512F32
	e.ops[OpSign] = signAVX512F32
	e.ops[OpStep] = stepAVX512F32
	e.ops[OpGT] = gtAVX512F32
	e.ops[OpGE] = geAVX512F32
	e.ops[OpLT] = ltAVX512F32
	e.ops[OpLE] = leAVX512F32
	e.ops[OpEQ] = eqAVX512F32
	e.ops[OpSelect] = selectAVX512F32
	e.ops[OpCopy] = copyAVX512F32
	e.ops[OpTanhD] = tanhDAVX512F32
	e.ops[OpSin] = guardedTrig(sinAVX512F32, math.Sin, trigMax32, 16)
	e.ops[OpCos] = guardedTrig(cosAVX512F32, math.Cos, trigMax32, 16)
	e.sincos = guardedSinCos(sinCosAVX512F32, trigMax32, 16)
	e.consts[OpAddC] = addCAVX512F32
	e.consts[OpMulC] = mulCAVX512F32
	e.consts[OpFMAC] = fmaCAVX512F32
	e.consts[OpRSubC] = rsubCAVX512F32
	e.consts[OpRDivC] = rdivCAVX512F32
	e.consts[OpMaxC] = maxCAVX512F32
	e.consts[OpMinC] = minCAVX512F32
	e.consts[OpFill] = fillAVX512F32
	e.consts[OpPowI] = guardedPowI(powiAVX512F32, e.consts[OpPowI])
	e.sum, e.dot = sumAVX512F32, dotAVX512F32
	e.addTo = func(dst, a []float32) { addAVX512F32(dst, dst, a, nil) }
	e.axpy = axpyAVX512F32
	e.adam = func(theta, m, v, g []float32, k *adamStep[float32]) { adamAVX512F32(theta, m, v, g, &k.beta1) }
	e.gemm.useTiles(16, 1, tilesAVX512F32())
	e.gemm.useDots(dots8AVX512F32, dots1AVX512F32)
	e.run = runnerOf(runStepsAVX512F32)
}
