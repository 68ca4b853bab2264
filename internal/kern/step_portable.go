//go:build !amd64 || purego

package kern

func opCode(Op) int32 { return -1 }

func constOpCode(ConstOp) int32 { return -1 }
