// Reads and writes archives with archive/tar. `list FILE` prints a line of JSON for each entry. `make FILE FORMAT` writes an
// archive in that format (ustar, pax or gnu) with entries of all kinds, and prints the same lines for them.
package main

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

type entry struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Target   string `json:"target"`
	Mode     int64  `json:"mode"`
	Modified int64  `json:"modified"`
	Size     int64  `json:"size"`
	Sum      uint32 `json:"sum"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println("error:", err)
	}
}

func run(args []string) error {
	if args[0] == "list" {
		file, err := os.Open(args[1])
		if err != nil {
			return err
		}
		return list(file)
	}
	file, err := os.Create(args[1])
	if err != nil {
		return err
	}
	if err := build(file, args[2]); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return list(file)
}

func list(file io.Reader) error {
	reader := tar.NewReader(file)
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		sum := uint32(0)
		for _, b := range content {
			sum = sum*31 + uint32(b)
		}
		line, err := json.Marshal(entry{
			header.Name, string(header.Typeflag), header.Linkname, header.Mode, header.ModTime.Unix(), int64(len(content)), sum,
		})
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
}

func build(file io.Writer, name string) error {
	format := map[string]tar.Format{"ustar": tar.FormatUSTAR, "pax": tar.FormatPAX, "gnu": tar.FormatGNU}[name]
	writer := tar.NewWriter(file)
	add := func(header tar.Header, content string) error {
		header.Format, header.ModTime, header.Size = format, time.Unix(1700000000, 0), int64(len(content))
		if err := writer.WriteHeader(&header); err != nil {
			// This format has no way to write it.
			return nil
		}
		_, err := writer.Write([]byte(content))
		return err
	}
	names := []string{
		"a", strings.Repeat("n", 100), strings.Repeat("n", 101), strings.Repeat("d", 90) + "/" + strings.Repeat("n", 90),
		strings.Repeat("d/", 300) + "x", "\u00e4\u00f6", "with space ", "-rf", "a\nb", strings.Repeat("\u00e4", 120), "\xff\xfe",
	}
	for number, name := range names {
		content := strings.Repeat(string(rune('a'+number)), []int{0, 1, 511, 512, 513, 10240}[number%6])
		if err := add(tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: int64(0o4000 | 0o644)}, content); err != nil {
			return err
		}
		for _, kind := range []byte{tar.TypeSymlink, tar.TypeLink} {
			if err := add(tar.Header{Name: "l" + name, Linkname: name, Typeflag: kind, Mode: 0o777}, ""); err != nil {
				return err
			}
		}
		if err := add(tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: 0o755}, ""); err != nil {
			return err
		}
	}
	for _, kind := range []byte{tar.TypeChar, tar.TypeBlock, tar.TypeFifo} {
		if err := add(tar.Header{Name: "special", Typeflag: kind, Mode: 0o600, Devmajor: 1, Devminor: 3}, ""); err != nil {
			return err
		}
	}
	return writer.Close()
}
