// Reads YAML 1.2 documents with goccy/go-yaml, a reader that shares no code with libyaml. Each line of standard input is
// a JSON text with one document; the answer is a line with {"value": ...} or {"error": "..."}. A float is
// {"\0float": "its digits"}, so that no reader of JSON rounds it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/goccy/go-yaml"
)

type answer struct {
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
}

// The value, if JSON has it. A key that is no text is an error.
func plain(value any) (any, error) {
	switch value := value.(type) {
	case yaml.MapSlice:
		object := map[string]any{}
		for _, item := range value {
			key, ok := item.Key.(string)
			if !ok {
				return nil, fmt.Errorf("no text: the key %#v", item.Key)
			}
			inner, err := plain(item.Value)
			if err != nil {
				return nil, err
			}
			object[key] = inner
		}
		return object, nil
	case []any:
		list := make([]any, 0, len(value))
		for _, item := range value {
			inner, err := plain(item)
			if err != nil {
				return nil, err
			}
			list = append(list, inner)
		}
		return list, nil
	case float64:
		return map[string]any{"\x00float": strconv.FormatFloat(value, 'e', -1, 64)}, nil
	case nil, bool, string, int, int64, uint64:
		return value, nil
	default:
		return nil, fmt.Errorf("no JSON value: %#v", value)
	}
}

func read(line []byte) (any, error) {
	var document string
	if err := json.Unmarshal(line, &document); err != nil {
		return nil, err
	}
	var value any
	if err := yaml.UnmarshalWithOptions([]byte(document), &value, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	return plain(value)
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		value, err := read(line)
		reply := answer{Value: value}
		if err != nil {
			reply = answer{Error: err.Error()}
		}
		if err := out.Encode(reply); err != nil {
			panic(err)
		}
	}
}
