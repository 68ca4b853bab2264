package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// peer is a Python process that answers one line of JSON for each line it is sent.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	log tail
}

// tail keeps the end of what a process says; libraries say a lot.
type tail struct{ text []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-4096):]
	return len(b), nil
}

// errAbsent means that a peer is not installed.
var errAbsent = errors.New("not installed; run testdata/peers/setup.sh")

// startPeer starts a script in its virtual environment. The variables by which some machines steer old builds of OpenBLAS
// would slow a current numpy down; the peer does not see them.
func (c config) startPeer(env, script string, args ...string) (*peer, error) {
	python := c.envs + "/" + env + "/bin/python"
	if _, err := os.Stat(python); err != nil {
		return nil, errAbsent
	}
	p := &peer{cmd: exec.Command(python, append([]string{"testdata/peers/" + script}, args...)...)}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OPENBLAS_CORETYPE=") && !strings.HasPrefix(v, "OPENBLAS_L2_SIZE=") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(p.cmd.Env, "JAX_PLATFORMS=cpu", "PYTHONWARNINGS=ignore")
	p.cmd.Stderr = &p.log
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, p.cmd.Start()
}

// ask sends a question and reads the answer. Lines that are not JSON objects are what libraries print.
func (p *peer) ask(question, answer any) error {
	b, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("the peer does not listen: %w", err)
	}
	for {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			p.close() // all that it said has been read then
			return fmt.Errorf("the peer gave no answer: %w; it said last:\n%s", err, p.log.text)
		}
		if line[0] == '{' {
			return json.Unmarshal(line, answer)
		}
	}
}

// run asks for the seconds of one repetition.
func (p *peer) run(variant string, reps int) (float64, error) {
	var a struct{ Seconds float64 }
	err := p.ask(map[string]any{"op": "run", "variant": variant, "reps": reps}, &a)
	return a.Seconds, err
}

func (p *peer) close() {
	p.in.Close() //nolint:errcheck // the process ends at the end of its input
	p.cmd.Wait() //nolint:errcheck // nothing depends on how
}
