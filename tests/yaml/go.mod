module yamlreader

go 1.24.0

require github.com/goccy/go-yaml v1.19.2
