// Writes corpus.json: what Go makes of base64, of times, and of the formats of custom resources.
//
// Run `go run . > corpus.json` in this folder. Tests in `go/base64.rs` and `go/corpus.rs` read the file.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
)

// A text, and what Go makes of it: a value, written again, or an error.
type row struct {
	Text  string  `json:"text"`
	Value *string `json:"value,omitempty"`
	Error string  `json:"error,omitempty"`
}

var encoded = []string{
	"", "=", "==", "a", "a=", "a==", "a===", "aG", "aG=", "aG==", "aG===", "aGk", "aGk=", "aGk==", "aGkh", "aGkh=", "aGkha", "aGkhaG", "aGkhaGk", "aGkhaGk=",
	"aGl=", "aH==", "aGk=aGk=", "aG==aGk=", "aGk=\n", "aG\nk=", "a\r\nG\nk\n=\n", "\naGk=", "\n", "\r\n\r", "aG=\n=", "aG\n==", "aG=\n", "aG==\n\n", "aGk\n", "a\n", "aGk=\nx",
	"aGk= ", " aGk=", "aG k=", "aG-_", "aG+/", "é", "aGk\u0000", "aGkh\naGk", "AAAA", "////", "YQ==", "YR==", "YWI=", "YWJ=", "*", "aGkh*", "aG*=", "aG=*", "aGk=*", "\n*", "a\n*",
}

var times = []string{
	"", " ", "x", "yesterday", "2001", "2001-", "2001-02", "2001-02-03", "2001-02-03T", "2001-02-03T04", "2001-02-03T04:05", "2001-02-03T04:05:06", "2001-02-03T04:05:06Z", "2001-02-03t04:05:06Z",
	"2001-02-03T04:05:06z", "2001-02-03 04:05:06Z", "2001-2-3T04:05:06Z", "2001-02-3T04:05:06Z", "2001-02-03T4:05:06Z", "2001-02-03T4:5:6Z", "2001-02-03T04:5:06Z", "2001-02-03T04:05:6Z",
	"2001-02-03T04:05:06.Z", "2001-02-03T04:05:06.5Z", "2001-02-03T04:05:06.50Z", "2001-02-03T04:05:06.123456Z", "2001-02-03T04:05:06.123456789Z", "2001-02-03T04:05:06.1234567891Z",
	"2001-02-03T04:05:06.99999999999Z", "2001-02-03T04:05:06,5Z", "2001-02-03T04:05:06,123456Z", "2001-02-03T04:05:06.12345xZ", "2001-02-03T04:05:06.1234567Z", "2001-02-03T04:05:06.-12345Z",
	"2001-02-03T04:05:06+00:00", "2001-02-03T04:05:06-00:00", "2001-02-03T04:05:06+01:30", "2001-02-03T04:05:06-11:59", "2001-02-03T04:05:06+24:00", "2001-02-03T04:05:06+24:60",
	"2001-02-03T04:05:06+25:00", "2001-02-03T04:05:06+00:61", "2001-02-03T04:05:06+1:00", "2001-02-03T04:05:06+0100", "2001-02-03T04:05:06+01", "2001-02-03T04:05:06*01:00", "2001-02-03T04:05:06+ab:cd",
	"2001-02-03T04:05:06+01:0", "2001-02-03T04:05:06+01:000", "2001-02-03T04:05:06Z ", " 2001-02-03T04:05:06Z", "2001-02-03T04:05:06Zulu", "2001-02-03T04:05:06ZZ", "2001-02-03T04:05:06\u00e9",
	"2001-00-03T04:05:06Z", "2001-13-03T04:05:06Z", "2001-02-00T04:05:06Z", "2001-02-29T04:05:06Z", "2004-02-29T04:05:06Z", "1900-02-29T04:05:06Z", "2000-02-29T04:05:06Z", "2001-04-31T04:05:06Z",
	"2001-02-32T04:05:06Z", "2001-02-03T24:00:00Z", "2001-02-03T23:60:00Z", "2001-02-03T23:59:60Z", "2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00",
	"0001-01-01T00:00:00.000001Z", "0000-12-31T23:00:00-01:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999999Z", "12001-02-03T04:05:06Z", "-001-02-03T04:05:06Z",
	"+2001-02-03T04:05:06Z", "20a1-02-03T04:05:06Z", "a001-02-03T04:05:06Z", "2001/02/03T04:05:06Z", "2001-02-03T04.05.06Z", "2001-0b-03T04:05:06Z", "2001-02-0bT04:05:06Z", "2001-02-03Tab:05:06Z",
	"2001-02-03T04:05:06.000000Z", "2001-02-03T04:05:06.000000+02:00", "2001-02-03T04:05:06,000000-02:00", "2001-02-03T04:05:06.00000Z", "1970-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z",
	"2001-02-03T04:05:0600Z", "\u0662001-02-03T04:05:06Z", "2001-02-03T04:05:06\"Z", "2001-02-03T04:05:06\\Z", "2001-02-03T04:05:06\nZ",
}

// Texts for the formats.
var texts = []string{
	"", " ", "x", "a", "A", "0", "1", "-", ".", "_", "é", "a b", "a-b", "-a", "a-", "a.b", "a..b", ".a", "a.", "a_b", "A.b", "a.B", "1.2", strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 63) + ".com",
	strings.Repeat("a", 64) + ".com", strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a", strings.Repeat("ab.", 84) + "com", strings.Repeat("ab.", 85) + "com",
	"example.com", "example.com.", "Example.COM", "example.c", "example.c1", "example.1", "a.example.com", "-example.com", "example-.com", "ex--ample.com", "a_b.example.com", "1.example.com", "例え.jp", "example.例え", "☃.net", "localhost", "a--b", "a-b-c",
	"2001-02-03", "2001-02-30", "2001-2-3", "2001-02-03T04:05:06Z", "2001-02-03t04:05:06z", "2001-02-03T04:05:06+01:00", "2001-02-03T04:05:06.5Z", "2001-02-03T04:05:06,5Z", "2001-02-03T04:05:06x5Z", "2001-02-03T04:05:06.Z",
	"2001-02-03T24:05:06Z", "2001-02-03T23:60:06Z", "2001-02-03T23:59:60Z", "2001-02-03T4:05:06Z", "2001-02-03 04:05:06Z", "2001-02-03T04:05:06", "2001-02-03T04:05:06+25:99", "2001-02-03T04:05:06+0100", "2001-02-30T04:05:06Z",
	"2001-02-03T04:05:06ZT", "2001-02-03T04:05:06Zt1", "T04:05:06Z", "0000-01-01", "10000-01-01", "2001-02-03T04:05:06é5Z",
	"1h", "1h30m", "1.5h", "-1h", "+1h", "1h ", "1 h", "1 day", "3 days", "2 weeks", "1.5 weeks", "1w", "1wk", "1 weekend", "1d", "1 d", "1 D", "1dd", "1 fortnight", "5 minutes 3 seconds", "5min", "5 mins", "1 sec", "1 second", "1 ms", "1 millis", "1 millisecond",
	"1us", "1µs", "1μs", "1 micro", "1 nanos", "1ns", "1 hr", "1 hrs", "1 hour", "1 ho", "99999999999999999999h", "99999999999999999999 days", "9223372036854775807ns", "9223372036s", "9223372037s", "1h-", "h", ".s", "1.s", ".5s", "1,5h", "long", "x1h", "x 1 day y", "1d2", "day 1", "1 µs", "1 μs", "-3 days",
	"aGk=", "aGk", "aGl=", "aG==", "aG\nk=", "aGkh", "a===", "aG k", "aG-_", "aG+/", "=", "aGkhaGk=", "aGkhaA==", "aGkh\n",
	"01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-CDEF-0123-456789ABCDEF", "0123456789abcdef0123456789abcdef", "01234567-89abcdef-0123-456789abcdef", "01234567-89ab-3def-0123-456789abcdef", "01234567-89ab-4def-8123-456789abcdef",
	"01234567-89ab-4def-c123-456789abcdef", "01234567-89ab-5def-b123-456789abcdef", "01234567-89ab-4def-8123-456789abcde", "01234567-89ab-4def-8123-456789abcdefa", "g1234567-89ab-4def-8123-456789abcdef", "01234567--89ab-4def-8123-456789abcdef", "01234567-89ab-4def-8123-456789abcdef\n",
	"1.2.3.4", "01.2.3.4", "1.2.3", "1.2.3.4.5", "256.2.3.4", "1.2.3.4 ", "0.0.0.0", "255.255.255.255", "1.2.3.04", "1.2.3.-4", "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9", "1::2::3", "::ffff:1.2.3.4",
	"::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "fe80::1%eth0", "fe80::1%", "12345::", "g::", ":1", "1:", ":::", "[::1]", "::01.2.3.4", "ABCD::ef01", "0:0:0:0:0:0:0:0", "::1:2:3:4:5:6:7", "::1:2:3:4:5:6:7:8",
	"10.0.0.0/8", "10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "/8", "::/0", "::/128", "::/129", "::ffff:1.2.3.4/24", "010.0.0.0/8", "10.0.0.0/8/8", "1.2.3/8", "10.0.0.0/+8", "10.0.0.0/ 8", "fe80::%eth0/64",
	"01:23:45:67:89:ab", "01-23-45-67-89-AB", "0123.4567.89ab", "01:23:45:67:89:ab:cd:ef", "01-23-45-67-89-ab-cd-ef", "0123.4567.89ab.cdef", "01:23:45", "01:23:45-67:89:ab", "0123456789ab", "g1:23:45:67:89:ab", "1:23:45:67:89:ab", "01:23:45:67:89:ab:",
	"00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01", "0000.0000.fe80.0000.0000.0000.0200.5e10.0000.0001", "0123:4567:89ab", "01.23.45.67.89.ab", "012.4567.89ab",
	"a@b", "a@example.com", "A B <a@b>", "<a@b>", "A <a@b", "a@", "@b", "a", "a b@c", "\"a b\"@c", "a.b@c.d", "a..b@c", ".a@b", "a.@b", "a@b.", "a@.b", "a@b..c", "a+b@c", "a@[1.2.3.4]", "a@[::1]", "a@[x y]", "\"A, B\" <a@b>", "A, B <a@b>", "A. B <a@b>",
	"a@b (c)", "(c) a@b", "a@b,c@d", "a@b ", " a@b", "é@b", "a@é", "é <a@b>", "=?utf-8?q?A?= <a@b>", "=?x?q?A?= <a@b>", "<@c:a@b>", "a@b>", "<<a@b>>", "<>", "A <>", "a@b\n", "\"\"@b", "\"a\\\"b\"@c", "a@b c", "group: a@b;", "\"a\" \"b\" <a@b>", "a@-b-",
	"https://example.com", "https://example.com/a?b=c#d", "/a", "a/b", "//a/b", "mailto:a@b", "a:", ":a", "1a:b", "a+b.c-d:e", "http://", "http:///x", "http://a b", "http://a/b c", "http://[::1]", "http://[::1", "http://[::1]:80", "http://a:80", "http://a:b", "http://a:", "http://a:99999", "http://%41", "http://a/%41", "http://a/%4", "http://a/%zz", "/%zz",
	"http://u:p@a", "http://u p@a", "http://u@p@a", "http://a\n", "http://é", "http://a/é", "*", "?a", "#a", "/a#b%zz", "http://a?%zz", "http://a\\b", "http://a<b>", "http://[fe80::1%25eth0]", "http://[fe80::1%eth0]", "HTTP://A", "http://a|b", "http://a^b", "http://a\"b", "http://a\x7f", "urn:x:y", "http:a", "http:/a", "http://a%20b", "http://[::1]x", "http://[x]",
	"#abc", "#aBc", "#abcd", "#abcdef", "abc", "abcdef", "#", "#ggg", "##abc", "rgb(1,2,3)", "rgb(255,255,255)", "rgb(256,2,3)", "rgb(300,2,3)", "rgb( 1 , 2 , 3 )", "rgb(1,2)", "rgb(1,2,3,4)", "rgb(01,2,3)", "rgb(1%,2%,3%)", "RGB(1,2,3)", "rgb(-1,2,3)", "rgb(1,2,3) ",
	"0321751043", "0-321-75104-3", "0321751044", "978-0321751041", "9780321751041", "978-0321751042", "080442957X", "080442957x", "0 321 75104 3", "X321751043", "97803217510410",
	"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111112", "5500000000000004", "340000000000009", "30000000000004", "6011000000000004", "4111x1111y1111z1111", "411111111111111", "1", "2131000000000008",
	"123-45-6789", "123 45 6789", "123456789", "123-456789", "12-345-6789", "123--45-6789", "123-45-67890", "000-00-0000", "123- 45-6789",
	"507f1f77bcf86cd799439011", "507F1F77BCF86CD799439011", "507f1f77bcf86cd79943901", "507f1f77bcf86cd7994390111", "g07f1f77bcf86cd799439011",
	strings.Repeat("a", 250) + ".io", strings.Repeat("a-", 31) + "a", strings.Repeat("b", 253), strings.Repeat("b", 254),
}

var formats = strings.Fields(`bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13
	creditcard ssn hexcolor rgbcolor byte password date duration date-time k8s-short-name k8s-long-name`)

type target interface {
	UnmarshalJSON([]byte) error
	MarshalJSON() ([]byte, error)
}

func parse(text string, into target) row {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	if err := into.UnmarshalJSON(quoted); err != nil {
		return row{Text: text, Error: err.Error()}
	}
	out, err := into.MarshalJSON()
	if err != nil {
		panic(err)
	}
	var value *string
	if err := json.Unmarshal(out, &value); err != nil {
		panic(err)
	}
	if value == nil {
		value = new(string)
	}
	return row{Text: text, Value: value}
}

func main() {
	var base64s, seconds, micros []row
	for _, text := range encoded {
		read, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			base64s = append(base64s, row{Text: text, Error: err.Error()})
			continue
		}
		again := base64.StdEncoding.EncodeToString(read)
		base64s = append(base64s, row{Text: text, Value: &again})
	}
	for _, text := range times {
		seconds = append(seconds, parse(text, &metav1.Time{}))
		micros = append(micros, parse(text, &metav1.MicroTime{}))
	}
	fmt.Print("{\"base64\": ")
	list(base64s)
	fmt.Print(", \"seconds\": ")
	list(seconds)
	fmt.Print(", \"micros\": ")
	list(micros)
	fmt.Print(", \"texts\": ")
	list(texts)
	fmt.Println(", \"formats\": {")
	for index, format := range formats {
		valid := []int{}
		for at, text := range texts {
			if strfmt.Default.Validates(format, text) {
				valid = append(valid, at)
			}
		}
		out, err := json.Marshal(valid)
		if err != nil {
			panic(err)
		}
		comma := ","
		if index == len(formats)-1 {
			comma = ""
		}
		fmt.Printf("%q: %s%s\n", format, out, comma)
	}
	fmt.Println("}}")
}

func list[T any](items []T) {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	fmt.Println("[")
	for index, item := range items {
		if index > 0 {
			fmt.Print(",")
		}
		if err := out.Encode(item); err != nil {
			panic(err)
		}
	}
	fmt.Print("]")
}
