package spec

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// maxRows bounds the rows of a loop.
const maxRows = 1000

// rowFormat is the form of a file with rows, by its name: "csv" or "json".
func rowFormat(name string) (string, error) {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".csv", ".json":
		return ext[1:], nil
	}
	return "", fmt.Errorf("rows come from a .csv or a .json file, and %s is neither", brief(name))
}

// ReadRows reads the rows of a .csv or .json file: at most 1000. The rows of a
// CSV file are mappings of texts, named by its first line; those of a JSON file
// are the elements of its list, numbers as int64 or float64.
func ReadRows(name string, data []byte) ([]any, error) {
	format, err := rowFormat(name)
	if err != nil {
		return nil, err
	}
	read := readCSV
	if format == "json" {
		read = readJSONRows
	}
	list, err := read(bytes.TrimPrefix(data, []byte("\uFEFF")))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", brief(name), err)
	case len(list) == 0:
		return nil, fmt.Errorf("%s holds no rows", brief(name))
	case len(list) > maxRows:
		return nil, fmt.Errorf("%s holds more than %d rows", brief(name), maxRows)
	}
	return list, nil
}

func readCSV(data []byte) ([]any, error) {
	r := csv.NewReader(bytes.NewReader(data))
	columns, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		columns[i] = strings.TrimSpace(c)
		if !forms["column"].re.MatchString(columns[i]) {
			return nil, fmt.Errorf("the name of column %d %s, but is %s", i+1, forms["column"].sentence, brief(c))
		}
	}
	var rows []any
	for len(rows) <= maxRows {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		row := make(map[string]any, len(columns))
		for i, c := range columns {
			row[c] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func readJSONRows(data []byte) ([]any, error) {
	var list []any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&list); err != nil {
		return nil, fmt.Errorf("it is not a list: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the list")
	}
	for i := range list {
		list[i] = plainJSON(list[i])
	}
	return list, nil
}

// plainJSON gives numbers the types that variables have.
func plainJSON(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, ok := parseNumber(v.String()); ok {
			return n.value()
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = plainJSON(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainJSON(v[k])
		}
	}
	return v
}
