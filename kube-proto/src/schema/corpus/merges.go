package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// A three-way merge of kubectl: what was applied before, what is there, what is applied now, and the result.
type merge struct {
	Last   any `json:"last"`
	Live   any `json:"live"`
	Wanted any `json:"wanted"`
	Result any `json:"result"`
}

func labels() object {
	found := object{}
	for _, name := range names {
		if one(2) {
			put(found, name, pick("x", "y"))
		}
	}
	return found
}

func some(make func(name string) any, among ...string) []any {
	found := []any{}
	for _, name := range random.Perm(len(among)) {
		if one(2) {
			found = append(found, make(among[name]))
		}
	}
	return found
}

func ports() []any {
	found := []any{}
	for _, port := range random.Perm(3) {
		if one(2) {
			found = append(found, object{"containerPort": 80 + port, "name": pick("p", "q")})
		}
	}
	return found
}

func container(name string) any {
	found := object{"name": name, "image": pick("a:1", "a:2")}
	if one(2) {
		put(found, "command", pick([]any{"a"}, []any{"a", "b"}, []any{"b", "a"}))
	}
	if one(2) {
		put(found, "ports", ports())
	}
	if one(2) {
		put(found, "env", some(func(name string) any { return object{"name": name, "value": pick("1", "2")} }, "A", "B", "C"))
	}
	if one(2) {
		put(found, "resources", object{"limits": amounts()})
	}
	return found
}

func amounts() object {
	found := object{}
	for _, name := range []string{"cpu", "memory"} {
		if one(2) {
			put(found, name, pick("1", "2"))
		}
	}
	return found
}

func volume(name string) any {
	found := object{"name": name}
	switch random.Intn(3) {
	case 0:
		put(found, "emptyDir", object{})
	case 1:
		put(found, "hostPath", object{"path": pick("/a", "/b")})
	case 2:
		put(found, "configMap", object{"name": pick("c", "d")})
	}
	return found
}

func pod() object {
	metadata := object{"name": "pod"}
	if one(2) {
		put(metadata, "labels", labels())
	}
	if one(2) {
		put(metadata, "finalizers", some(func(name string) any { return name }, "f/a", "f/b", "f/c"))
	}
	spec := object{}
	if !one(4) {
		put(spec, "containers", some(container, "a", "b", "c"))
	}
	if one(2) {
		put(spec, "volumes", some(volume, "u", "v", "w"))
	}
	if one(2) {
		put(spec, "tolerations", some(func(name string) any { return object{"key": name} }, "s", "t"))
	}
	if one(2) {
		put(spec, "nodeSelector", labels())
	}
	return object{"metadata": metadata, "spec": spec}
}

// Without directives and nulls, which Go leaves in objects that are new, and without the items that they delete: a Pod has no
// such fields.
func plain(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if strings.HasPrefix(key, "$") || inner == nil {
				delete(value, key)
			} else {
				value[key] = plain(inner)
			}
		}
	case []any:
		kept := []any{}
		for _, inner := range value {
			if item, ok := inner.(map[string]any); !ok || item["$patch"] != "delete" {
				kept = append(kept, plain(inner))
			}
		}
		return kept
	}
	return value
}

func merges() {
	fmt.Println("[")
	count := 0
	for count < 200 {
		last, live, wanted := pod(), pod(), pod()
		// Often the live object is what was applied.
		if one(3) {
			live = last
		}
		texts := [3][]byte{}
		for index, value := range []object{last, live, wanted} {
			texts[index], _ = json.Marshal(value)
		}
		types, err := strategicpatch.NewPatchMetaFromStruct(corev1.Pod{})
		if err != nil {
			panic(err)
		}
		patch, err := strategicpatch.CreateThreeWayMergePatch(texts[0], texts[2], texts[1], types, true)
		if err != nil {
			continue
		}
		result, err := strategicpatch.StrategicMergePatchUsingLookupPatchMeta(texts[1], patch, types)
		if err != nil {
			continue
		}
		var after any
		if err := json.Unmarshal(result, &after); err != nil {
			panic(err)
		}
		line, _ := json.Marshal(merge{last, live, wanted, plain(after)})
		if count > 0 {
			fmt.Println(",")
		}
		os.Stdout.Write(line)
		count++
	}
	fmt.Println("\n]")
}
