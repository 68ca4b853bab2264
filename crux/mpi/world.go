//go:build mpi

package mpi

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Constants of the standard ABI (MPI 5.0, section 20.3).
const (
	commWorld    = uintptr(0x101)
	errorsReturn = uintptr(0x143)
	typeByte     = uintptr(0x247)
	inPlace      = uintptr(1)
	serialized   = 2048 // calls from one thread at a time, whichever it is
	maxString    = 8192
)

// library is the functions that are used.
type library struct {
	version    func(major, minor *int32) int32
	name       func(text *byte, n *int32) int32
	initialize func(argc, argv uintptr, required int32, provided *int32) int32
	handler    func(comm, handler uintptr) int32
	rank, size func(comm uintptr, out *int32) int32
	allgather  func(send uintptr, count int64, kind uintptr, got unsafe.Pointer, each int64, of, comm uintptr, r *uintptr) int32
	allgatherv func(send uintptr, count int64, kind uintptr, got unsafe.Pointer, counts, at *int64, of, comm uintptr, r *uintptr) int32
	alltoallv  func(send unsafe.Pointer, sent, at *int64, kind uintptr, got unsafe.Pointer, received, from *int64, of, comm uintptr,
		r *uintptr) int32
	test     func(request *uintptr, done *int32, status uintptr) int32
	text     func(code int32, text *byte, n *int32) int32
	abort    func(comm uintptr, code int32) int32
	finalize func() int32
	exit     func(code int32) // of the C library
}

// World is all processes that were started together, as one of them sees it. Its calls are made by one goroutine at a time.
type World struct {
	lib        *library
	rank, size int
	name       string
	calls      int64
	headers    []header
	counts     [4][]int64
	request    uintptr // of the call under way
	done       int32
}

// header is what ranks tell each other before a call, so that those which are not at the same one know instead of waiting for ever.
type header struct{ calls, kind, bytes int64 }

const (
	gathers = iota + 1
	exchanges
	closes
)

// names are those under which the library is looked for: CRUX_MPI alone where it is set.
func names() []string {
	if name := os.Getenv("CRUX_MPI"); name != "" {
		return []string{name}
	}
	if runtime.GOOS == "darwin" {
		return []string{"libmpi_abi.1.dylib", "libmpi_abi.dylib"}
	}
	return []string{"libmpi_abi.so.1", "libmpi_abi.so", "libmpi_abi.so.0"}
}

const howTo = "install MPICH 5 or another MPI with the ABI of MPI 5, and name its library, such as libmpi_abi.so.1, " +
	"in CRUX_MPI where the loader does not find it"

// Open finds an MPI and joins the others: all must open. The error says what is missing.
func Open() (*World, error) {
	var handle uintptr
	var errs []error
	for _, name := range names() {
		h, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err == nil {
			handle, errs = h, nil
			break
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("mpi: no MPI was found (%s); %s", strings.ReplaceAll(err.Error(), "\n", "; "), howTo)
	}
	l := &library{}
	for name, f := range map[string]any{
		"MPI_Abi_get_version": &l.version, "MPI_Get_library_version": &l.name, "MPI_Init_thread": &l.initialize,
		"MPI_Comm_set_errhandler": &l.handler, "MPI_Comm_rank": &l.rank, "MPI_Comm_size": &l.size,
		"MPI_Iallgather_c": &l.allgather, "MPI_Iallgatherv_c": &l.allgatherv, "MPI_Ialltoallv_c": &l.alltoallv, "MPI_Test": &l.test,
		"MPI_Error_string": &l.text, "MPI_Abort": &l.abort, "MPI_Finalize": &l.finalize,
	} {
		at, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("mpi: the MPI that was found has no %s, so it is older than the ABI of MPI 5; %s", name, howTo)
		}
		purego.RegisterFunc(f, at)
	}
	exit, err := purego.Dlsym(purego.RTLD_DEFAULT, "exit")
	if err != nil {
		return nil, fmt.Errorf("mpi: the C library has no exit: %w", err)
	}
	purego.RegisterFunc(&l.exit, exit)
	var major, minor int32
	if l.version(&major, &minor); major != 1 {
		return nil, fmt.Errorf("mpi: the MPI that was found has version %d.%d of the ABI, and this program knows version 1; %s", major, minor,
			howTo)
	}
	w := &World{lib: l, name: l.describe()}
	var provided int32
	if err := l.check("MPI_Init_thread", l.initialize(0, 0, serialized, &provided)); err != nil {
		return nil, err
	}
	if provided < serialized {
		return nil, fmt.Errorf("mpi: %s lets one thread alone make calls, and goroutines change threads; build it with thread support", w.name)
	}
	var rank, size int32
	err = errors.Join(
		l.check("MPI_Comm_set_errhandler", l.handler(commWorld, errorsReturn)),
		l.check("MPI_Comm_rank", l.rank(commWorld, &rank)),
		l.check("MPI_Comm_size", l.size(commWorld, &size)),
	)
	w.rank, w.size, w.headers = int(rank), int(size), make([]header, size)
	for k := range w.counts {
		w.counts[k] = make([]int64, size)
	}
	return w, err
}

func (l *library) describe() string {
	var text [maxString]byte
	var n int32
	l.name(&text[0], &n)
	line, _, _ := strings.Cut(string(text[:max(0, min(int(n), maxString))]), "\n")
	return strings.Join(strings.Fields(line), " ")
}

func (l *library) check(what string, code int32) error {
	if code == 0 {
		return nil
	}
	var text [maxString]byte
	var n int32
	l.text(code, &text[0], &n)
	return fmt.Errorf("mpi: %s: %s", what, strings.TrimSpace(string(text[:max(0, min(int(n), maxString))])))
}

// Rank is which of them this is.
func (w *World) Rank() int { return w.rank }

// Size is how many there are.
func (w *World) Size() int { return w.size }

// Library names the MPI that was found.
func (w *World) Library() string { return w.name }

// meet tells the others what comes next, and compares.
func (w *World) meet(kind, bytes int64) error {
	w.calls++
	own := header{w.calls, kind, bytes}
	w.headers[w.rank] = own
	const size = int64(unsafe.Sizeof(header{}))
	if err := w.wait("MPI_Iallgather", w.lib.allgather(inPlace, 0, typeByte, unsafe.Pointer(&w.headers[0]), size, typeByte, commWorld,
		&w.request)); err != nil {
		return err
	}
	for r, h := range w.headers {
		switch {
		case h == own || h.kind == closes && kind == closes:
		case h.kind == closes:
			return fmt.Errorf("mpi: %w: rank %d has ended before the others, for a reason of its own", ErrApart, r)
		case kind == closes:
			return fmt.Errorf("mpi: %w: rank %d has ended before the others", ErrApart, w.rank)
		default:
			return fmt.Errorf("mpi: %w: ranks %d and %d are at calls %d and %d, of %d and %d bytes; files, programs or processors differ",
				ErrApart, w.rank, r, own.calls, h.calls, own.bytes, h.bytes)
		}
	}
	return nil
}

const (
	patience = 200 * time.Microsecond // for which a rank looks whether a call is complete, before it sleeps between two looks
	nap      = 50 * time.Microsecond
)

// wait returns when a call that has begun is complete. MPI itself would look for ever: on cores that ranks share with others, or with each
// other, this takes the time that those need to come as far.
func (w *World) wait(what string, code int32) error {
	if err := w.lib.check(what, code); err != nil {
		return err
	}
	for begin := time.Now(); ; {
		if err := w.lib.check(what, w.lib.test(&w.request, &w.done, 0)); err != nil || w.done != 0 {
			return err
		}
		if time.Since(begin) > patience {
			time.Sleep(nap)
		}
	}
}

// split writes counts and displacements of parts that end at ends.
func split(counts, at []int64, ends []int) {
	last := 0
	for r, e := range ends {
		counts[r], at[r] = int64(e-last), int64(last)
		last = e
	}
}

// start is the address of a buffer; MPI takes any for an empty one.
func start(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

// Gather is that of crux.Team.
func (w *World) Gather(buf []byte, ends []int) error {
	if err := w.meet(gathers, int64(len(buf))); err != nil {
		return err
	}
	split(w.counts[0], w.counts[1], ends)
	defer runtime.KeepAlive(buf)
	return w.wait("MPI_Iallgatherv", w.lib.allgatherv(inPlace, 0, typeByte, start(buf), &w.counts[0][0], &w.counts[1][0], typeByte,
		commWorld, &w.request))
}

// Exchange is that of crux.Team.
func (w *World) Exchange(send []byte, sent []int, got []byte, received []int) error {
	if err := w.meet(exchanges, 0); err != nil {
		return err
	}
	split(w.counts[0], w.counts[1], sent)
	split(w.counts[2], w.counts[3], received)
	defer runtime.KeepAlive([2][]byte{send, got})
	return w.wait("MPI_Ialltoallv", w.lib.alltoallv(start(send), &w.counts[0][0], &w.counts[1][0], typeByte,
		start(got), &w.counts[2][0], &w.counts[3][0], typeByte, commWorld, &w.request))
}

// Close ends this process's part, when the others do; the process is then ended by Exit. Where the others do not, that is an error, and
// Abort ends them.
func (w *World) Close(code int) error {
	if err := w.meet(closes, int64(code)); err != nil {
		return err
	}
	return w.lib.check("MPI_Finalize", w.lib.finalize())
}

// Exit ends this process after Close, as os.Exit does, but by the C library: MPICH tells mpirun only there that all is well, and mpirun
// kills the others of a process that ends otherwise.
func (w *World) Exit(code int) { w.lib.exit(int32(code)) }

// Abort ends all processes with an exit code, this one included.
func (w *World) Abort(code int) { w.lib.abort(commWorld, int32(code)) }
