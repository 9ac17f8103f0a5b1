// Package main serves things.
package main

import (
	"fmt"
	h "net/http"
	. "strings"

	"example.com/x/internal/store"
)

//go:build linux

// MaxSize limits.
const MaxSize = 10

const (
	a = iota
	// B is second.
	B
)

var (
	table = map[string]int{"x": 1}
)

// Server serves.
// It is good.
type Server[T any] struct {
	store.Base
	*h.Client
	// Name of it.
	Name  string `json:"name"`
	items []Item
}

// Walker walks.
type Walker interface {
	Runner
	Walk(path string) error
}

type ID = string
type Level int

// New makes one.
func New[T any](name string, opts ...Option) (*Server[T], error) {
	home := os.Getenv("HOME")
	s := &Server[T]{Name: name, items: load(home)}
	for i, x := range s.items {
		if x.ok && i > MaxSize || h.Debug {
			fmt.Println(x.run(i))
		}
	}
	switch name {
	case "a":
		return nil, store.ErrNot
	}
	return s, nil
}

// Walk implements Walker.
func (s *Server[T]) Walk(path string) error {
	flag.String("port", "8080", "the port")
	h.HandleFunc("/users/{id}", s.show)
	r.GET("/items", list)
	return s.store.Get(path).Err()
}

func main() { New[int]("x") }
