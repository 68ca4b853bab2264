package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// On a disk of its own a script runs, with $1 for the program. It is mounted in a name space, so that nothing of it is left; that needs a
// system with name spaces, and permission.
func (b *bench) disk(options, script string) outcome {
	ns := []string{"-m"}
	if os.Getuid() != 0 {
		ns = []string{"-r", "-m"}
	}
	if out, err := exec.Command("unshare", append(ns, "mount", "-t", "tmpfs", "tmpfs", b.dir)...).CombinedOutput(); err != nil {
		b.not = strings.TrimSpace(fmt.Sprintf("disks cannot be mounted: %v %s", err, out))
		return outcome{}
	}
	os.MkdirAll(filepath.Join(b.dir, "disk"), 0o755) //nolint:errcheck // what follows says so
	mount := "mount -t tmpfs -o " + options + " tmpfs disk || exit 99\n"
	return b.exec(nil, "unshare", append(ns, "sh", "-c", mount+script, "sh", b.crux)...)
}

// fullDisk fills a disk while a run writes on it, and empties it again after some time. The run goes on, or continues.
func fullDisk(b *bench) (h harm) {
	h.times = 1
	b.begin()
	h.add(b.run(nil, solve("whole", long)...).harm)
	o := b.disk("size=32m", fmt.Sprintf(`
crux=$1; shift
$crux %s & run=$!
sleep %.3f
dd if=/dev/zero of=disk/filler bs=4k >/dev/null 2>&1
sleep %.3f
rm disk/filler
wait $run; code=$?
echo "the run ended with $code" >&2
case $code in 0|4|5|6) ;; *)
	if ls disk/d/checkpoints/checkpoint-* >/dev/null 2>&1; then $crux resume disk/d -q
	else rm -rf disk/d; $crux %[1]s; fi ;;
esac
code=$?
cp -r disk/d d
exit $code`, commandLine(solve("disk/d", long)), b.rng.Float64()*0.6, b.rng.Float64()*0.6))
	if b.not != "" {
		return harm{}
	}
	h.add(o.harm)
	ended := strings.Contains(o.err, "as many as it should") // the logs alone are short, which the exit code says
	if !well(o.code) && !ended || b.ended("d") != b.ended("whole") {
		h.lost = 1
	}
	return h
}

// readOnlyDisk has a run on a disk that cannot be written to: what reads reads, what would write says so.
func readOnlyDisk(b *bench) (h harm) {
	h.times = 1
	b.begin()
	h.add(b.run(nil, solve("d", "seed=1")...).harm)
	want := b.ended("d")
	reads := []string{"eval disk/d --expr u --expr u_xx --expr k", "show disk/d", "ls disk", "explain disk/d --tracker residual_stats"}
	writes := []string{
		"resume disk/d --steps 130", "solve p.yaml -q --out disk/new", "report disk/d", "plot disk/d", "sweep p.yaml --seeds 2 --out disk/sweep",
	}
	script := "cp -r d disk/d && mount -o remount,ro disk || exit 99\ncrux=$1\n"
	for _, line := range reads {
		script += fmt.Sprintf("$crux %s || { echo reading failed >&2; exit 1; }\n", line)
	}
	for _, line := range writes {
		script += fmt.Sprintf("$crux %s >/dev/null 2>said && { echo it is said to be written: %[1]s >&2; exit 1; }\n"+
			"cat said >&2; grep -q read-only said || { echo without a reason: %[1]s >&2; exit 1; }\n", line)
	}
	o := b.disk("size=8m", script)
	if b.not != "" {
		return harm{}
	}
	if h.add(o.harm); o.code != 0 {
		h.lost = 1
	}
	if !strings.HasPrefix(o.out, want) {
		h.other = 1
	}
	return h
}

// commandLine is what a shell reads as these words.
func commandLine(words []string) string {
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, "'"+w+"'")
	}
	return strings.Join(quoted, " ")
}
