package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// vectors writes objects, each as a name, its JSON and its protobuf. Each of the three has four bytes of length before it.
func vectors(to io.Writer) {
	out := bufio.NewWriter(to)
	defer out.Flush()
	put := func(parts ...[]byte) {
		for _, part := range parts {
			length := binary.BigEndian.AppendUint32(nil, uint32(len(part)))
			if _, err := out.Write(append(length, part...)); err != nil {
				fail("%v", err)
			}
		}
	}
	testdata(put)
	random(put)
}

// testdata has the objects that Kubernetes tests its own encoders with: one of each kind, with every field set.
func testdata(put func(...[]byte)) {
	n := 0
	for _, folder := range []string{
		module("k8s.io/api") + "/testdata/HEAD",
		module("k8s.io/apiextensions-apiserver") + "/pkg/apis/testdata/HEAD",
	} {
		files, err := filepath.Glob(folder + "/*.pb")
		if err != nil || len(files) == 0 {
			fail("%s has no test data: %v", folder, err)
		}
		for _, file := range files {
			file = strings.TrimSuffix(file, ".pb")
			put([]byte("testdata "+filepath.Base(file)), read(file+".json"), read(file+".pb"))
			n++
		}
	}
	note("%d objects of the test data", n)
}

func module(name string) string {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", name).Output()
	if err != nil {
		fail("go list -m %s: %v", name, err)
	}
	return strings.TrimSpace(string(dir))
}

func read(file string) []byte {
	content, err := os.ReadFile(file)
	if err != nil {
		fail("%v", err)
	}
	return content
}

// random has several objects of each kind: one with nothing set, and others with a part of the fields set, in which zero values
// and pointers to them are frequent.
func random(put func(...[]byte)) {
	codec := protobuf.NewSerializer(nil, nil)
	n := 0
	for _, kind := range roots() {
		r := rand.New(rand.NewPCG(1, 2))
		for i, part := range []float64{0, 0.1, 0.3, 0.6, 0.9} {
			v := reflect.New(kind.goType)
			filler{r, part}.fill(v.Elem(), 0)
			object := v.Interface().(runtime.Object)
			object.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(kind.apiVersion, kind.kind))
			text, err := json.Marshal(object)
			if err != nil {
				fail("%s as JSON: %v", kind.kind, err)
			}
			var wire bytes.Buffer
			if err := codec.Encode(object, &wire); err != nil {
				fail("%s as protobuf: %v", kind.kind, err)
			}
			name := []string{"nothing", "little", "some", "much", "most"}[i] + " of " + kind.apiVersion + " " + kind.kind
			put([]byte(name), text, wire.Bytes())
			n++
		}
	}
	note("%d random objects", n)
}

// filler sets a part of the fields of an object.
type filler struct {
	*rand.Rand
	part float64
}

// Objects are not filled below this depth.
const deep = 12

func (f filler) sets() bool { return f.Float64() < f.part }

func pick[T any](f filler, of ...T) T { return of[f.IntN(len(of))] }

func (f filler) json() []byte {
	return []byte(pick(f, `{}`, `{"f:a":{".":{},"k:{\"b\":1}":{}}}`, `[1,-2.5,"x",null,true]`, `"text"`, `7`, `{"b":[],"z":{"a":null}}`))
}

func (f filler) fill(v reflect.Value, depth int) {
	if !v.CanSet() {
		return
	}
	t := v.Type()
	at := func() time.Time { return time.Unix(f.Int64N(8e9)-4e9, f.Int64N(1e6)*1000).UTC() }
	switch t.PkgPath() + "." + t.Name() {
	case "k8s.io/apimachinery/pkg/apis/meta/v1.TypeMeta":
		return
	case "k8s.io/apimachinery/pkg/apis/meta/v1.Time":
		v.Field(0).Set(reflect.ValueOf(at().Truncate(time.Second)))
		return
	case "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":
		v.Field(0).Set(reflect.ValueOf(at()))
		return
	case "k8s.io/apimachinery/pkg/apis/meta/v1.Duration":
		v.Field(0).SetInt(pick(f, 0, 1, 1500, -2500000, 1000000000, 90*60*1e9, math.MaxInt64, math.MinInt64, f.Int64()))
		return
	case "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":
		v.Addr().MethodByName("SetRawBytes").Call([]reflect.Value{reflect.ValueOf(f.json())})
		return
	case "k8s.io/apimachinery/pkg/runtime.RawExtension":
		v.Field(0).SetBytes(f.json())
		return
	case "k8s.io/apimachinery/pkg/api/resource.Quantity":
		text := pick(f, "0", "1", "100m", "1.5", "1.5Gi", "-3k", "1e3", "12E", "5n", "123456789")
		v.Set(reflect.ValueOf(resource.MustParse(text)))
		return
	case "k8s.io/apimachinery/pkg/util/intstr.IntOrString":
		v.Set(reflect.ValueOf(pick(f, intstr.FromInt32(0), intstr.FromInt32(-1), intstr.FromInt32(math.MaxInt32), intstr.FromString("50%"), intstr.FromString(""))))
		return
	}
	if strings.HasPrefix(t.PkgPath(), "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/") {
		set := func(name string) {
			if depth < deep {
				f.value(v.FieldByName(name), depth)
			} else if schema := v.FieldByName("Schema"); name == "Schema" || !v.FieldByName("Allows").IsValid() {
				// One must be set: a union of nothing is null in JSON, as if it were not there.
				schema.Set(reflect.New(schema.Type().Elem()))
			}
		}
		switch t.Name() {
		case "JSON":
			v.FieldByName("Raw").SetBytes(f.json())
			return
		// Only one of the two is in the JSON.
		case "JSONSchemaPropsOrArray":
			set(pick(f, "Schema", "JSONSchemas"))
			return
		case "JSONSchemaPropsOrStringArray":
			set(pick(f, "Schema", "Property"))
			return
		case "JSONSchemaPropsOrBool":
			v.FieldByName("Allows").SetBool(f.IntN(2) == 0)
			if f.IntN(2) == 0 {
				v.FieldByName("Allows").SetBool(true)
				set("Schema")
			}
			return
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if field := t.Field(i); field.IsExported() && field.Tag.Get("json") != "-" {
				if field.Type.Kind() == reflect.Struct && f.part > 0 || f.sets() {
					f.value(v.Field(i), depth+1)
				}
			}
		}
	default:
		f.value(v, depth)
	}
}

// value sets a value, to zero now and then.
func (f filler) value(v reflect.Value, depth int) {
	t := v.Type()
	switch t.Kind() {
	case reflect.Pointer:
		if depth < deep {
			v.Set(reflect.New(t.Elem()))
			f.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(pick(f, "a", "ab", "abc", "\x00\xff\xfe", strings.Repeat("x", 200))))
			return
		}
		if depth < deep {
			v.Set(reflect.MakeSlice(t, 1+f.IntN(3), 3))
			for i := range v.Len() {
				f.fill(v.Index(i), depth+1)
			}
		}
	case reflect.Map:
		if depth < deep {
			v.Set(reflect.MakeMap(t))
			for range 1 + f.IntN(2) {
				value := reflect.New(t.Elem()).Elem()
				f.fill(value, depth+1)
				v.SetMapIndex(reflect.ValueOf(pick(f, "", "a", "b/c", "ü\"\\", "key")).Convert(t.Key()), value)
			}
		}
	case reflect.String:
		v.SetString(pick(f, "", "a", "web-0", "ü漢😀\"\\<>&\n\u2028", strings.Repeat("y", 130)))
	case reflect.Bool:
		v.SetBool(f.IntN(2) == 0)
	case reflect.Int32:
		v.SetInt(int64(pick[int32](f, 0, 1, -1, 127, 128, 300, math.MaxInt32, math.MinInt32)))
	case reflect.Int64:
		v.SetInt(pick[int64](f, 0, 1, -1, 127, 128, 1<<40, math.MaxInt64, math.MinInt64))
	case reflect.Float64:
		v.SetFloat(pick(f, 0, 1, -1.5, 0.1, 1e20, 1e21, 1e-7, -3, 1<<53, math.MaxFloat64, math.SmallestNonzeroFloat64))
	case reflect.Struct:
		f.fill(v, depth)
	default:
		fail("no value for %s", t)
	}
}
