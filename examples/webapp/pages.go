package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"
)

// A page is what the layout shows, around what is the page's own.
type page struct {
	Title   string
	Session session // nil where it does not matter who is signed in
	Notice  string  // something went well
	Problem string  // something did not
	Body    any
}

//go:embed pages assets
var files embed.FS

var templates = parsePages("sign-in", "profile", "devices", "error")

func parsePages(names ...string) map[string]*template.Template {
	pages := make(map[string]*template.Template)
	functions := template.FuncMap{"ago": ago, "asset": asset, "date": date}
	for _, name := range names {
		t := template.New("layout.html").Funcs(functions)
		pages[name] = template.Must(t.ParseFS(files, "pages/layout.html", "pages/"+name+".html"))
	}
	return pages
}

// render answers with a page. It is complete before anything of it is sent, so that no half of one is.
func (a *app) render(w http.ResponseWriter, status int, name string, p page) {
	var text bytes.Buffer
	if err := templates[name].Execute(&text, p); err != nil {
		a.log.Error("page does not render", "page", name, "err", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(text.Bytes())
}

// assets are the same for everybody, and for good: their addresses change with their content.
var assets = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeFileFS(w, r, files, r.URL.Path)
})

// asset returns the address of a file in assets.
func asset(name string) (string, error) {
	content, err := fs.ReadFile(files, "assets/"+name)
	return fmt.Sprintf("/assets/%s?v=%.4x", name, sha256.Sum256(content)), err
}

// date writes a time for people who want it exactly.
func date(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// ago writes a time for people who want it roughly.
func ago(t time.Time) string {
	count := func(n time.Duration, unit string) string {
		if n == 1 {
			return "1 " + unit + " ago"
		}
		return fmt.Sprintf("%d %ss ago", n, unit)
	}
	switch d := time.Since(t); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return count(d/time.Minute, "minute")
	case d < 24*time.Hour:
		return count(d/time.Hour, "hour")
	default:
		return count(d/(24*time.Hour), "day")
	}
}
