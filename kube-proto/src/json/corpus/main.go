// Writes corpus.json: JSON texts, and what Go makes of them: sigs.k8s.io/json, which reads what API servers and
// client-go read, and encoding/json, which reads everything else there.
//
// Run `go run . > corpus.json` in this folder. The test `kube_proto::json::tests::corpus` reads the file.
package main

import (
	"bytes"
	stdlib "encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	kube "sigs.k8s.io/json"
)

// A text, the type it is read as, and what came of it. No result means that the library rejects the text.
type row struct {
	// The text; a text that is not UTF-8 stands in Bytes.
	Text  string `json:"text,omitempty"`
	Bytes []byte `json:"bytes,omitempty"`
	As    string `json:"as"`
	// What sigs.k8s.io/json reads.
	Kube stdlib.RawMessage `json:"kube,omitempty"`
	// What encoding/json reads, if that differs: null means that it rejects the text.
	Std *stdlib.RawMessage `json:"std,omitempty"`
}

type object struct {
	Name  string            `json:"name"`
	Count int32             `json:"count"`
	Ratio float64           `json:"ratio"`
	On    bool              `json:"on"`
	List  []string          `json:"list"`
	Map   map[string]string `json:"map"`
	Inner *object           `json:"inner,omitempty"`
}

var types = map[string]func() any{
	"any": func() any { return new(any) }, "string": func() any { return new(string) }, "bool": func() any { return new(bool) },
	"i64": func() any { return new(int64) }, "i32": func() any { return new(int32) }, "u64": func() any { return new(uint64) },
	"f64": func() any { return new(float64) }, "list": func() any { return new([]string) }, "map": func() any { return new(map[string]string) },
	"ints": func() any { return new([]int64) }, "object": func() any { return new(object) },
}

var numbers = strings.Split(`0|-0|1|-1|00|01|-01|+1|-|1.|.5|1.0|-1.0|1.5|-0.0|0.0|0e0|-0e0|1e3|1E3|1e+3|1e-3|1e|1e+|1e3.0|1.5e3|1.50e1|100e-2|1.e3|`+
	`127|128|255|256|2147483647|2147483648|-2147483648|-2147483649|9007199254740991|9007199254740993|9223372036854775807|9223372036854775808|`+
	`-9223372036854775808|-9223372036854775809|18446744073709551615|18446744073709551616|123456789012345678901234567890|`+
	`1e18|1e19|1e20|1e21|1e22|1e23|1e308|1e309|-1e309|1e-400|5e-324|2.2250738585072011e-308|985.6906946328695|0.1|0.3|123456.7|`+
	`9.5367431640625e-7|3.141592653589793|1.7976931348623157e308|72057594037927945.5|NaN|Infinity|0x10|1_000|१`, "|")

var texts = []string{
	`""`, `"a"`, `"é漢😀"`, `"\u0061"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud800"`, `"\udc00"`, `"\ud800x"`, `"\ud800\ud800"`, `"\ud800\udc0"`, `"\ud800\u0041"`, `"\udc00\ud800"`,
	`"\ud83d\ud83d\ude00"`, `"\ud800\n"`, `"\ud800"x`, `"\u12"`, `"\u12g4"`, `"\U0041"`, `"\""`, `"\\"`, `"\/"`, `"\b\f\n\r\t"`, `"\a"`, `"\x41"`, `"\'"`, `'a'`, `"a`, `"\`, `"\"`,
	`"\u0000"`, `"\u001f"`, `"\u007f"`, "\"\x00\"", "\"\x1f\"", "\"\n\"", "\"\t\"", "\"\x7f\"", "\"\u2028\"", "\"\ufffd\"",
	`"0123456789abcdef0123456789abcdef"`, `"0123456789abcdef\n0123456789abcdef"`, "\"0123456\x01\"",
	"\"\xff\"", "\"a\xc3\"", "\"\xc3(\"", "\"\xe2\x82\"", "\"\xe2\x82x\"", "\"\xf0\x9f\x98\"", "\"\xed\xa0\x80\"", "\"\xf8\x88\x80\x80\x80\"", "\"\xc0\x80\"", "\"\xff\xfe\xfd\"", "\"\xc3\xa9\xff\"",
}

var values = []string{
	``, ` `, `null`, `nul`, `Null`, `nullx`, `null `, ` null`, `true`, `false`, `True`, `tru`, `truefalse`, `[]`, `{}`, `[ ]`, `{ }`, `[`, `{`, `]`, `}`, `[}`, `{]`,
	`[null]`, `["a",null,"b"]`, `[null,1]`, `["a"]`, `["a",]`, `[,"a"]`, `["a" "b"]`, `["a";"b"]`, `[1,2]`, `[1,"a"]`, `[[1]]`, `[{}]`, `[true]`, `[1.5]`, `[1e2]`,
	`{"a":null}`, `{"a":"b"}`, `{"a":"b","a":"c"}`, `{"a":{"b":1},"a":{"c":2}}`, `{"a":"b","a":null}`, `{"a":1}`, `{"a":}`, `{"a"}`, `{a:1}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{"a" : "b" }`, `{1:2}`, `{null:1}`,
	`{"":""}`, `{"\u0061":"x"}`, `{"a\ud800":"x"}`, "{\"a\xff\":\"x\"}", "{\"a\":\"\xff\",\"b\":\"c\"}", `{"a":"b"}x`, `{"a":"b"} `, `{"a":"b"}{"c":"d"}`, "\ufeff{}", "{\"a\":\"b\"}\x00", "\v{}", "\u00a0{}",
	`{"name":null}`, `{"name":null,"count":null,"ratio":null,"on":null,"list":null,"map":null,"inner":null}`, `{"name":"a","name":"b"}`, `{"name":"a","name":null}`, `{"count":1,"count":2}`,
	`{"list":["a"],"list":["b"]}`, `{"list":["a","b"],"list":["c"]}`, `{"list":["a"],"list":null}`, `{"map":{"a":"1"},"map":{"b":"2"}}`, `{"map":{"a":"1"},"map":{"a":"2"}}`, `{"map":{"a":"1"},"map":null}`,
	`{"inner":{"name":"a"},"inner":{"count":1}}`, `{"inner":{"name":"a"},"inner":null}`, `{"inner":null,"inner":{"name":"a"}}`, `{"inner":{"name":"a","name":"b"}}`,
	`{"map":{"a":null}}`, `{"map":{"a":null,"b":"c"}}`, `{"list":[null]}`, `{"list":["a",null]}`, `{"NAME":"a"}`, `{"Name":"a"}`, `{"name":"a","NAME":"b"}`, `{"name":1}`, `{"name":true}`, `{"name":{}}`, `{"name":[]}`,
	`{"count":"1"}`, `{"count":1.0}`, `{"count":1e2}`, `{"count":-0}`, `{"count":2147483648}`, `{"count":true}`, `{"ratio":1}`, `{"ratio":"1"}`, `{"ratio":1e400}`, `{"on":"true"}`, `{"on":1}`, `{"on":0}`,
	`{"list":"a"}`, `{"list":{}}`, `{"map":[]}`, `{"map":"a"}`, `{"inner":[]}`, `{"inner":{}}`, `{"unknown":{"a":[1,2,{"b":"c"}]},"name":"a"}`, `{"unknown":[}],"name":"a"}`, `{"unknown":tru,"name":"a"}`, `{"unknown":01,"name":"a"}`,
	`{"unknown":"\x","name":"a"}`, `{"unknown":"\ud800","name":"a"}`, "{\"unknown\":\"\xff\",\"name\":\"a\"}", `{"unknown":{"a":1,"a":2},"name":"a"}`, `{"unknown":1 2,"name":"a"}`, `{"unknown":[1,],"name":"a"}`,
	`{"unknown":{"a"},"name":"a"}`, `{"unknown":["a":1],"name":"a"}`, "{\"unknown\":\"\x01\",\"name\":\"a\"}", `{"unknown":-,"name":"a"}`,
}

func nested(depth int, open, inside, close string) string {
	return strings.Repeat(open, depth) + inside + strings.Repeat(close, depth)
}

func read(text, as string, unmarshal func([]byte, any) error) stdlib.RawMessage {
	into := types[as]()
	if unmarshal([]byte(text), into) != nil {
		return nil
	}
	out, err := stdlib.Marshal(into)
	if err != nil {
		panic(err)
	}
	return out
}

func main() {
	var rows []string
	add := func(text string, as ...string) {
		for _, as := range as {
			row := row{As: as, Kube: read(text, as, kube.UnmarshalCaseSensitivePreserveInts)}
			if utf8.ValidString(text) {
				row.Text = text
			} else {
				row.Bytes = []byte(text)
			}
			if std := read(text, as, stdlib.Unmarshal); !bytes.Equal(std, row.Kube) {
				if std == nil {
					std = stdlib.RawMessage("null")
				}
				row.Std = &std
			}
			out := new(bytes.Buffer)
			encoder := stdlib.NewEncoder(out)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(row); err != nil {
				panic(err)
			}
			rows = append(rows, strings.TrimSpace(out.String()))
		}
	}
	for _, text := range numbers {
		add(text, "any", "i64", "i32", "u64", "f64", "string", "bool")
		add("["+text+"]", "any", "ints")
	}
	for _, text := range texts {
		add(text, "any", "string", "i64")
		add(`{"a":`+text+`,"b":"c"}`, "map")
	}
	for _, text := range values {
		add(text, "any", "object", "map", "list", "string")
	}
	for _, text := range []string{`null`, `"1"`, `[]`, `{}`, `true`} {
		add(text, "i64", "u64", "f64", "bool", "ints")
	}
	for _, depth := range []int{100, 128, 200} {
		add(nested(depth, "[", "1", "]"), "any")
		add(nested(depth, `{"a":`, "1", "}"), "any")
		add(`{"unknown":`+nested(depth, `{"a":[`, "1", "]}")+`,"name":"a"}`, "object")
	}
	fmt.Fprintf(os.Stdout, "[\n%s\n]\n", strings.Join(rows, "\n,"))
}
