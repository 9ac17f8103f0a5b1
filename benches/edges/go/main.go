// Prints which file of a Go module uses which, by Go's own type checker, for compare.py:
// go run main.go FOLDER
//
// Files that this platform does not build are left out. Modules that are not there are taken for empty, so that only what
// is known of them is missing.
package main

import (
	"encoding/json"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"log"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// A folder's files: of the package itself, of its tests, and of the test package beside it.
type folder struct {
	path                 string
	files, tests, beside []*ast.File
}

type module struct {
	set     *token.FileSet
	root    string
	folders map[string]*folder
	checked map[string]*types.Package
	library types.Importer
	edges   map[[2]string]bool
}

func main() {
	root, err := filepath.Abs(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	m := &module{
		set:     token.NewFileSet(),
		root:    root,
		folders: map[string]*folder{},
		checked: map[string]*types.Package{},
		edges:   map[[2]string]bool{},
	}
	m.library = importer.ForCompiler(m.set, "source", nil)
	if err := filepath.WalkDir(root, m.read); err != nil {
		log.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	for _, f := range m.folders {
		m.use(f.path, append(append([]*ast.File{}, f.files...), f.tests...))
		m.use(f.path+"_test", f.beside)
		for _, files := range [][]*ast.File{f.files, f.tests, f.beside} {
			for _, file := range files {
				out.Encode(map[string]string{"file": m.name(file.Pos())})
			}
		}
	}
	for edge := range m.edges {
		out.Encode(map[string]string{"from": edge[0], "to": edge[1]})
	}
}

func (m *module) read(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if entry.IsDir() {
		if base := entry.Name(); name != m.root && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
			return fs.SkipDir
		}
		return nil
	}
	dir, base := filepath.Split(name)
	if matches, err := build.Default.MatchFile(dir, base); !strings.HasSuffix(base, ".go") || err != nil || !matches {
		return nil
	}
	file, err := parser.ParseFile(m.set, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	at := m.importPath(dir)
	f := m.folders[at]
	if f == nil {
		f = &folder{path: at}
		m.folders[at] = f
	}
	switch {
	case strings.HasSuffix(file.Name.Name, "_test"):
		f.beside = append(f.beside, file)
	case strings.HasSuffix(base, "_test.go"):
		f.tests = append(f.tests, file)
	default:
		f.files = append(f.files, file)
	}
	return nil
}

// The import path of a folder: below the nearest go.mod.
func (m *module) importPath(dir string) string {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if text, err := os.ReadFile(filepath.Join(at, "go.mod")); err == nil {
			for _, line := range strings.Split(string(text), "\n") {
				if words := strings.Fields(line); len(words) == 2 && words[0] == "module" {
					below, _ := filepath.Rel(at, dir)
					return path.Join(strings.Trim(words[1], `"`), filepath.ToSlash(below))
				}
			}
		}
		if at == m.root {
			below, _ := filepath.Rel(m.root, dir)
			return filepath.ToSlash(below)
		}
	}
}

// Import gives a package of the module, of the standard library, or an empty one.
func (m *module) Import(name string) (*types.Package, error) {
	if known, is := m.checked[name]; is && known != nil {
		return known, nil
	}
	empty := types.NewPackage(name, path.Base(name))
	empty.MarkComplete()
	if f := m.folders[name]; f != nil {
		// Met again while it is checked, it is a cycle.
		m.checked[name] = empty
		m.checked[name] = m.check(name, f.files, nil)
		return m.checked[name], nil
	}
	m.checked[name] = empty
	if !strings.Contains(strings.Split(name, "/")[0], ".") {
		if found, err := m.library.Import(name); err == nil {
			m.checked[name] = found
		}
	}
	return m.checked[name], nil
}

func (m *module) check(name string, files []*ast.File, info *types.Info) *types.Package {
	config := types.Config{Importer: m, Error: func(error) {}, FakeImportC: true, IgnoreFuncBodies: info == nil}
	checked, _ := config.Check(name, m.set, files, info)
	return checked
}

// Notes what these files use of other files.
func (m *module) use(name string, files []*ast.File) {
	if len(files) == 0 {
		return
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	m.check(name, files, info)
	for at, object := range info.Uses {
		if _, is := object.(*types.PkgName); is || !object.Pos().IsValid() {
			continue
		}
		from, to := m.name(at.Pos()), m.name(object.Pos())
		if from != to && from != "" && to != "" {
			m.edges[[2]string{from, to}] = true
		}
	}
}

// The path of a file below the root, or nothing.
func (m *module) name(at token.Pos) string {
	below, err := filepath.Rel(m.root, m.set.Position(at).Filename)
	if err != nil || strings.HasPrefix(below, "..") {
		return ""
	}
	return filepath.ToSlash(below)
}
