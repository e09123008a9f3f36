// Writes corpus.json: templates, and what client-go's JSONPath makes of them on a few objects.
//
// Run `go run . > corpus.json` in this folder. The test in `../tests.rs` reads the file. The seed is fixed, so the same
// version of the modules writes the same file. What depends on the order of a map in Go is left out.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/util/jsonpath"
)

type row struct {
	Template string `json:"template"`
	Object   int    `json:"object"`
	Strict   bool   `json:"strict,omitempty"`
	Error    string `json:"error,omitempty"`
	Text     string `json:"text,omitempty"`
	JSON     string `json:"json,omitempty"`
	Cell     string `json:"cell,omitempty"`
}

var objects = []string{
	`{"kind":"List","items":[
		{"metadata":{"name":"a","labels":{"app.io/tier":"front"}},"spec":{"n":1,"f":1.5,"on":true,"none":null,"list":[1,2,3,4,5]}},
		{"metadata":{"name":"b<&>\"é"},"spec":{"n":-7,"f":1e21,"on":false,"list":[],"text":"two\nlines"}},
		{"metadata":{"name":"c"},"spec":{"n":9007199254740993,"f":1e-7,"list":["x","y"]}}]}`,
	`{"one":{"two":{"three":[{"name":"p","v":80},{"name":"q","v":443},{"name":"r","v":80}]}}}`,
	`{"a":[[1,2],[3,[4]]],"empty":{},"nil":null,"s":"ab","f":[0.5,1000000.0,123456789.5,2.0]}`,
}

var fixed = []string{
	"", "text", "{}", "{.}", "{@}", "{$}", "{.kind}", "{kind}", "{.items[*].metadata.name}", "{.items[0].metadata.name} and {.kind}",
	"{range .items[*]}{.metadata.name}{\"\\n\"}{end}", "{range .items[*]}[{.metadata.name}, {.spec.n}] {end}.",
	"{range .items[*]}{.metadata.name}", "{range .none[*]}{.x}{end}after", "{end}", "{range .items[*]}{range .spec.list[*]}{@};{end}|{end}",
	"{.items[?(@.spec.n==1)].metadata.name}", "{.items[?(@.spec.n!=1)].metadata.name}", "{.items[?(@.spec.n>0)].metadata.name}",
	"{.items[?(@.spec.n>=-7)].metadata.name}", "{.items[?(@.spec.n<1)].metadata.name}", "{.items[?(@.spec.n<=1)].metadata.name}",
	"{.items[?(@.spec.on==true)].metadata.name}", "{.items[?(@.spec.text)].metadata.name}", "{.items[?(@.spec.none)].metadata.name}",
	"{.items[?(@.metadata.name==\"a\")].spec.n}", "{.items[?(@.metadata.name=='a')].spec.n}", "{.items[?(@.metadata.name==\"a)\")].spec.n}",
	"{.items[?(@.metadata.name==\"b<&>\\\"é\")].spec.n}", "{.items[?(@.spec.n=1)].metadata.name}", "{.items[?(1==1)].metadata.name}",
	"{.items[?(@.spec.f==1.5)].metadata.name}", "{.items[?(@.spec.list[0])].metadata.name}", "{.items[?(@.spec.list[9])].metadata.name}",
	"{.items[*].spec.f}", "{.items[*].spec.list}", "{.items[*].spec.none}", "{.items[0].spec.none}", "{.items[0].spec}", "{.items[1].metadata}",
	"{.items[0].metadata.labels.app\\.io/tier}", "{.items[0].metadata.labels['app\\.io/tier']}", "{.items[0]['metadata','spec']}",
	"{.items[0:2].metadata.name}", "{.items[1:].metadata.name}", "{.items[:1].metadata.name}", "{.items[-1].metadata.name}",
	"{.items[-1:].metadata.name}", "{.items[:-1].metadata.name}", "{.items[0:3:2].metadata.name}", "{.items[::2].metadata.name}",
	"{.items[3].metadata.name}", "{.items[-4].metadata.name}", "{.items[2:1].metadata.name}", "{.items[0:9].metadata.name}", "{.items[1:1]}",
	"{.items[0:2:0]}", "{.items[0:2:-1]}", "{.items[].metadata.name}", "{.items[a]}", "{.items[0,2].metadata.name}", "{.items[ 0 ]}", "{.items[0 , 2].metadata.name}",
	"{.items[99999999999999999999]}", "{.items[-]}", "{.items[", "{.items[0}", "{.items", "{.items[?(@.a==1}", "{.items[?(@.a==1)}", "{.items[?(==1)].kind}",
	"{.items[?(@.metadata.name==)]}", "{..name}", "{..}", "{..v}", "{....v}", "{..*}", "{..three[*].v}", "{.one..name}", "{.one.*}", "{.one.*.*.*}", "{.one.two.three.*.name}",
	"{.one.two.three[*]['name','v']}", "{.one.two.three[?(@.v==80)].name}", "{.one.two.three[?(@.name>\"p\")].v}", "{.one.two.three[?(@.v>\"p\")].name}",
	"{.one[?(@.v==80)]}", "{.one[0]}", "{.s[0]}", "{.s.*}", "{.s[*]}", "{.nil[0]}", "{.nil.x}", "{.nil}", "{.nil[?(@.x)]}", "{.empty}", "{.empty.*}", "{.a}", "{.a[*]}", "{.a[*][*]}", "{.a[1][1][0]}", "{.f}", "{.f[*]}",
	"{range .f[*]}{@}\t{end}", "{range .nil}{@}{end}", "{1}", "{-1.5}", "{+7}", "{1.2.3}", "{-}", "{true}", "{false}", "{\"a\\tb\"}", "{'a\\'b'}", "{\"\\x41\\u00e9\\U0001F600\\101\"}", "{\"\\q\"}", "{\"open}", "{'open}", "{\"a\" \"b\"}",
	"{,}", "{.a,.b}", "{(}", "{.a b}", "{foo}", "{foo", "{.kind}}", "}", "{.kind\n}", "{.'kind'}", "{['kind']}", "{ .kind }", "{.items[*].metadata.name}{.kind}{\"x\"}",
	"{range .items[*]}{range @.spec.list[*]}{@}{end}{end}{.kind}", "{range .items[*]}{.metadata.name}{end}{range .items[*]}{.spec.n}{end}", "{range .items[*]}x{end}{end}", "{.items[?(@.spec.list[?(@==1)])].metadata.name}",
	"{range .a[*]}{range @[*]}{@}{end}{end}", "{.a[?(@[0]==1)]}", "{.items[?(@.spec.*)].metadata.name}", "{.items[?(@.spec.list[*]==1)].metadata.name}",
}

var random = rand.New(rand.NewSource(20261130))

func pick[T any](from ...T) T { return from[random.Intn(len(from))] }

func step() string {
	return pick(".items", ".metadata", ".name", ".spec", ".n", ".list", ".one", ".two", ".three", ".v", ".a", ".s", ".f", ".nil", ".none", "[*]", "[*]",
		"[0]", "[1]", "[-1]", "[0:2]", "[1:]", "[::2]", ".*", "..", "['name','v']", "['spec']", "[0,1]", "[?(@.v==80)]", "[?(@.spec.n>0)]", "[?(@.name)]", "[?(@.metadata.name!=\"a\")]", " ", "@", "$", "\"t\"", "7", "true", "range ", "end")
}

func template() string {
	var out strings.Builder
	for range 1 + random.Intn(4) {
		out.WriteString(pick("", "", "x", " "))
		out.WriteString("{")
		if random.Intn(4) == 0 {
			out.WriteString(pick("range ", "end"))
		}
		for range random.Intn(5) {
			out.WriteString(step())
		}
		out.WriteString("}")
	}
	text := out.String()
	if random.Intn(8) == 0 {
		at := random.Intn(len(text))
		text = text[:at] + pick("", "[", "]", "{", "}", "(", ")", "\"", "'", ".", ",", "\\", "=", "\n", "é", "-") + text[at+random.Intn(2):]
	}
	return text
}

func try(template string, object any, strict bool) (out row, fine bool) {
	defer func() {
		if recover() != nil {
			fine = false
		}
	}()
	path := func() (*jsonpath.JSONPath, error) {
		path := jsonpath.New("out").AllowMissingKeys(!strict)
		return path, path.Parse(template)
	}
	out = row{Template: template, Strict: strict}
	one, err := path()
	if err != nil {
		out.Error = err.Error()
		return out, true
	}
	var text, list bytes.Buffer
	if err := one.Execute(&text, object); err != nil {
		out.Error = err.Error()
		return out, true
	}
	two, _ := path()
	two.EnableJSONOutput(true)
	if err := two.Execute(&list, object); err != nil {
		return out, false
	}
	three, _ := path()
	values, err := three.FindResults(object)
	if err != nil {
		return out, false
	}
	cells := []string{}
	if len(values) == 0 || len(values[0]) == 0 {
		cells = append(cells, "<none>")
	}
	for _, some := range values {
		for _, value := range some {
			cells = append(cells, fmt.Sprint(value.Interface()))
		}
	}
	out.Text, out.JSON, out.Cell = text.String(), list.String(), strings.Join(cells, ",")
	return out, true
}

func main() {
	rows := []row{}
	add := func(template string) {
		for at, text := range objects {
			var object any
			if err := utiljson.Unmarshal([]byte(text), &object); err != nil {
				panic(err)
			}
			for _, strict := range []bool{false, true} {
				first, same := try(template, object, strict)
				for range 12 {
					again, fine := try(template, object, strict)
					same = same && fine && again == first
				}
				if !same || len(first.Text) > 200 {
					continue
				}
				if jsonpath.New("out").Parse(template) != nil && (at > 0 || strict) || (first.Text == "" || strict) && random.Intn(8) > 0 {
					continue
				}
				first.Object = at
				rows = append(rows, first)
				if first.Error == "" && !strict {
					// Strict, it would be the same, or an error that the random ones show.
					break
				}
			}
		}
	}
	for _, template := range fixed {
		add(template)
	}
	for range 1500 {
		add(template())
	}
	fmt.Println(`{"objects":[`)
	for at, text := range objects {
		fmt.Print(strings.Join(strings.Fields(text), " "), map[bool]string{true: ",\n", false: "],\n"}[at+1 < len(objects)])
	}
	fmt.Println(`"rows":[`)
	for at, row := range rows {
		line, err := json.Marshal(row)
		if err != nil {
			panic(err)
		}
		os.Stdout.Write(line)
		fmt.Println(map[bool]string{true: ",", false: "]}"}[at+1 < len(rows)])
	}
}
