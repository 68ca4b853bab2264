//go:build (!amd64 && !arm64) || purego

package kern

func bestLevel() level { return levelPortable }

// levels lists what this build can run, slowest first.
func levels() []level { return []level{levelPortable} }

func accelerate[T Float](*engine[T], level) {}
