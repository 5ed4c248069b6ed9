package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// places are all that was looked through, by name.
type places map[string][]byte

// files adds every file of a room. The token's own file is what it is for.
func (p places) files(t testing.TB, room string) {
	t.Helper()
	err := filepath.WalkDir(room, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !e.Type().IsRegular() || strings.HasSuffix(path, "token") {
			return err
		}
		p[strings.TrimPrefix(path, room)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var byteaText = regexp.MustCompile(`\\\\x([0-9a-f]{8,})`)

// decodeBytea adds what the database holds in columns of bytes, as they are.
func (p places) decodeBytea(t testing.TB, address string) {
	t.Helper()
	for i, m := range byteaText.FindAllSubmatch(dump(t, address), -1) {
		if raw, err := hex.DecodeString(string(m[1])); err == nil {
			p[fmt.Sprint("database bytes ", i)] = raw
		}
	}
}

// assertNowhere looks for values in every place and in every form.
func (p places) assertNowhere(t testing.TB, values map[string]string) {
	t.Helper()
	for name, value := range values {
		for form, text := range plantedForms(value) {
			for place, content := range p {
				if at := bytes.Index(content, []byte(text)); at >= 0 {
					t.Errorf("%s is in %s (%s): …%.300q", name, place, form, content[max(0, at-150):min(len(content), at+len(text))])
				}
			}
		}
	}
}

// assertEverywhere fails where a text is in none of the places whose name holds
// one of the parts.
func (p places) assertEverywhere(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		found := false
		for place, content := range p {
			found = found || strings.Contains(place, part) && bytes.Contains(content, []byte(text))
		}
		if !found {
			t.Errorf("what is no secret is not in %s either: there the search proves nothing", part)
		}
	}
}

// plantedForms lists how a value may be written. It does not use the product's
// own way of looking.
func plantedForms(value string) map[string]string {
	quote := func(s string) string { q, _ := json.Marshal(s); return string(q[1 : len(q)-1]) }
	var unescaped bytes.Buffer
	enc := json.NewEncoder(&unescaped)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value)
	plain := strings.TrimSpace(unescaped.String())
	small := regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc
	forms := map[string]string{
		"plain": value, "JSON": quote(value), "JSON twice": quote(quote(value)), "JSON not for HTML": plain[1 : len(plain)-1],
		"HTML": html.EscapeString(value), "JSON in HTML": html.EscapeString(quote(value)), "HTML in JSON": quote(html.EscapeString(value)),
		"query": url.QueryEscape(value), "path": url.PathEscape(value), "query in small letters": small(url.QueryEscape(value), strings.ToLower),
		"hex": hex.EncodeToString([]byte(value)), "large hex": strings.ToUpper(hex.EncodeToString([]byte(value))),
	}
	if len(value) > 100 {
		forms["beginning"] = value[:60]
	}
	for i := range 3 {
		for name, e := range map[string]*base64.Encoding{"": base64.RawStdEncoding, "URL": base64.RawURLEncoding} {
			text := e.EncodeToString([]byte(strings.Repeat("x", i) + value))
			forms[fmt.Sprint("base64 at ", i, name)] = text[(i*8+5)/6 : (i+len(value))*8/6]
		}
	}
	return forms
}

// sqlDump is what pg_dump writes.
func sqlDump(t testing.TB, address string) []byte {
	t.Helper()
	program, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Fatal("this test needs pg_dump: apt-get install postgresql-client")
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "--inserts", address).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	return out
}

func redisKeys(t testing.TB, r *redisServer) []byte {
	t.Helper()
	o, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer c.Close()
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, key := range keys {
		value, err := c.Dump(t.Context(), key).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, key, value)
	}
	return out.Bytes()
}

// monitor records every command that a Redis is given, published messages among
// them, until the function that it returns is called.
func monitor(t testing.TB, r *redisServer) (stop func() []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+r.port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	in := bufio.NewReader(conn)
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := in.ReadString('\n'); err != nil || line != "+OK\r\n" {
		t.Fatalf("redis answers %q (%v)", line, err)
	}
	heard := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(in) // until it is closed
		heard <- string(all)
	}()
	return func() []byte {
		_ = conn.Close()
		out := <-heard
		// MONITOR quotes; what is looked for must be as it was sent too.
		return []byte(out + strings.ReplaceAll(strings.ReplaceAll(out, `\"`, `"`), `\\`, `\`))
	}
}
