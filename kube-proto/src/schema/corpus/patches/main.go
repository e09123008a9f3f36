// Writes corpus.json: three forms of an object, the patches that kubectl makes of them, and the object after each patch.
//
// Run `go run . > corpus.json` in this folder. The test in `../../three_way.rs` reads the file; its schema is that of `Thing`. The seed is
// fixed, so the same version of the modules writes the same file.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

type Inner struct {
	A string            `json:"a,omitempty"`
	B int               `json:"b,omitempty"`
	M map[string]string `json:"m,omitempty"`
}

type Item struct {
	Name  string   `json:"name,omitempty"`
	Value int      `json:"value,omitempty"`
	Inner *Inner   `json:"inner,omitempty"`
	Words []string `json:"words,omitempty"`
	Items []Item   `json:"items,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
}

type Thing struct {
	Text  string            `json:"text,omitempty"`
	Words []string          `json:"words,omitempty"`
	Set   []string          `json:"set,omitempty" patchStrategy:"merge"`
	Items []Item            `json:"items,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	Whole []Item            `json:"whole,omitempty"`
	Map   map[string]string `json:"map,omitempty"`
	Inner *Inner            `json:"inner,omitempty"`
	Keep  *Inner            `json:"keep,omitempty" patchStrategy:"retainKeys"`
	Kept  []Item            `json:"kept,omitempty" patchStrategy:"merge,retainKeys" patchMergeKey:"name"`
}

type object = map[string]any

type row struct {
	Last      object `json:"last"`
	Wanted    object `json:"wanted"`
	Live      object `json:"live"`
	Strategic any    `json:"strategic"`
	Result    any    `json:"result"`
	Merge     any    `json:"merge"`
	Merged    any    `json:"merged"`
}

var random = rand.New(rand.NewSource(20261130))

func one(in int) bool         { return random.Intn(in) == 0 }
func pick[T any](from ...T) T { return from[random.Intn(len(from))] }
func word() string            { return pick("a", "b", "c", "d", "e") }
func words() []any {
	all := []any{}
	for _, at := range random.Perm(5)[:random.Intn(4)] {
		all = append(all, string(rune('a'+at)))
	}
	return all
}

func texts() object {
	all := object{}
	for range random.Intn(3) {
		all[word()] = word()
	}
	return all
}

func inner() object {
	all := object{}
	if one(2) {
		all["a"] = word()
	}
	if one(2) {
		all["b"] = random.Intn(3)
	}
	if one(2) {
		all["m"] = texts()
	}
	return all
}

func items(level int) []any {
	all := []any{}
	for _, at := range random.Perm(5)[:random.Intn(4)] {
		item := object{"name": string(rune('a' + at))}
		if one(2) {
			item["value"] = random.Intn(3)
		}
		if one(3) {
			item["inner"] = inner()
		}
		if one(3) {
			item["words"] = words()
		}
		if one(3) && level < 1 {
			item["items"] = items(level + 1)
		}
		all = append(all, item)
	}
	return all
}

func member(key string) any {
	switch key {
	case "text":
		return word()
	case "words", "set":
		return words()
	case "map":
		return texts()
	case "inner", "keep":
		return inner()
	}
	return items(0)
}

func copied(value any) (all object) {
	text, _ := json.Marshal(value)
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	return all
}

var keys = []string{"text", "words", "set", "items", "whole", "map", "inner", "keep", "kept"}

// An object like another one.
func like(other object) object {
	all := copied(other)
	for _, key := range keys {
		switch random.Intn(6) {
		case 0:
			delete(all, key)
		case 1:
			all[key] = member(key)
		case 2:
			if one(6) {
				all[key] = nil
			}
		}
	}
	return copied(all)
}

// An object as a server keeps it.
func stored(value any) any {
	switch value := value.(type) {
	case object:
		for key, inner := range value {
			if inner == nil {
				delete(value, key)
			} else {
				value[key] = stored(inner)
			}
		}
	case []any:
		for at, inner := range value {
			value[at] = stored(inner)
		}
	}
	return value
}

func patches(last, wanted, live object) (out row, fine bool) {
	encode := func(value any) []byte { text, _ := json.Marshal(value); return text }
	decode := func(text []byte) (value any) { _ = json.Unmarshal(text, &value); return value }
	meta, err := strategicpatch.NewPatchMetaFromStruct(Thing{})
	if err != nil {
		panic(err)
	}
	strategic, err := strategicpatch.CreateThreeWayMergePatch(encode(last), encode(wanted), encode(live), meta, true)
	if err != nil {
		return out, false
	}
	result, err := strategicpatch.StrategicMergePatch(encode(live), strategic, Thing{})
	if err != nil {
		return out, false
	}
	merge, err := jsonmergepatch.CreateThreeWayJSONMergePatch(encode(last), encode(wanted), encode(live))
	if err != nil {
		return out, false
	}
	merged, err := jsonpatch.MergePatch(encode(live), merge)
	if err != nil {
		return out, false
	}
	return row{last, wanted, live, decode(strategic), decode(result), decode(merge), decode(merged)}, true
}

func main() {
	fmt.Println("[")
	for count := 0; count < 250; {
		last := object{}
		for _, key := range keys {
			if one(2) {
				last[key] = member(key)
			}
		}
		last = copied(last)
		row, fine := patches(last, like(last), stored(like(last)).(object))
		if !fine {
			continue
		}
		count++
		line, err := json.Marshal(row)
		if err != nil {
			panic(err)
		}
		os.Stdout.Write(line)
		fmt.Println(map[bool]string{true: ",", false: "]"}[count < 250])
	}
}
