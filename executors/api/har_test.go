package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/har"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/reflection"

	"github.com/semantest/semantest/internal/spec"
)

// streamed is what an archive says beside HAR 1.2.
type streamed struct {
	Log struct {
		Entries []struct {
			Resource string `json:"_resourceType"`
			Status   string `json:"_grpcStatus"`
			Messages []struct {
				Type, Data string
				Opcode     int
				Time       float64
			} `json:"_webSocketMessages"`
		}
	}
}

func archiveOf(t *testing.T, r result) (archive har.HAR, more streamed, data []byte) {
	t.Helper()
	text, ok := kept(r, "exchanges.har")
	if !ok {
		t.Fatalf("there is no archive: %s", r.text())
	}
	data = []byte(text)
	if err := json.Unmarshal(data, &archive); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &more); err != nil {
		t.Fatal(err)
	}
	return archive, more, data
}

// TestArchiveOfEveryKind reads the archive of a case with steps of every kind by
// the types of another project.
func TestArchiveOfEveryKind(t *testing.T) {
	t.Parallel()
	began := time.Now()
	sockets, calls := chat(t), serveGRPC(t, true)
	events := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "id: 7\nevent: tick\ndata: t0ken-Of-ada\ndata: two\n\ndata: last\n\n")
	})
	task := planTask(t, sockets.URL, `
- http: {url: /plain, method: POST, json: {pw: "${{ TOKEN }}"}}
- websocket:
    url: /hello
    headers: {X-Token: "${{ TOKEN }}"}
    messages:
      - expect: {}
      - send: "I am ${{ TOKEN }}"
      - expect: {}
      - send: {binary: AAEC}
      - expect: {binary: true}
- sse: {url: "`+events.URL+`", events: [{expect: {event: tick}}, {expect: {}}]}
- {grpc: {target: "`+calls+`", method: grpc.testing.TestService/UnaryCall, message: {responseStatus: {code: 5, message: gone}}, metadata: {x-user: "${{ TOKEN }}"}}, check: [{grpcStatus: NOT_FOUND}]}
- grpc: {target: "`+calls+`", method: grpc.testing.TestService/StreamingOutputCall, message: {responseParameters: [{size: 3}]}}`, nil)
	task.Use.HAR = "always"
	r := perform(t, newExecutor(t), task)
	if r.outcome != spec.OutcomePassed {
		t.Fatal(r.text())
	}
	archive, more, data := archiveOf(t, r)
	if strings.Contains(string(data), "t0ken") {
		t.Errorf("a secret shows: %s", data)
	}
	var got []string
	for i, e := range archive.Log.Entries {
		at, err := time.Parse(time.RFC3339Nano, e.StartedDateTime)
		if err != nil || at.Before(began.Add(-time.Second)) || e.Time < 0 {
			t.Errorf("entry %d began at %s and took %v: %v", i, e.StartedDateTime, e.Time, err)
		}
		if e.Cache == nil || e.Timings == nil || e.Request.Headers == nil || e.Request.Cookies == nil || e.Request.QueryString == nil ||
			e.Response.Headers == nil || e.Response.Cookies == nil || e.Response.Content == nil || e.Request.HTTPVersion == "" || e.Response.HTTPVersion == "" {
			t.Errorf("entry %d lacks what HAR 1.2 asks for: %+v", i, e)
		}
		address := strings.NewReplacer(sockets.URL, "SOCKETS", events.URL, "EVENTS", calls, "CALLS").Replace(e.Request.URL)
		got = append(got, strings.TrimSpace(e.Request.Method+" "+address+" "+http.StatusText(int(e.Response.Status))+" "+more.Log.Entries[i].Resource+more.Log.Entries[i].Status))
	}
	want := []string{
		"POST SOCKETS/plain OK", "GET SOCKETS/hello Switching Protocols websocket", "GET EVENTS OK eventsource",
		"POST CALLS/grpc.testing.TestService/UnaryCall OK NOT_FOUND", "POST CALLS/grpc.testing.TestService/StreamingOutputCall OK OK",
	}
	if diff := cmp.Diff(want, got); diff != "" || archive.Log.Version != "1.2" || archive.Log.Creator.Name != "Semantest" {
		t.Errorf("%+v\n%s", archive.Log.Creator, diff)
	}
	if len(got) != len(want) {
		t.FailNow()
	}
	var said []string
	for _, m := range more.Log.Entries[1].Messages {
		if m.Time < float64(began.Unix()) {
			t.Errorf("a message came at %v", m.Time)
		}
		said = append(said, m.Type+" "+string(rune('0'+m.Opcode))+" "+m.Data)
	}
	if diff := cmp.Diff([]string{`receive 1 {"type":"welcome","token":"***","protocol":""}`, "send 1 I am ***", "receive 1 I am ***", "send 2 AAEC", "receive 2 AAEC"}, said); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("id: 7\nevent: tick\ndata: ***\ndata: two\n\nid: 7\ndata: last\n\n", string(archive.Log.Entries[2].Response.Content.Text)); diff != "" {
		t.Error(diff)
	}
	if post := archive.Log.Entries[4].Request.PostData; post == nil || !strings.Contains(post.Text, `"size":3`) || post.MimeType != "application/json" || !strings.Contains(string(archive.Log.Entries[4].Response.Content.Text), `"body":"AAAA"`) {
		t.Errorf("the messages of a call: %+v, %q", post, string(archive.Log.Entries[4].Response.Content.Text))
	}
}

// TestArchiveOfMuchTalk leaves out what is beyond its bounds, and says so.
func TestArchiveOfMuchTalk(t *testing.T) {
	t.Parallel()
	task := planTask(t, chat(t).URL, "- websocket: {url: /flood, messages: ["+strings.Repeat("{expect: {}}, ", 100)+"{expectNone: {within: 1ms, check: [{body: none}]}}]}\n- {http: /plain, check: [{status: 500}]}", nil)
	for range 15 {
		task.Case.APISteps = slices.Insert(task.Case.APISteps, 0, task.Case.APISteps[0])
	}
	task.Use.HAR = "always"
	_, more, data := archiveOf(t, perform(t, newExecutor(t), task))
	for _, e := range more.Log.Entries {
		if len(e.Messages) > 1000 {
			t.Errorf("%d messages of one stream", len(e.Messages))
		}
	}
	if len(data) > 16<<20 {
		t.Errorf("the archive has %d bytes", len(data))
	}
}

// TestGRPCShowsWhoItIsFrom looks at the metadata that arrives, over TLS too.
func TestGRPCShowsWhoItIsFrom(t *testing.T) {
	t.Parallel()
	tokens := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"planted-grpc-token","token_type":"Bearer"}`)
	})
	server, ca, cert, key := mutual(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := server.TLS.Clone()
	config.NextProtos = []string{"h2"}
	g := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)))
	testpb.RegisterTestServiceServer(g, doorman{})
	reflection.Register(g)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Serve(l)
	}()
	t.Cleanup(func() {
		g.Stop()
		<-done
	})
	base := "https://" + l.Addr().String()
	tests := []struct {
		name, auth string
		shared     *spec.Auth
		want, err  string
	}{
		{"bearer", `auth: {bearer: planted-bearer}`, nil, "Bearer ***", ""},
		{"basic", `auth: {basic: {username: ada, password: planted-pass}}`, nil, "Basic ***", ""},
		{"oauth2", `auth: {oauth2: {tokenUrl: "` + tokens.URL + `", clientId: shop}}`, nil, "Bearer ***", ""},
		{"shared", ``, &spec.Auth{Bearer: "planted-shared"}, "Bearer ***", ""},
		{"metadata of its own", `metadata: {authorization: mine, x-other: a}`, &spec.Auth{Bearer: "planted-shared"}, "mine", ""},
		{"shared digest", ``, &spec.Auth{Digest: &spec.Credentials{Username: "ada", Password: "planted-pass"}}, "", "a gRPC call cannot show who it is from by digest or hmac"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := planTask(t, base, "- {grpc: {method: grpc.testing.TestService/UnaryCall, "+tt.auth+"}, check: [{jsonpath: $.username, equals: "+jsonString(tt.want)+"}]}", nil)
			task.Use.Auth, task.Use.TLS = tt.shared, &spec.TLS{CA: ca, ServerName: "shop.test", Certificate: cert, Key: key}
			task.Use.HAR = "always"
			r := perform(t, newExecutor(t), task)
			told := r.Text() + r.text()
			if tt.err != "" {
				if !strings.Contains(r.text(), tt.err) {
					t.Errorf("%s", r.text())
				}
				return
			}
			if archive, ok := kept(r, "exchanges.har"); !ok || strings.Contains(told+archive, "planted") {
				t.Errorf("a credential shows: %s %s", told, archive)
			}
			steps := r.Steps()
			if got := steps[0].Detail["response"].(map[string]any)["body"].(string); !strings.Contains(got, `"username":"ada of `+tt.want) {
				t.Errorf("%s, want the name ada of the certificate and %s", got, tt.want)
			}
		})
	}
}

// doorman says whom it sees.
type doorman struct {
	testpb.UnimplementedTestServiceServer
}

func (doorman) UnaryCall(ctx context.Context, _ *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	return &testpb.SimpleResponse{Username: certificateOf(ctx) + " of " + strings.Join(md.Get("authorization"), ",")}, nil
}

func certificateOf(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.PeerCertificates) == 0 {
		return ""
	}
	return info.State.PeerCertificates[0].Subject.CommonName
}

func jsonString(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(data)
}
