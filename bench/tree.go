//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tree lists the processes that a process has started, with all of theirs; the
// process itself comes first.
func tree(pid int) []int {
	children := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		panic(err) // the pattern is well formed
	}
	for _, file := range stats {
		fields, err := fieldsOf(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		parent, err1 := strconv.Atoi(fields[1])
		child, err2 := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err1 == nil && err2 == nil {
			children[parent] = append(children[parent], child)
		}
	}
	out := []int{pid}
	for i := 0; i < len(out); i++ {
		out = append(out, children[out[i]]...)
	}
	return out
}

// fieldsOf returns what stands behind the program's name in a stat file: its state,
// its parent and so on.
func fieldsOf(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 15 {
		return nil, fmt.Errorf("%s has an unknown format", file)
	}
	return fields, nil
}

// cpuOfTree is the CPU time of processes, with that of their children that have
// ended.
func cpuOfTree(pids []int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range pids {
		fields, err := fieldsOf(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended meanwhile, and its parent counts it
		}
		d, err := ticks(fields[11:15]...)
		if err != nil {
			return 0, err
		}
		sum += d
	}
	return sum, nil
}

// memoryOfTree is the memory of processes in bytes, each page counted once.
func memoryOfTree(pids []int) (sum int64) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has ended meanwhile
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
				kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
				if err == nil {
					sum += kib << 10
				}
			}
		}
	}
	return sum
}
