// Writes corpus.json: YAML texts with the JSON that sigs.k8s.io/yaml (kubectl's library) reads, and strings with the
// YAML that it writes.
//
// Run `go run . > corpus.json` in this folder. The test `kube_proto::yaml::tests::corpus` reads the file.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

// A text and its first document as JSON. No JSON means that the library rejects the text.
type row struct {
	Text string          `json:"text"`
	JSON json.RawMessage `json:"json,omitempty"`
}

// A string, and the YAML of a map with this value.
type written struct {
	Value string `json:"value"`
	YAML  string `json:"yaml"`
}

// Strings to write, besides the texts below.
var values = []string{
	"", " ", "  ", "x ", " x", "x\n", "\n", "\nx", "x\n\n", "x\ny", "x\n y\n", " x\ny\n", "x \ny", "x\ty", "\tx", "x\n\ty", "x\r\ny", "x: y", "x:", ":x", "x #y", "x#y",
	"#x", "it's", "'", "\"", "\"x\"", "a\"b", "- x", "-x", "- ", "? x", "?x", "[x]", "[x", "x]", "{x}", "x}", "a, b", "a,b", ",a", "*x", "&x", "!x", "%x", "@x", "`x", "|x", ">x", "|", ">", "=x",
	"<<", "~x", "x~", "--- x", "---x", "...", "...x", "x\n---\ny", "12:30", "12:30:45", "1:20", "1:60", "1:2:3.5", "-1:20", "1_0:20", "01:02", "2001-01-01", "2001-1-1", "2001-01-01T00:00:00Z",
	"2001-01-01x", "2001-13-01", "2001-01", "20010101", "0o17", "017", "0x1F", "1e3", "1E3", "1.", ".5", "1_000", "+1", "1.2.3", "v1", "1Gi", "100m", "yes", "Yes", "y", "n", "on", "off", "null", "true",
	"http://x:1/y?a=b#c", "/bin/sh", "x\u0085y", "x\u00a0y", "x\u2028y", "\ufeffx", "\u0000", "\ue000", "\U0001F600", "é", "a\\b", "C:\\x",
	strings.Repeat("word ", 30), strings.Repeat("x", 200), strings.Repeat("it's ", 30), strings.Repeat("a  b ", 30), strings.Repeat("w: ", 40) + "x", strings.Repeat("é ", 60) + "x",
}

// Unquoted texts, as values and as keys.
var plain = strings.Split(`~|null|Null|NULL|nUll|nil|none|y|Y|yes|Yes|YES|yEs|true|True|TRUE|tRue|on|On|ON|n|N|no|No|NO|`+
	`false|False|FALSE|off|Off|OFF|oFF|t|f|T|F|0|-0|+0|1|-1|+1|00|01|-01|+01|07|08|09|089|0123|-0123|0o17|0O17|-0o17|0o8|`+
	`0x1F|0X1f|-0x10|+0x10|0x|0xg|0x_1|0b11|0B11|-0b11|+0b11|0b|0b2|0b_1|0b-1|0b+1|-0b-1|1_000|1__0|_1|1_|-_1|0_1|_|__|`+
	`9007199254740991|9007199254740993|9223372036854775807|9223372036854775808|-9223372036854775808|-9223372036854775809|`+
	`18446744073709551615|18446744073709551616|+18446744073709551615|123456789012345678901234567890|0xFFFFFFFFFFFFFFFF|`+
	`0x10000000000000000|0777777777777777777777|01777777777777777777777|02000000000000000000000|`+
	`1.0|1.|.5|-.5|+.5|-1.5|+1.5|1.5e3|1e3|1E3|1e+3|1e-3|1e|1e+|.e1|.5e1|.5e|.5_0|1_0.5_0|._5|0.1|00.5|1.2.3|1e2.3|`+
	`1e400|-1e400|.1e400|1e-400|1e20|1e21|1e22|123456.7|1234567.8|12345678901234567890.5|0.0001|0.00001|0.000001|0.0000001|`+
	`-0.0|-.0|0e0|985.5|.inf|.Inf|.INF|-.inf|+.inf|+-.inf|.iNf|inf|Infinity|.nan|.NaN|.NAN|.nAn|NaN|nan|-.nan|`+
	`2001-01-01|2001-1-1|2001-01-01T01:02:03Z|2001-01-01 01:02:03|12:30|12:30:45|1:2|190:20:30|0x1.8p3|1p3|1d|1f|`+
	`.|..|-|+|--|+-1|a|=|<<|@a|%a|a:b|a#b|a #b|-a|- a|?a|:a|x y|é|日本|\|a\b`, "|")

// Texts to put after a tag.
var tagged = strings.Split(`12|"12"|'12'|yes|"yes"|no|~|""|null|1.5|"1.5"|1e3|0x10|x|2001-01-01|18446744073709551615|`+
	`aGk=|"aGk="|aGk|aG k=|"*"|/w==|.inf|[1, a]|{a: 1}`, "|")

var tags = strings.Split(`!!str|!!int|!!float|!!bool|!!null|!!binary|!!timestamp|!!seq|!!map|!!set|!|!foo|!foo:bar|`+
	`!<tag:yaml.org,2002:int>|!!merge|!!unknown`, "|")

// Whole documents.
var documents = []string{
	"", "\n", "# nothing\n", "---\n", "--- \n", "---\n---\na: 1\n", "...\n", "a: 1\n...\n", "a: 1\n---\nb: 2\n", "--- a\n", "--- {a: 1}\n",
	"--- |\n  x\n  y\n", "---\n# c\na: 1\n", "# c\n---\na: 1\n", "a: 1\n# c\n---\n", "hello\n", "a\nb\n", "---a: 1\n", "a: ---\n",
	"%YAML 1.1\n---\na: 1\n", "%YAML 1.2\n---\na: yes\n", "%YAML 3.0\n---\na: 1\n", "%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1\n",
	"%FOO bar\n---\na: 1\n", "%YAML 1.1\na: 1\n",
	"\ufeffa: 1\n", "\ufeff---\na: 1\n", "---\n\ufeffa: 1\n", "# c\n\ufeffa: 1\n", "a: 1\n\ufeffb: 2\n", "a: x\ufeffy\n",
	"a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: \"x\r\n  y\"\r\n", "a: |\r\n  x\r\n  y\r\n",
	"a: 1\na: 2\n", "{a: 1, a: 2}", "1: a\n1: b\n", "{a: {b: 1}, a: {c: 1}}",
	"{1: a, true: b, 1.5: d, !!str 12: e}", "{~: a}", "{null: a}", "{: a}", "{[a]: b}", "{{a: 1}: b}", "? a\n: b\n", "? [a]\n: b\n", "? a\n",
	"? |\n  k\n: v\n", "{a}", "{a, b: 1}", "{a: }", "[a, ]", "[, a]", "[a: 1]", "[a: 1, b: 2]", "{? a : 1}", "{\"a\":1}", "{\"a\":\"b\",\"c\":[1,2]}",
	"{'a':1}", "{a:1}", "[a:1]", "{\"a\": NaN}", "{\"a\": 1,}", "[1,2,,3]", "{a: b", "[a", "a: [", "a: }", "a: ]", "[a]]", "[a] b", "{\"a\":]}",
	"x: &x {s: q}\na: {<<: *x, p: 1}", "x: &x {s: q}\na: {s: first, <<: *x}", "x: &x {s: q}\na: {<<: *x, s: last}",
	"x: &x {s: q}\ny: &y {s: z, p: 1}\na: {<<: [*x, *y]}", "x: &x {s: q}\na: {<<: [*x, {s: z, p: 1}]}", "a: {<<: {b: 1}, <<: {c: 1}}",
	"x: &x {s: q}\na:\n  <<: *x\n  b: 1\n", "x: &x {s: {t: 1}}\na:\n  s: {u: 1}\n  <<: *x\n", "a: {\"<<\": {b: 1}}", "a: {'<<': 1}", "a: {!!merge <<: {b: 1}}",
	"a: {!!str <<: 1}", "a: [<<]", "<<: {b: 1}", "{<<: 1}", "{<<: [1]}", "{<<: ~}", "{<<: }", "{<<: []}", "{<<: [[{a: 1}]]}", "l: &l [{b: 1}]\na: {<<: *l}",
	"l: &l [{b: 1}]\na: {<<: [*l]}", "x: &x {<<: {b: 1}, c: 2}\na: {<<: *x}", "x: &x {b: 1}\ny: &y {<<: *x, b: 2}\na: {<<: [*x, *y]}",
	"s: &s 1\na: {<<: *s}", "a: {<<: {b: 1}, b: 2}", "a: {b: 2, <<: {b: 1}}", "? <<\n: {b: 1}\n",
	"a: &x hi\nb: *x\nc: &x ho\nd: *x", "&k a: 1\nb: *k", "a: &k b\n*k : 1\n", "a: &k 1\n? *k\n: 2\n", "a: *nope", "a: &a [*a]", "a: &a {b: *a}", "&a [1, 2]",
	"a: &a\nb: *a\n", "a: &a !!str 1\nb: *a\n", "a: !!str &a 1\nb: *a\n", "a: &a 1\n---\nb: *a\n", "a: & b\n", "a: &é b\nc: *é\n", "a: &a-b 1\nc: *a-b\n",
	"a: [&x 1, *x, *x]", "a: {b: &x [1], c: *x}",
	"a: |\n  x\n  y\n", "a: |-\n  x\n", "a: |+\n  x\n\n", "a: |\n  x\n\n\nb: 1\n", "a: |2\n   x\n", "a: |1-\n  x\n", "a: >\n  x\n  y\n", "a: >-\n  x\n\n  y\n",
	"a: >\n  x\n   more\n  y\n", "a: |\nb: 1\n", "a: |\n\n  x\n", "a: | # c\n  x\n", "a: |#c\n  x\n", "a: |\n  x", "a: |\n\tx\n", "a: |\n  x\n  # not a comment\n",
	"a: >+\n  x\n\n\n", "- |\n x\n- y\n", "a: |\n  x\n ---\n", "a: |\n  x\n---\nb: 1\n", "a: |0\n  x\n", "a: |\n   x\n  y\n", "a: |\n  x\n y\n",
	"a: \"x\\ny\\t\\u00e9\\x41\\U0001F600\\/\\\"\\\\\\e\\0\\_\\N\\L\\P\"", "a: \"x \\\n  y\"", "a: \"x\n  y\n\n  z\"", "a: 'it''s'", "a: 'x\n  y'", "a: \"\\q\"", "a: \"\\u12\"",
	"a: \"\\ud83d\\ude00\"", "a: \"\\ud800\"", "a: \"", "a: '", "a: \"x\" y", "a: 'x' # c", "a: x # c", "a: x#c", "a: x\n  y\n", "a: x\n\n  y\n", "a: x\n y: 1\n",
	"a: b: c", "a: 'b': c", "a: x\nb", "a:\n- b\n- c\n", "a:\n  - b\n  - c\n", "a:\n - b\n  - c\n", "- a\n-b\n", "-\n- a\n", "- - a\n  - b\n- c\n", "-   - a\n", "- a: 1\n  b: 2\n",
	"-\n  a: 1\n", "a:\n  b:\n    c: 1\n d: 2\n", "a:\n  b: 1\n   c: 2\n", " a: 1\nb: 2\n", "a:\n\t- b", "\ta: 1", "a:\tb", "a: b\t", "a: \tb", "- \ta", "a:\n  b: 1\n\t\n", "a: 1\n\t# c\n",
	"a: [1,\n  2]\n", "a: [1,\n2]\n", "a: {b: 1,\nc: 2}\n", "a: [\n]\n", "a: {\n}\n", "a: [1 # c\n, 2]", "a: @b", "a: `b`", "a: %b", "a: *", "a: &", "a: !", "a: !!", "a: ,", "a: b,c", "[a,b]",
	"[a, b]", "[a b, c]", "{a: b c, d: e}", "[\"a\":1]", "['a': 1]", "[http://x:1/y]", "{a: http://x:1/y}", "a: http://x:1/y?z#w", "a: -", "a: - b", "a: ? b", "[-]", "[?]", "[-1, - 1]", "[?a]", "[a?]",
	"a: x\u0085y", "a: x\u2028y", "a: \u2028", "a: \"x\u0085y\"", "a: x\u00a0y", "a: \u0001", "a: \"\u0001\"", "a: \u007f", "a: \ufffe", "a: \U0001F600",
	"a : 1", "a  : 1", "\"a\": 1", "'a': 1", "\"a\":1", "a:1", "a:", "a", ":", ": a", "-", "- ", "?", "? ", "a:\nb:\n", "a: !!str\nb: !!null\n", "!!map {a: 1}", "!!str a: 1\n", "!foo\na: 1\n", "a: !foo\n  b: 1\n",
	strings.Repeat("k", 1000) + ": 1", strings.Repeat("k", 1030) + ": 1", "\"" + strings.Repeat("k", 1030) + "\": 1", "a: " + strings.Repeat("v", 2000),
	strings.Repeat("[", 80) + strings.Repeat("]", 80), strings.Repeat("{a: ", 80) + "1" + strings.Repeat("}", 80), strings.Repeat("- ", 80) + "a",
	blocks(80), strings.Repeat("[", 12000), "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
}

// Nested mappings in block style.
func blocks(depth int) string {
	var out strings.Builder
	for level := range depth {
		fmt.Fprintf(&out, "%sa:\n", strings.Repeat(" ", level))
	}
	return out.String() + strings.Repeat(" ", depth) + "b\n"
}

func main() {
	texts := documents
	for _, text := range plain {
		texts = append(texts, "a: "+text, "{a: "+text+", b: 1}", text+": 1\n")
		if !strings.ContainsAny(text, "'\"") {
			texts = append(texts, "a: '"+text+"'")
		}
	}
	for _, tag := range tags {
		for _, text := range tagged {
			texts = append(texts, "a: "+tag+" "+text)
		}
		texts = append(texts, "{"+tag+" 12: a}", "{"+tag+" \"x\": a}", "{"+tag+" aGk=: a}", "a: "+tag+"\n", "a: "+tag+" |\n  aGk=\n", "a: "+tag+" >\n  12\n")
	}
	writes := make([]written, 0, len(values)+len(plain))
	for _, value := range append(values, plain...) {
		text, err := yaml.Marshal(map[string]string{"a": value})
		if err != nil {
			panic(err)
		}
		writes = append(writes, written{value, string(text)})
	}
	rows := make([]row, 0, len(texts))
	for _, text := range texts {
		converted, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			converted = nil
		}
		rows = append(rows, row{text, converted})
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	fmt.Print("{\"read\": [\n")
	list(out, rows)
	fmt.Print("], \"written\": [\n")
	list(out, writes)
	fmt.Println("]}")
}

func list[T any](out *json.Encoder, items []T) {
	for index, item := range items {
		if index > 0 {
			fmt.Print(",")
		}
		if err := out.Encode(item); err != nil {
			panic(err)
		}
	}
}
