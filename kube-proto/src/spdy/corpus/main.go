// Writes go.bin: the bytes of a SPDY client as Go's implementation writes them, which the API servers and kubelets of
// Kubernetes use. Writes go.txt and ours.txt: what that implementation reads in go.bin and in ours.bin, the bytes of this
// project's client.
//
// Run `go run .` in this folder. The tests `kube_proto::spdy::tests::{go_writes, go_reads}` use the files.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"

	"github.com/moby/spdystream/spdy"
)

func main() {
	written := write()
	check(os.WriteFile("go.bin", written, 0o644))
	check(os.WriteFile("go.txt", read(written), 0o644))
	ours, err := os.ReadFile("ours.bin")
	check(err)
	check(os.WriteFile("ours.txt", read(ours), 0o644))
}

func write() []byte {
	var out bytes.Buffer
	framer, err := spdy.NewFramer(&out, nil)
	check(err)
	put := func(frame spdy.Frame) { check(framer.WriteFrame(frame)) }
	stream := func(id spdy.StreamId, flags spdy.ControlFlags, headers ...string) {
		all := http.Header{}
		for at := 0; at < len(headers); at += 2 {
			all.Add(headers[at], headers[at+1])
		}
		put(&spdy.SynStreamFrame{CFHeader: spdy.ControlFrameHeader{Flags: flags}, StreamId: id, Headers: all})
	}
	stream(1, 0, "streamType", "error", "port", "8080", "requestID", "0")
	put(&spdy.DataFrame{StreamId: 1, Flags: spdy.DataFlagFin})
	stream(3, 0, "streamType", "data", "port", "8080", "requestID", "0")
	put(&spdy.DataFrame{StreamId: 3, Data: []byte("hello")})
	put(&spdy.PingFrame{Id: 1})
	for id := spdy.StreamId(5); id < 45; id += 2 {
		stream(id, spdy.ControlFlagFin, "user-agent", "a", "Accept-Encoding", fmt.Sprint(id), "date", strings.Repeat("GMT", int(id)))
	}
	stream(45, 0, "many", "one", "many", "two", "long", long())
	stream(47, 0)
	put(&spdy.SettingsFrame{FlagIdValues: []spdy.SettingsFlagIdValue{{Id: spdy.SettingsCurrentCwnd, Value: 10}}})
	put(&spdy.WindowUpdateFrame{StreamId: 3, DeltaWindowSize: 9})
	put(&spdy.HeadersFrame{StreamId: 47, Headers: http.Header{"late": {"one"}}})
	stream(49, 0, "after", "it")
	put(&spdy.RstStreamFrame{StreamId: 3, Status: spdy.Cancel})
	put(&spdy.GoAwayFrame{LastGoodStreamId: 0})
	return out.Bytes()
}

// A text that does not compress well.
func long() string {
	var out strings.Builder
	for state := uint32(7); out.Len() < 6000; state = state*1664525 + 1013904223 {
		out.WriteByte('!' + byte(state>>24)%90)
	}
	return out.String()
}

func read(input []byte) []byte {
	var out bytes.Buffer
	framer, err := spdy.NewFramer(io.Discard, bytes.NewReader(input))
	check(err)
	for {
		frame, err := framer.ReadFrame()
		if err == io.EOF {
			return out.Bytes()
		}
		check(err)
		switch frame := frame.(type) {
		case *spdy.SynStreamFrame:
			fmt.Fprintf(&out, "stream %d ended=%t%s\n", frame.StreamId, frame.CFHeader.Flags&spdy.ControlFlagFin != 0, text(frame.Headers))
		case *spdy.DataFrame:
			if len(frame.Data) > 0 {
				fmt.Fprintf(&out, "data %d %s\n", frame.StreamId, frame.Data)
			}
			if frame.Flags&spdy.DataFlagFin != 0 {
				fmt.Fprintf(&out, "end %d\n", frame.StreamId)
			}
		case *spdy.RstStreamFrame:
			fmt.Fprintf(&out, "reset %d %d\n", frame.StreamId, frame.Status)
		case *spdy.GoAwayFrame:
			fmt.Fprintf(&out, "goaway\n")
		case *spdy.PingFrame:
			fmt.Fprintf(&out, "ping %d\n", frame.Id)
		}
	}
}

func text(headers http.Header) string {
	names := []string{}
	for name := range headers {
		names = append(names, name)
	}
	sort.Strings(names)
	out := ""
	for _, name := range names {
		// Go's names have capitals when they come from a map of HTTP, and none on the wire.
		value := strings.Join(headers[name], "+")
		if len(value) > 100 {
			value = fmt.Sprintf("%s...%d", value[:10], len(value))
		}
		out += fmt.Sprintf(" %s=%s", strings.ToLower(name), value)
	}
	return out
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
