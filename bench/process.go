package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a gateway that runs.
type process struct {
	cmd     *exec.Cmd
	log     string
	startup time.Duration // until the first answer
	ended   chan struct{}
}

// start runs a command and waits for its first good answer.
func start(ctx context.Context, cmd *exec.Cmd, log string, probe *client) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, log: log, ended: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(p.ended) }()
	defer probe.close()
	for time.Since(began) < 20*time.Second && ctx.Err() == nil {
		if err = probe.ask(ctx); err == nil {
			p.startup = time.Since(began)
			return p, nil
		}
		time.Sleep(time.Millisecond)
	}
	p.stop()
	return nil, fmt.Errorf("%s does not answer: %w\n%s", cmd.Path, err, p.said())
}

// said is the end of what the process wrote.
func (p *process) said() []byte {
	b, _ := os.ReadFile(p.log) // nothing to show on an error
	return b[max(0, len(b)-2000):]
}

// stop ends the process, in the friendly way first: nginx ends its workers then.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(3 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// usage is what a process and its descendants took so far and hold now.
type usage struct {
	cpu time.Duration
	rss int64
}

// ticks per second of /proc; Linux shows user space 100 everywhere (proc(5)).
const tick = time.Second / 100

// usage adds up /proc/PID/stat over the tree: user and system time, pages.
func (p *process) usage() (total usage) {
	type entry struct {
		parent int
		usage
	}
	all := map[int]entry{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		n := func(i int) int64 {
			v, _ := strconv.ParseInt(string(f[i]), 10, 64)
			return v
		}
		// Fields are counted from the state, which is field 3 of proc(5).
		all[pid] = entry{int(n(1)), usage{time.Duration(n(11)+n(12)) * tick, n(21) * int64(os.Getpagesize())}}
	}
	for pid, e := range all {
		for up := pid; up > 1; up = all[up].parent {
			if up == p.cmd.Process.Pid {
				total.cpu += e.cpu
				total.rss += e.rss
				break
			}
		}
	}
	return total
}

// ports hands out free ports, below those the kernel gives to connections.
type ports struct{ next int }

func (p *ports) free(ctx context.Context) (int, error) {
	for range 100 {
		port := p.next
		p.next++
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no free port below %d", p.next)
}
