package dialecttest

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
)

// Cell is what came of everything there is between clients of one dialect and
// providers of one: their fixtures and the conversations.
type Cell struct {
	Client, Provider string
	Plain, Streamed  Tally
	Refused          int            // requests that got a reason instead of an answer
	Lost             map[string]int // what encoders named, and how often
	Faults           []string
}

// Tally counts what was tried.
type Tally struct{ Passed, Failed int }

// Matrix judges all dialects against all. Root is the folder of the dialects.
func Matrix(root string, names []string, find func(string) (*dialect.Dialect, bool)) ([]Cell, error) {
	m := &matrix{root: root, find: find}
	for _, client := range names {
		for _, provider := range names {
			c, okC := find(client)
			p, okP := find(provider)
			if !okC || !okP {
				return nil, fmt.Errorf("no dialect %s or %s", client, provider)
			}
			if c.NoClients || p.NoClients && p.Of == nil { // nothing could be read again
				continue
			}
			cell := Cell{Client: client, Provider: provider, Lost: make(map[string]int)}
			if err := m.cell(&cell, c, p); err != nil {
				return nil, err
			}
			m.cells = append(m.cells, cell)
		}
	}
	return m.cells, m.talks()
}

type matrix struct {
	root  string
	find  func(string) (*dialect.Dialect, bool)
	cells []Cell
}

// cell judges the fixtures: what a client of the one asks, what a provider of
// the other answers.
func (m *matrix) cell(cell *Cell, client, provider *dialect.Dialect) error {
	err := archives(filepath.Join(m.root, client.Name, "testdata"), func(name string, a *txtar.Archive) error {
		for _, f := range a.Files {
			if f.Name == "request.json" {
				cell.try(&cell.Plain, client.Name+"/"+name, func(t T) { cell.request(t, client, provider, f.Data) })
			}
		}
		return nil
	})
	return errors.Join(err, archives(filepath.Join(m.root, provider.Name, "testdata"), func(name string, a *txtar.Archive) error {
		for _, f := range a.Files {
			switch f.Name {
			case "reply.json":
				cell.try(&cell.Plain, provider.Name+"/"+name, func(t T) { cell.reply(t, client, provider, f.Data) })
			case "stream.sse":
				cell.try(&cell.Streamed, provider.Name+"/"+name, func(t T) { Across(t, provider, client, Wire(provider, f.Data)) })
			}
		}
		return nil
	}))
}

func (c *Cell) request(t T, client, provider *dialect.Dialect, body []byte) {
	switch client {
	case provider:
		Request(t, client, body)
		return
	case provider.Of:
		c.lose("", AdaptRequest(t, provider, body))
		return
	}
	lost, refused := CarryRequest(t, client, provider, body)
	if refused {
		c.Refused++
	}
	c.lose("", lost)
}

func (c *Cell) reply(t T, client, provider *dialect.Dialect, body []byte) {
	if client == provider {
		Reply(t, client, body)
		return
	}
	c.lose("reply ", CarryReply(t, client, provider, body))
}

func (c *Cell) try(tally *Tally, name string, law func(T)) {
	var j Judge
	if j.Try(law) {
		tally.Passed++
		return
	}
	tally.Failed++
	for _, fault := range j.Faults {
		c.Faults = append(c.Faults, name+": "+fault)
	}
}

// number is what differs between two losses of the same kind.
var number = regexp.MustCompile(`\[[0-9]+\]`)

func (c *Cell) lose(what string, lost []string) {
	for _, name := range lost {
		if !strings.Contains(name, "x_private") { // ours
			c.Lost[what+number.ReplaceAllString(name, "[]")]++
		}
	}
}

// talks plays the conversations.
func (m *matrix) talks() error {
	return archives(filepath.Join(m.root, "all", "testdata", "conversations"), func(name string, a *txtar.Archive) error {
		talk, err := NewTalk(a, m.find)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		talk.Run()
		for i := range m.cells {
			if c := &m.cells[i]; c.Client == talk.Sides.Client.Name && c.Provider == talk.Sides.Provider.Name {
				c.told(name, talk)
			}
		}
		return nil
	})
}

func (c *Cell) told(name string, talk *Talk) {
	if talk.Plains > 0 {
		c.count(&c.Plain, name, talk.Plain)
	}
	if talk.Streams > 0 {
		c.count(&c.Streamed, name, talk.Streamed)
	}
	c.lose("", talk.Lost)
}

func (c *Cell) count(tally *Tally, name string, faults []error) {
	if len(faults) == 0 {
		tally.Passed++
		return
	}
	tally.Failed++
	for _, err := range faults {
		c.Faults = append(c.Faults, name+": "+err.Error())
	}
}

// archives reads the archives of a folder; there must be some.
func archives(dir string, read func(name string, a *txtar.Archive) error) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no archive in %s", dir)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			return err
		}
		if err := read(strings.TrimSuffix(filepath.Base(file), ".txtar"), a); err != nil {
			return err
		}
	}
	return nil
}
