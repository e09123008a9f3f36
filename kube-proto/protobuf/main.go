// Command protobuf knows Kubernetes' API types by Go reflection. See README.md.
//
//	protobuf table     writes the descriptor table as Rust to stdout
//	protobuf vectors   writes objects as JSON and as protobuf, for tests, to stdout
package main

import (
	"fmt"
	"os"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "table":
		table(os.Stdout)
	case len(os.Args) == 2 && os.Args[1] == "vectors":
		vectors(os.Stdout)
	default:
		fail("usage: protobuf table | protobuf vectors")
	}
}

// note says on stderr what is out of the ordinary.
func note(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func fail(format string, args ...any) {
	note(format, args...)
	os.Exit(1)
}
