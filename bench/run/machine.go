package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// A machine is where the measuring was done, and with what.
type machine struct {
	Cores  int    `json:"cores"`
	Model  string `json:"model"`
	Memory int64  `json:"memory_bytes"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Load   string `json:"load_average"` // when it began: above a few tenths somebody else was at work
	Commit string `json:"commit"`
	Base   string `json:"base,omitempty"`
}

// thisMachine looks around. What cannot be found out stays empty.
func thisMachine(root string) machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
				m.Model = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.Memory = field(text, "MemTotal:") << 10
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	describe := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=10")
	describe.Dir = root
	if out, err := describe.Output(); err == nil {
		m.Commit = strings.TrimSpace(string(out))
	}
	return m
}

// String is for people.
func (m machine) String() string {
	text := fmt.Sprintf("%d cores (%s), %.0f GiB, Linux %s, %s, loopback only; load average before: %s; commit %s",
		m.Cores, m.Model, float64(m.Memory)/(1<<30), m.Kernel, m.Go, m.Load, m.Commit)
	if m.Base != "" {
		text += ", base " + m.Base
	}
	return text
}
