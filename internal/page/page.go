// Package page writes what a run came to as one HTML file: it opens offline, makes no request, and has a light and a dark face.
//
//	p := &page.Page{Report: r, Statement: problem.Statement(), Run: "burgers-1"}
//	p.Course = append(p.Course, page.Group{Title: "Losses", Panels: figure.Panels})
//	err := p.Write(w)
//
// The verdict comes first. Pictures are SVG elements in the colours of the page; what moves has a slider, the one thing for which there is
// a script. Everything that comes from a file is escaped.
package page

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"runtime"
	"sync"

	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// Page is what stands on the page.
type Page struct {
	Report      *report.Report
	Run         string // name of the run
	Description string // of the problem; "" without one
	Statement   *problemfile.Statement
	Resolved    string   // the problem file with all defaults
	Results     []Group  // solution, errors, residuals
	Course      []Group  // losses and other numbers over the steps, points
	Trackers    []Group  // what trackers measured
	Missing     []string // pictures that could not be made, and why
}

// Group is pictures with a title.
type Group struct {
	Title    string
	About    string       // "" for none
	Notes    []Note       // what is to be said of them
	Panels   []draw.Panel // side by side
	Movies   []Movie
	Contents []string // of a file: names and shapes of arrays
}

// Note is a sentence; one that warns is marked.
type Note struct {
	Text    string
	Warning bool
}

// Movie is a picture with a slider.
type Movie struct {
	Name   string
	Axis   string // of the slider, such as t
	Frames []Frame
}

// Frame is the picture at one place of the slider.
type Frame struct {
	Label  string // "t = 0.5"
	Panels []draw.Panel
}

//go:embed page.html
var source string

//go:embed compare.html
var comparison string

//go:embed page.css
var style string

//go:embed page.js
var script string

// parsed are the templates, "page" and "comparison"; they are read when a page is written, as no other command should wait for them.
var parsed = sync.OnceValues(func() (*template.Template, error) {
	t, err := template.New("page").Funcs(functions).Parse(source)
	if err != nil {
		return nil, err
	}
	_, err = t.New("comparison").Parse(comparison)
	return t, err
})

// The resolutions of maps, in dots per inch, and the most bytes that all movies together may take: a page is sent by mail.
const (
	mapDPI      = 130
	frameDPI    = 100
	mostOfMovie = 2 << 20
	fewFrames   = 6
)

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	v := view{Page: p, Title: p.Run, Style: template.CSS(style), Script: template.JS(script)} //nolint:gosec // both are ours
	var err error
	movies := 0
	for _, list := range [][]Group{p.Results, p.Course, p.Trackers} {
		for _, g := range list {
			movies += len(g.Movies)
		}
	}
	for _, part := range []struct {
		from []Group
		to   *[]shown
	}{{p.Results, &v.Results}, {p.Course, &v.Course}, {p.Trackers, &v.Trackers}} {
		if *part.to, err = drawn(part.from, mostOfMovie/max(1, movies)); err != nil {
			return err
		}
	}
	return write(w, "page", v)
}

// write fills a template.
func write(w io.Writer, name string, v any) error {
	layouts, err := parsed()
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	var b bytes.Buffer
	if err := layouts.ExecuteTemplate(&b, name, v); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// view is what the template sees: the groups with their pictures drawn.
type view struct {
	*Page
	Title                     string
	Style                     template.CSS
	Script                    template.JS
	Results, Course, Trackers []shown
}

type shown struct {
	Group
	Pictures []picture
	Moving   []moving
}

type picture struct {
	Caption string // above it; "" where the picture has its title
	SVG     template.HTML
	Class   string // "lines" for what a dark page inverts, "paper" for what keeps a light ground
}

type moving struct {
	Name, Axis string
	Frames     []movingFrame
	Last       int // the frame that is shown first
}

type movingFrame struct {
	Label    string
	Pictures []picture
}

func drawn(groups []Group, room int) ([]shown, error) {
	list := make([]shown, len(groups))
	for i, g := range groups {
		var err error
		list[i].Group = g
		if list[i].Pictures, err = pictures(g.Panels, mapDPI); err != nil {
			return nil, fmt.Errorf("page: %s: %w", g.Title, err)
		}
		for _, m := range g.Movies {
			v, err := move(m, room)
			if err != nil {
				return nil, fmt.Errorf("page: %s: %w", g.Title, err)
			}
			list[i].Moving = append(list[i].Moving, v)
		}
	}
	return list, nil
}

// move draws as many frames as there is room for, at least a few.
func move(m Movie, room int) (moving, error) {
	v := moving{Name: m.Name, Axis: m.Axis}
	n := len(m.Frames)
	if n == 0 {
		return v, nil
	}
	size := 1
	first, err := pictures(m.Frames[n/2].Panels, frameDPI)
	if err != nil {
		return v, err
	}
	for _, p := range first {
		size += len(p.SVG)
	}
	keep := min(n, max(fewFrames, room/size))
	for k := range keep {
		f := m.Frames[k*(n-1)/max(1, keep-1)]
		ps, err := pictures(f.Panels, frameDPI)
		if err != nil {
			return v, err
		}
		v.Frames = append(v.Frames, movingFrame{f.Label, ps})
	}
	v.Last = keep - 1
	return v, nil
}

// pictures draws panels, some at a time.
func pictures(panels []draw.Panel, dpi int) ([]picture, error) {
	list, errs := make([]picture, len(panels)), make([]error, len(panels))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(len(panels), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				list[i], errs[i] = drawnPanel(panels[i], dpi)
			}
		})
	}
	for i := range panels {
		next <- i
	}
	close(next)
	wg.Wait()
	return list, errors.Join(errs...)
}

func drawnPanel(p draw.Panel, dpi int) (picture, error) {
	v := picture{Class: "map"}
	switch x := p.(type) {
	case *draw.Matrix: // a small one is narrower than its title
		untitled := *x
		untitled.Title = ""
		v.Caption, v.Class, p = x.Title, "paper", &untitled
	case *draw.Curves, *draw.Bars:
		v.Class = "lines"
	}
	svg, err := (&draw.Figure{Panels: []draw.Panel{p}}).Inline(dpi)
	v.SVG = template.HTML(svg) //nolint:gosec // draw escapes its texts
	return v, err
}
