package api_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/semantest/semantest/internal/spec"
)

// parrot is a gRPC server that answers with what it was asked.
type parrot struct {
	testpb.UnimplementedTestServiceServer
}

func (parrot) UnaryCall(ctx context.Context, r *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if s := r.GetResponseStatus(); s.GetCode() != 0 {
		return nil, grpcstatus.Error(codes.Code(s.GetCode()), s.GetMessage())
	}
	_ = grpc.SetHeader(ctx, metadata.Pairs("x-answered", "yes"))
	return &testpb.SimpleResponse{Username: strings.Join(md.Get("x-user"), ","), OauthScope: r.GetResponseType().String()}, nil
}

func (parrot) StreamingOutputCall(r *testpb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
	for _, p := range r.GetResponseParameters() {
		if err := s.Send(&testpb.StreamingOutputCallResponse{Payload: &testpb.Payload{Body: make([]byte, p.GetSize())}}); err != nil {
			return err
		}
	}
	if len(r.GetResponseParameters()) == 0 {
		for s.Context().Err() == nil {
			if err := s.Send(&testpb.StreamingOutputCallResponse{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (parrot) StreamingInputCall(s grpc.ClientStreamingServer[testpb.StreamingInputCallRequest, testpb.StreamingInputCallResponse]) error {
	var n int32
	for {
		r, err := s.Recv()
		if err == io.EOF { //nolint:errorlint // what the library returns
			return s.SendAndClose(&testpb.StreamingInputCallResponse{AggregatedPayloadSize: n})
		}
		if err != nil {
			return err
		}
		n += int32(len(r.GetPayload().GetBody()))
	}
}

func (parrot) FullDuplexCall(s grpc.BidiStreamingServer[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse]) error {
	for {
		r, err := s.Recv()
		if err == io.EOF { //nolint:errorlint // what the library returns
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(&testpb.StreamingOutputCallResponse{Payload: r.GetPayload()}); err != nil {
			return err
		}
	}
}

func serveGRPC(tb testing.TB, reflecting bool) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer()
	testpb.RegisterTestServiceServer(server, parrot{})
	if reflecting {
		reflection.Register(server)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	tb.Cleanup(func() {
		server.Stop()
		<-done
	})
	return "http://" + l.Addr().String()
}

func TestGRPC(t *testing.T) {
	t.Parallel()
	open, closed := serveGRPC(t, true), serveGRPC(t, false)
	set := &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		protodesc.ToFileDescriptorProto(testpb.File_grpc_testing_empty_proto),
		protodesc.ToFileDescriptorProto(testpb.File_grpc_testing_messages_proto),
		protodesc.ToFileDescriptorProto(testpb.File_grpc_testing_test_proto),
	}}
	data, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"test.protoset": {Data: data}, "bad.protoset": {Data: []byte("no descriptors")}}
	silent := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	tests := []struct{ name, base, steps, err string }{
		{"unary by reflection", open, `
- grpc: {method: grpc.testing.TestService/UnaryCall, message: {responseType: COMPRESSABLE}, metadata: {x-user: "${{ PLAN }}"}}
  capture: {user: {jsonpath: $.username}, answered: {header: X-Answered}}
  check: [{jsonpath: $.oauthScope, equals: COMPRESSABLE}, {grpcStatus: OK}, {duration: 10s}]
- if: {variable: answered, equals: "yes", then: [{grpc: {method: grpc.testing.TestService/UnaryCall, metadata: {x-user: "${{ user }}6"}}, check: [{jsonpath: $.username, equals: "56"}]}]}`, ""},
		{"unary by descriptors", closed, `
- grpc: {method: grpc.testing.TestService/UnaryCall, descriptors: file://test.protoset, metadata: {x-user: ada}}
  check: [{jsonpath: $.username, equals: ada}]`, ""},
		{"no reflection", closed, `- grpc: {method: grpc.testing.TestService/UnaryCall}`, "does not know gRPC reflection: give the step a descriptor set under descriptors"},
		{"bad descriptors", closed, `- grpc: {method: grpc.testing.TestService/UnaryCall, descriptors: file://bad.protoset}`, "is not a descriptor set"},
		{"unknown service", open, `- grpc: {method: grpc.testing.Nothing/UnaryCall}`, "did not tell of the service grpc.testing.Nothing: NOT_FOUND"},
		{"unknown method", open, `- grpc: {method: grpc.testing.TestService/Nothing}`, "the service grpc.testing.TestService has no method Nothing"},
		{"wrong message", open, `- grpc: {method: grpc.testing.TestService/UnaryCall, message: {sku: A1}}`, `the message does not fit grpc.testing.SimpleRequest: (line 1:2): unknown field "sku"`},
		{"status", open, `- {grpc: {method: grpc.testing.TestService/UnaryCall, message: {responseStatus: {code: 5, message: gone}}}, check: [{grpcStatus: NOT_FOUND}]}`, ""},
		{"status that nobody asked for", open, `- grpc: {method: grpc.testing.TestService/UnaryCall, message: {responseStatus: {code: 14, message: tired}}}`, "the call ended with UNAVAILABLE: tired"},
		{"not implemented", open, `- {grpc: {method: grpc.testing.TestService/EmptyCall}, check: [{grpcStatus: UNIMPLEMENTED}]}`, ""},
		{"server stream", open, `
- grpc: {method: grpc.testing.TestService/StreamingOutputCall, message: {responseParameters: [{size: 3}, {size: 6}]}}
  check: [{jsonpath: "$[*]", length: 2}, {jsonpath: "$[0].payload.body", equals: AAAA}]`, ""},
		{"endless server stream", open, `- grpc: {method: grpc.testing.TestService/StreamingOutputCall}`, "answered with more than 1000 messages or 10 MiB"},
		{"client stream", open, `
- grpc: {method: grpc.testing.TestService/StreamingInputCall, messages: [{payload: {body: AAAA}}, {payload: {body: AAAA}}]}
  check: [{jsonpath: $.aggregatedPayloadSize, equals: 6}]`, ""},
		{"both", open, `
- grpc: {method: grpc.testing.TestService/FullDuplexCall, messages: [{payload: {body: AAAA}}, {payload: {body: BBBB}}]}
  check: [{jsonpath: "$[1].payload.body", equals: BBBB}]`, ""},
		{"many for one", open, `- grpc: {method: grpc.testing.TestService/UnaryCall, messages: [{}, {}]}`, "takes one message, not a stream"},
		{"no gRPC", silent, `- grpc: {method: a.B/C, descriptors: file://test.protoset}`, "there is no service a.B in file://test.protoset"},
		{"not HTTP/2", silent, `- grpc: {method: grpc.testing.TestService/UnaryCall, descriptors: file://test.protoset}`, "does not answer as gRPC asks"},
		{"nobody there", "http://" + closedPort(t), `- grpc: {method: grpc.testing.TestService/UnaryCall}`, "could not connect to http://127.0.0.1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, tt.base, tt.steps, files)
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
			if tt.name == "nobody there" && (r.outcome != spec.OutcomeErrored || r.unreachable() == "") {
				t.Errorf("%s, unreachable %q", r.outcome, r.unreachable())
			}
		})
	}
}
