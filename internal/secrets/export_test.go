package secrets

// Columns names all columns with sealed values, such as runs.sealed_secrets.
func Columns() []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.table+"."+c.column)
	}
	return out
}
