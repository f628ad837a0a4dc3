// Command gen writes what the documentation says about providers from the
// catalogue itself: one page per provider, their index, and the table in
// README.md. Run it from the root of the repository with go run ./tools/gen; a
// test fails when what it would write differs from what is committed.
package main

import (
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"

	"sluice/internal/provider"
	"sluice/providers"
)

const pages = "docs/providers"

func main() {
	log.SetFlags(0)
	if err := write("."); err != nil {
		log.Fatal("gen: ", err)
	}
}

// write brings the files under root up to date and removes pages of providers
// that are gone.
func write(root string) error {
	files, err := generate(root, providers.FS)
	if err != nil {
		return err
	}
	if err := removeOld(root, files); err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func removeOld(root string, files map[string]string) error {
	old, err := filepath.Glob(filepath.Join(root, pages, "*.md"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, stays := files[pages+"/"+filepath.Base(path)]; !stays {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// generate returns the text of every generated file by its name under root.
// README.md is among them only when it has the markers.
func generate(root string, catalogue fs.FS) (map[string]string, error) {
	c, err := provider.Load(catalogue)
	if err != nil {
		return nil, err
	}
	files := map[string]string{pages + "/README.md": index(c), "docs/configuration.md": configuration()}
	for _, p := range c.All() {
		raw, err := fs.ReadFile(catalogue, p.ID+".yaml")
		if err != nil {
			return nil, err
		}
		notes, err := readNotes(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.ID, err)
		}
		files[pages+"/"+p.ID+".md"] = page(p, notes)
	}
	if text, ok, err := reliability(root); err != nil {
		return nil, err
	} else if ok {
		files[rulesPage] = text
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return files, nil // no README, nothing to fill in
	}
	if text, ok := between(string(readme), "<!-- providers:begin -->", "<!-- providers:end -->", matrix(c, pages+"/")); ok {
		files["README.md"] = text
	}
	return files, nil
}

// between replaces what stands between two markers.
func between(text, begin, end, middle string) (string, bool) {
	before, rest, ok := strings.Cut(text, begin)
	if !ok {
		return "", false
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", false
	}
	return before + begin + "\n" + middle + end + after, true
}
