package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// message is a struct of Go that is a message of protobuf.
type message struct {
	name   string // meta/v1.ObjectMeta
	fields []field
}

// field is a field of a message, named as in JSON.
type field struct {
	number   int
	name     string // empty: a struct that is inlined in JSON, or an alternative of a union
	kind     string // a variant of Rust's Kind
	shape    string // One, List, Map
	omit     bool   // the zero value is left out of the JSON
	nullable bool   // a pointer, slice or map: absent on the wire if it is nil
	of       reflect.Type
}

// walker collects the messages that the roots need.
type walker struct {
	messages map[reflect.Type]*message
	order    []reflect.Type
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	wireMarshaler = reflect.TypeFor[interface{ Marshal() ([]byte, error) }]()
)

// Types with a JSON form of their own.
var own = map[string]string{
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":       "Time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":  "MicroTime",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration":   "Duration",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":   "Json",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":    "Raw",
	"k8s.io/apimachinery/pkg/api/resource.Quantity":   "Quantity",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString": "IntOrString",
}

// The same in each version of apiextensions.
var ofApiextensions = map[string]string{
	"JSON":                         "Json",
	"JSONSchemaPropsOrArray":       "SchemaOrSchemas",
	"JSONSchemaPropsOrBool":        "SchemaOrBool",
	"JSONSchemaPropsOrStringArray": "SchemaOrStrings",
}

func (w *walker) kind(t reflect.Type, where string) (kind string, of reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.PkgPath() + "." + t.Name()
	if t.Implements(jsonMarshaler) || reflect.PointerTo(t).Implements(jsonMarshaler) {
		kind := own[name]
		if strings.HasPrefix(name, "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/") {
			kind = ofApiextensions[t.Name()]
		}
		switch {
		case kind == "":
			fail("%s: %s has a JSON form of its own that the table does not know", where, name)
		case strings.HasPrefix(kind, "Schema"):
			return kind, w.walk(t)
		}
		return kind, nil
	}
	switch t.Kind() {
	case reflect.String:
		return "String", nil
	case reflect.Bool:
		return "Bool", nil
	case reflect.Int32:
		return "Int32", nil
	case reflect.Int64:
		return "Int64", nil
	case reflect.Float64:
		return "Double", nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "Bytes", nil
		}
		// A slice that is a message of its own, with the strings as field 1.
		if isWrapper(t) {
			return "Strings", nil
		}
	case reflect.Struct:
		return "Message", w.walk(t)
	}
	fail("%s: the table has no kind for %s", where, t)
	return "", nil
}

func isWrapper(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && reflect.PointerTo(t).Implements(wireMarshaler) && t.Elem().Kind() == reflect.String
}

func (w *walker) walk(t reflect.Type) reflect.Type {
	if _, known := w.messages[t]; known {
		return t
	}
	path := strings.Split(t.PkgPath(), "/")
	m := &message{name: strings.Join(path[max(0, len(path)-2):], "/") + "." + t.Name()}
	w.messages[t] = m
	w.order = append(w.order, t)
	for i := range t.NumField() {
		if f, is := w.field(t.Field(i), m.name+"."+t.Field(i).Name); is {
			m.fields = append(m.fields, f)
		}
	}
	sort.Slice(m.fields, func(a, b int) bool { return m.fields[a].number < m.fields[b].number })
	return t
}

func (w *walker) field(f reflect.StructField, where string) (field, bool) {
	tag := strings.Split(f.Tag.Get("protobuf"), ",")
	if tag[0] == "" || tag[0] == "-" {
		// The type of an object is in the envelope.
		if f.Type.Name() != "TypeMeta" {
			note("%s is not in protobuf", where)
		}
		return field{}, false
	}
	// Only the number of a tag can be relied on: the wire type and `opt` or `rep` are wrong in hundreds of them. They follow from
	// the Go type, as in Go's own encoder.
	number, err := strconv.Atoi(tag[1])
	if err != nil || number < 1 || number > 255 {
		fail("%s: the number %q", where, tag[1])
	}
	options := strings.Split(f.Tag.Get("json"), ",")
	has := func(option string) bool {
		for _, o := range options[1:] {
			if o == option {
				return true
			}
		}
		return false
	}
	d := field{number: number, name: options[0], shape: "One"}
	if d.name == "-" && !strings.HasPrefix(f.Type.String(), "*") {
		fail("%s is in protobuf and not in JSON", where)
	}
	t := f.Type
	switch {
	case t.Kind() == reflect.Map:
		d.shape, d.nullable = "Map", true
		if t.Key().Kind() != reflect.String {
			fail("%s: a map with keys that are no strings", where)
		}
		d.kind, d.of = w.kind(t.Elem(), where)
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && !isWrapper(t):
		d.shape, d.nullable = "List", true
		d.kind, d.of = w.kind(t.Elem(), where)
	default:
		d.kind, d.of = w.kind(t, where)
		d.nullable = t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice
		isZero := d.kind == "Time" || d.kind == "MicroTime"
		switch d.kind {
		case "String", "Bool", "Int32", "Int64", "Double", "Bytes", "Strings":
			d.omit = has("omitempty") && t.Kind() != reflect.Pointer
		}
		if has("omitzero") {
			if !isZero && !d.omit && !d.nullable {
				fail("%s: omitzero of a %s", where, d.kind)
			}
			d.omit = d.omit || isZero
		}
	}
	if has("inline") || f.Anonymous && d.name == "" {
		if d.kind != "Message" || d.shape != "One" || d.nullable {
			fail("%s: only a message that is no pointer can be inlined", where)
		}
		d.name, d.kind = "", "Inline"
	} else if d.name == "" && !strings.Contains(where, "JSONSchemaPropsOr") {
		fail("%s has no name in JSON", where)
	}
	return d, true
}

// names are all texts of the table as the words of one text. A word that lies in a longer one is left out.
type names struct {
	all map[string]bool
	one []string
}

func (n *names) add(text string) {
	if n.all == nil {
		n.all = map[string]bool{}
	}
	n.all[text] = true
}

func (n *names) pack() {
	within := func(text string) bool {
		for longer := range n.all {
			if len(longer) > len(text) && strings.Contains(longer, text) {
				return true
			}
		}
		return false
	}
	for text := range n.all {
		if !within(text) {
			n.one = append(n.one, text)
		}
	}
	sort.Strings(n.one)
}

func (n *names) at(text string) string {
	return fmt.Sprintf("%d, %d", strings.Index(strings.Join(n.one, " "), text), len(text))
}

// table writes kube-proto/src/protobuf/table.rs.
func table(to io.Writer) {
	w := walker{messages: map[reflect.Type]*message{}}
	kinds := roots()
	var texts names
	for _, r := range kinds {
		w.walk(r.goType)
		texts.add(r.apiVersion)
		texts.add(r.kind)
	}
	sort.Slice(w.order, func(a, b int) bool { return w.messages[w.order[a]].name < w.messages[w.order[b]].name })
	index, slots := map[reflect.Type]int{}, 0
	for i, t := range w.order {
		m := w.messages[t]
		if i > 0 && w.messages[w.order[i-1]].name == m.name {
			fail("two messages are called %s", m.name)
		}
		index[t] = i
		for _, f := range m.fields {
			texts.add(f.name)
		}
		if n := len(m.fields); n > 0 {
			slots += m.fields[n-1].number
		}
	}
	w.check()
	texts.pack()

	out := bufio.NewWriter(to)
	defer out.Flush()
	p := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	p("//! The messages of Kubernetes' API. Generated from the Go types by `kube-proto/protobuf/generate`: do not edit.")
	p("")
	p("use super::row::Kind::*;")
	p("use super::row::{Field, HOLE, LIST, MAP, Message, NULL, OMIT, ONE, Root, f, m, r};")
	p("")
	p("/// All names. The rows below have the position and the length of theirs.")
	p("pub(super) static NAMES: &str = \"\\")
	wrap(p, "    ", texts.one, " \\")
	p("\";")
	p("")
	p("/// The fields of a message stand at their number less one: position and length of the name, number, kind, shape and")
	p("/// flags, message.")
	p("pub(super) static FIELDS: [Field; %d] = [", slots)
	for i, t := range w.order {
		m := w.messages[t]
		listing := []string{fmt.Sprintf("%d %s:", i, m.name)}
		var rows []string
		for _, f := range m.fields {
			for len(rows)+1 < f.number {
				rows = append(rows, "HOLE,")
			}
			name := f.name
			if name == "" {
				name = "(" + f.kind + ")"
			}
			listing = append(listing, name)
			flags := map[string]string{"One": "ONE", "List": "LIST", "Map": "MAP"}[f.shape]
			if f.omit {
				flags += " | OMIT"
			}
			if f.nullable {
				flags += " | NULL"
			}
			rows = append(rows, fmt.Sprintf("f(%s, %d, %s, %s, %d),", texts.at(f.name), f.number, f.kind, flags, index[f.of]))
		}
		wrap(p, "    // ", listing, "")
		wrap(p, "    ", rows, "")
	}
	p("];")
	p("")
	p("/// Where the fields of a message begin, and how many there are.")
	p("pub(super) static MESSAGES: [Message; %d] = [", len(w.order))
	start := 0
	var rows []string
	for _, t := range w.order {
		n := 0
		if fields := w.messages[t].fields; len(fields) > 0 {
			n = fields[len(fields)-1].number
		}
		rows = append(rows, fmt.Sprintf("m(%d, %d),", start, n))
		start += n
	}
	wrap(p, "    ", rows, "")
	p("];")
	p("")
	p("/// The kinds, by kind and `apiVersion`: position and length of both, message.")
	p("pub(super) static ROOTS: [Root; %d] = [", len(kinds))
	for _, k := range kinds {
		p("    r(%s, %s, %d), // %s %s", texts.at(k.kind), texts.at(k.apiVersion), index[k.goType], k.apiVersion, k.kind)
	}
	p("];")
	note("%d kinds, %d messages, %d slots, %d bytes of names", len(kinds), len(w.order), slots, len(strings.Join(texts.one, " ")))
}

// check fails where the reader and the writer could not rely on the table.
func (w *walker) check() {
	var flatten func(t reflect.Type, seen map[string]bool, depth int)
	flatten = func(t reflect.Type, seen map[string]bool, depth int) {
		m := w.messages[t]
		if depth > 2 {
			fail("%s is inlined more than twice", m.name)
		}
		for _, f := range m.fields {
			switch {
			case f.kind == "Inline":
				flatten(f.of, seen, depth+1)
			case f.name != "" && seen[f.name]:
				fail("%s has %s twice", m.name, f.name)
			}
			seen[f.name] = true
		}
	}
	for _, t := range w.order {
		flatten(t, map[string]bool{}, 0)
	}
}

// wrap writes words in lines of at most 120 characters.
func wrap(p func(string, ...any), begin string, words []string, end string) {
	line := begin
	for i, word := range words {
		if line += word; i+1 == len(words) || len(line)+1+len(words[i+1])+len(end) > 120 {
			p("%s%s", line, end)
			line = begin
		} else {
			line += " "
		}
	}
}
