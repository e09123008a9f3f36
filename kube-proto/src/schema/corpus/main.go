// Writes corpus.json: random structural schemas, values of them, and what the API server makes of these values.
//
// Run `go run . > corpus.json` in this folder, and `go run . merges > merges.json` for three-way merges of pods by kubectl's
// code. The tests in `../tests.rs` read the files. The seed is fixed, so the same
// version of the modules writes the same file.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"sort"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/common"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
)

type object = map[string]any

type row struct {
	Schema any      `json:"schema"`
	Value  any      `json:"value"`
	Old    any      `json:"old,omitempty"`
	Result any      `json:"result"`
	Lost   []string `json:"lost"`
	Errors []string `json:"errors"`
}

var random = rand.New(rand.NewSource(20260401))

func one(in int) bool                        { return random.Intn(in) == 0 }
func pick[T any](from ...T) T                { return from[random.Intn(len(from))] }
func put(into object, key string, value any) { into[key] = value }

var names = []string{"a", "b", "c", "d"}

func text() string {
	return pick("", "a", "b", "ab", "abc", "abcd", "a-b", "5m", "é", "10.0.0.1", "2020-01-02", "2020-01-02T03:04:05Z", "aGk=", "http://a/b")
}

func number(whole bool) any {
	if whole {
		return pick[any](0, 1, 2, 3, 5, -1, 10, 100, 3000000000, int64(9007199254740993))
	}
	return pick[any](0, 1, 0.5, 1.5, -2.5, 2.0, 1e6, 1e22, 3.0000000001)
}

func scalar() any {
	return pick[any](text(), text(), number(true), number(false), true, false, nil)
}

// Bounds without a type, as they may stand in anyOf.
func bounds(kind string) object {
	schema := object{}
	switch kind {
	case "string":
		switch random.Intn(6) {
		case 0:
			put(schema, "maxLength", random.Intn(4))
		case 1:
			put(schema, "minLength", random.Intn(4))
		case 2:
			put(schema, "pattern", pick("^a", "b$", "^[a-c]+$", `^\w*$`, "^.{2,3}$"))
		case 3:
			put(schema, "enum", []any{"a", "b", "abc"})
		case 4:
			put(schema, "format", pick("date", "date-time", "ipv4", "byte", "uri", "duration", "odd", "hostname"))
		case 5:
			put(schema, "minLength", 1)
			put(schema, "pattern", "^[a-z]*$")
		}
	case "integer", "number":
		switch random.Intn(5) {
		case 0:
			put(schema, "minimum", pick[any](0, 1, 2, -1))
			if one(2) {
				put(schema, "exclusiveMinimum", true)
			}
		case 1:
			put(schema, "maximum", pick[any](1, 2, 10, 1000000))
			if one(2) {
				put(schema, "exclusiveMaximum", true)
			}
		case 2:
			put(schema, "multipleOf", pick[any](1, 2, 5))
			if kind == "number" && one(2) {
				put(schema, "multipleOf", 0.5)
			}
		case 3:
			put(schema, "enum", []any{1, 2, 3})
		case 4:
			if kind == "integer" {
				put(schema, "format", pick("int32", "int64"))
			} else {
				put(schema, "format", pick("float", "double"))
			}
		}
	case "array":
		if one(2) {
			put(schema, "minItems", 1+random.Intn(2))
		} else {
			put(schema, "maxItems", random.Intn(3))
		}
	case "object":
		switch random.Intn(3) {
		case 0:
			put(schema, "required", []any{pick(names...)})
		case 1:
			put(schema, "minProperties", 1+random.Intn(2))
		case 2:
			put(schema, "maxProperties", random.Intn(3))
		}
	}
	return schema
}

// A schema for anyOf and others: it may name only what the outer schema has.
func nested(outer object) object {
	kind, _ := outer["type"].(string)
	schema := bounds(kind)
	if properties, ok := outer["properties"].(object); ok && one(2) {
		for _, name := range names {
			inner, ok := properties[name]
			if !ok {
				continue
			}
			if kind, ok := inner.(object)["type"].(string); ok {
				schema["properties"] = object{name: bounds(kind)}
				break
			}
		}
	}
	return schema
}

func schema(depth int) object {
	if one(14) {
		schema := object{"x-kubernetes-int-or-string": true, "anyOf": []any{object{"type": "integer"}, object{"type": "string"}}}
		return schema
	}
	if depth > 0 && one(16) {
		return object{"x-kubernetes-preserve-unknown-fields": true}
	}
	kind := pick("string", "string", "integer", "number", "boolean")
	if depth > 0 && !one(3) {
		kind = pick("array", "object", "object")
	}
	result := object{}
	for i := random.Intn(3); i > 0; i-- {
		for key, value := range bounds(kind) {
			result[key] = value
		}
	}
	result["type"] = kind
	switch kind {
	case "array":
		items := schema(depth - 1)
		result["items"] = items
		switch itemType, _ := items["type"].(string); {
		case itemType == "object" && items["properties"] != nil && one(2):
			result["x-kubernetes-list-type"] = "map"
			for _, name := range names {
				inner, ok := items["properties"].(object)[name]
				if !ok {
					continue
				}
				kind, _ := inner.(object)["type"].(string)
				if (kind == "string" || kind == "integer") && inner.(object)["nullable"] == nil {
					result["x-kubernetes-list-map-keys"] = []any{name}
					required, _ := items["required"].([]any)
					items["required"] = append(append([]any{}, required...), name)
					break
				}
			}
			if result["x-kubernetes-list-map-keys"] == nil {
				delete(result, "x-kubernetes-list-type")
			}
		case itemType != "object" && itemType != "array" && itemType != "" && one(2):
			result["x-kubernetes-list-type"] = "set"
		}
	case "object":
		switch {
		case one(4):
			result["additionalProperties"] = schema(depth - 1)
		case one(12):
			result["additionalProperties"] = true
		default:
			properties := object{}
			for i := 1 + random.Intn(3); i > 0; i-- {
				properties[pick(names...)] = schema(depth - 1)
			}
			result["properties"] = properties
			if one(6) {
				result["x-kubernetes-preserve-unknown-fields"] = true
			}
			if one(12) {
				result["x-kubernetes-embedded-resource"] = true
			}
		}
	}
	if one(8) {
		result["nullable"] = true
	}
	if one(5) {
		key := pick("anyOf", "oneOf", "allOf")
		result[key] = []any{nested(result), nested(result)}
	} else if one(20) {
		result["not"] = nested(result)
	}
	if one(6) && kind != "object" {
		result["default"] = value(result, 0)
	}
	return result
}

func value(of object, errors int) any {
	if errors > 0 && one(12) {
		return pick[any](scalar(), scalar(), []any{}, object{}, []any{scalar()}, object{"a": scalar()})
	}
	if enum, ok := of["enum"].([]any); ok && !one(4) {
		return pick(enum...)
	}
	if of["x-kubernetes-int-or-string"] != nil {
		return pick[any](1, "a", "5%")
	}
	switch of["type"] {
	case "string":
		return text()
	case "integer":
		return number(!one(10))
	case "number":
		return number(one(2))
	case "boolean":
		return one(2)
	case "array":
		items := []any{}
		for i := random.Intn(4); i > 0; i-- {
			items = append(items, value(of["items"].(object), errors))
		}
		return items
	case "object":
		result := object{}
		if properties, ok := of["properties"].(object); ok {
			for _, name := range names {
				if inner, ok := properties[name]; ok && !one(4) {
					result[name] = value(inner.(object), errors)
				}
			}
		}
		if inner, ok := of["additionalProperties"].(object); ok {
			for i := random.Intn(3); i > 0; i-- {
				result[pick("x", "y", "a")] = value(inner, errors)
			}
		}
		if errors > 0 && one(6) {
			result[pick("x", "y", "z")] = pick[any](scalar(), object{"a": scalar()})
		}
		if of["x-kubernetes-embedded-resource"] != nil {
			if !one(4) {
				result["apiVersion"] = pick[any]("v1", "a/b", "a/b/c", "")
			}
			if !one(4) {
				result["kind"] = pick[any]("A", "a b", "")
			}
		}
		return result
	}
	return pick[any](scalar(), object{"a": scalar()}, []any{scalar()})
}

func copied(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var result any
	if err := utiljson.Unmarshal(text, &result); err != nil {
		panic(err)
	}
	return result
}

func changed(of any) any {
	switch of := of.(type) {
	case object:
		for _, key := range append(names, "x", "y", "z") {
			if inner, ok := of[key]; ok && one(2) {
				of[key] = changed(inner)
			}
		}
	case []any:
		for i := range of {
			if one(3) {
				of[i] = changed(of[i])
			}
		}
	default:
		if one(2) {
			return scalar()
		}
	}
	return of
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "merges" {
		merges()
		return
	}
	rows := []row{}
	for len(rows) < 900 {
		properties := object{}
		for i := 1 + random.Intn(2); i > 0; i-- {
			properties[pick(names...)] = schema(2 + random.Intn(2))
		}
		whole := object{"type": "object", "properties": properties}
		text, _ := json.Marshal(whole)
		var props v1.JSONSchemaProps
		if err := json.Unmarshal(text, &props); err != nil {
			panic(err)
		}
		internal := &apiextensions.JSONSchemaProps{}
		if err := v1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, internal, nil); err != nil {
			panic(err)
		}
		shape, err := structural.NewStructural(internal)
		if err != nil || len(structural.ValidateStructural(nil, shape)) > 0 {
			continue
		}
		validator, _, err := validation.NewSchemaValidator(internal)
		if err != nil {
			panic(err)
		}
		store := func(value any) (object, []string) {
			stored := copied(value).(object)
			lost := pruning.PruneWithOptions(stored, shape, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
			defaulting.PruneNonNullableNullsWithoutDefaults(stored, shape)
			defaulting.Default(stored, shape)
			return stored, lost
		}
		for i := 0; i < 2; i++ {
			given, ok := copied(value(whole, 1)).(object)
			if !ok {
				continue
			}
			stored, lost := store(given)
			found := row{Schema: copied(whole), Value: given, Result: copied(stored), Lost: lost}
			var errs field.ErrorList
			if one(3) {
				old := changed(copied(given)).(object)
				old, _ = store(old)
				found.Old = copied(old)
				correlated := common.NewCorrelatedObject(stored, old, &model.Structural{Structural: shape})
				errs = validation.ValidateCustomResourceUpdate(nil, stored, old, validator, validation.WithRatcheting(correlated))
				errs = append(errs, objectmeta.Validate(nil, stored, shape, false)...)
				if len(listtype.ValidateListSetsAndMaps(nil, shape, old)) == 0 {
					errs = append(errs, listtype.ValidateListSetsAndMaps(nil, shape, stored)...)
				}
			} else {
				errs = validation.ValidateCustomResource(nil, stored, validator)
				errs = append(errs, objectmeta.Validate(nil, stored, shape, false)...)
				errs = append(errs, listtype.ValidateListSetsAndMaps(nil, shape, stored)...)
			}
			found.Errors = []string{}
			for _, err := range errs {
				found.Errors = append(found.Errors, err.Error())
			}
			sort.Strings(found.Errors)
			sort.Strings(found.Lost)
			if found.Lost == nil {
				found.Lost = []string{}
			}
			rows = append(rows, found)
		}
	}
	fmt.Fprintln(os.Stderr, len(rows), "rows")
	fmt.Println("[")
	for i, row := range rows {
		text, err := json.Marshal(row)
		if err != nil {
			panic(err)
		}
		comma := ","
		if i == len(rows)-1 {
			comma = ""
		}
		fmt.Printf("%s%s\n", text, comma)
	}
	fmt.Println("]")
}
