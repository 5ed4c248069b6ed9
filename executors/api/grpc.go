package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of a call.
const (
	maxCallMessages = 1000
	maxCallBytes    = maxBodyBytes // of all messages of an answer
)

// grpc performs a gRPC call.
func (a *attempt) grpc(ctx context.Context, step spec.APIStep, r *executors.Report) error {
	title := step.Title()
	step, err := spec.Expand(a.task.Scope, step)
	if err != nil {
		return executors.Errorf("the step cannot be filled in: %w", err)
	}
	c, err := a.dialGRPC(ctx, step.GRPC.Target)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.authorize(ctx, step.GRPC); err != nil {
		return err
	}
	md := metadata.MD{}
	for name, values := range c.out.header {
		md.Append(name, values...)
	}
	ctx = metadata.NewOutgoingContext(ctx, md)
	method, err := a.method(ctx, c, step.GRPC)
	if err != nil {
		return err
	}
	inputs, err := inputs(step.GRPC, method)
	if err != nil {
		return err
	}
	address := *c.out.url
	address.Path = "/" + strings.TrimPrefix(step.GRPC.Method, "/")
	sent := &request{method: http.MethodPost, url: &address, header: c.out.header, body: inputs.text}
	r.Set("request", map[string]any{"method": "gRPC", "url": excerpt.Of(a.task.Scope.Mask(address.Redacted()), maxURL),
		"headers": headers(sent.header, a.task.Scope), "body": bodyExcerpt(inputs.text, a.task.Scope)})
	started := time.Now()
	in, err := c.call(ctx, method, inputs.messages)
	in.timings.duration = time.Since(started)
	in.timings.total = in.timings.duration
	a.sink.Emit(executors.Metric{Name: "grpc_req_duration", Unit: "ms", Value: ms(in.timings.duration), At: time.Now(),
		Tags: map[string]string{"name": title, "method": string(method.FullName()), "status": in.grpc.Code().String()}})
	if err == nil {
		a.answered.add(executors.TargetOf(c.out.url))
		err = a.concealCaptured(step.Capture, in)
	}
	a.archive.addCall(sent, in, started, err)
	if err != nil {
		return err
	}
	r.Set("response", map[string]any{"status": statusName(in.grpc.Code()), "message": excerpt.Of(a.task.Scope.Mask(in.grpc.Message()), maxHeader),
		"headers": headers(in.header, a.task.Scope), "body": bodyExcerpt(in.body, a.task.Scope), "bodyBytes": len(in.body)})
	if !judgesStatus(step.Checks) {
		r.Check(okStatus(in.grpc))
	}
	a.check(ctx, step.Checks, in, r)
	a.capture(step.Capture, in, r)
	if r.Failed() && len(in.body) > 0 {
		a.keepBody(ctx, in, r)
	}
	if len(in.snapshots) > 0 {
		a.keepSnapshots(ctx, in, r)
	}
	return nil
}

// authorize puts what shows who the call is from among its metadata.
func (c *grpcConn) authorize(ctx context.Context, g *spec.GRPC) (err error) {
	for name, value := range g.Metadata {
		c.out.header.Set(name, value)
	}
	if c.out.auth, err = c.attempt.authOf(g.Auth); err != nil {
		return err
	}
	if auth := c.out.auth; auth != nil && (auth.Digest != nil || auth.HMAC != nil) {
		return executors.Errorf("a gRPC call cannot show who it is from by digest or hmac, which use.auth asks for: give it an auth of its own")
	}
	return c.attempt.authorize(ctx, c.out)
}

func judgesStatus(checks []spec.Check) bool {
	for _, c := range checks {
		if c.GRPCStatus != nil {
			return true
		}
	}
	return false
}

func okStatus(s *status.Status) executors.Check {
	c := executors.Check{Name: "grpcStatus is OK", Passed: s.Code() == codes.OK, Expected: "OK", Actual: statusName(s.Code())}
	if !c.Passed {
		c.Message = oneLine(fmt.Sprintf("the call ended with %s: %s", c.Actual, excerpt.Of(s.Message(), maxCause)))
	}
	return c
}

// statusName is a code as the protocol writes it: NOT_FOUND.
func statusName(c codes.Code) string {
	names := map[codes.Code]string{codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.InvalidArgument: "INVALID_ARGUMENT",
		codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS", codes.PermissionDenied: "PERMISSION_DENIED",
		codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
		codes.Unimplemented: "UNIMPLEMENTED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED"}
	return cmp.Or(names[c], c.String())
}

// grpcConn is a connection for one step.
type grpcConn struct {
	*grpc.ClientConn
	attempt *attempt
	out     *request
	x       *exchange

	mu      sync.Mutex
	dialErr error // why the newest connection could not be made
}

func (c *grpcConn) close() { _ = c.Close() } // nobody is left to whom an error would matter

// dialGRPC prepares a connection through the egress policy; it is made by the
// first call.
func (a *attempt) dialGRPC(ctx context.Context, target string) (*grpcConn, error) {
	if target == "" {
		base, ok := a.task.Scope.Get(spec.VarBaseURL)
		if !ok {
			return nil, executors.Errorf("the call has no target: give it target, or set %s", spec.VarBaseURL)
		}
		target = fmt.Sprint(base)
	}
	address, err := a.task.Scope.ResolveURL(target)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, executors.Errorf("the address %q cannot be read: %w", address, err)
	}
	c := &grpcConn{attempt: a, out: &request{method: "gRPC", url: &url.URL{Scheme: u.Scheme, Host: u.Host}, header: http.Header{}}, x: &exchange{ctx: ctx, started: time.Now()}}
	secure := insecure.NewCredentials()
	if u.Scheme == "https" {
		config := a.dialer.tls.Clone()
		config.NextProtos = []string{"h2"}
		secure = credentials.NewTLS(config)
	}
	c.ClientConn, err = grpc.NewClient("passthrough:///"+executors.TargetOf(u), grpc.WithTransportCredentials(secure), grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(), grpc.WithMaxHeaderListSize(maxHeaderBytes), grpc.WithUserAgent("Semantest"),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			ctx, _, stop := tied(context.WithValue(ctx, exchangeKey{}, c.x))
			defer stop()
			conn, err := a.dialer.connect(ctx, u.Scheme, "tcp", address)
			c.mu.Lock()
			c.dialErr = err
			c.mu.Unlock()
			return conn, err
		}))
	if err != nil {
		return nil, executors.Errorf("the address %s cannot be used: %w", address, err)
	}
	return c, nil
}

type callInputs struct {
	messages []*dynamicpb.Message
	text     []byte
}

// inputs are the messages of a call.
func inputs(g *spec.GRPC, method protoreflect.MethodDescriptor) (callInputs, error) {
	values := g.Messages
	switch {
	case values != nil && !method.IsStreamingClient():
		return callInputs{}, executors.Errorf("the method %s takes one message, not a stream: give it message instead of messages", method.Name())
	case g.Message != nil:
		values = []spec.Value{*g.Message}
	case values == nil && !method.IsStreamingClient():
		values = []spec.Value{{V: map[string]any{}}}
	}
	var out callInputs
	for _, v := range values {
		data, err := json.Marshal(v)
		if err != nil {
			return out, executors.Errorf("the message cannot be written: %w", err)
		}
		m := dynamicpb.NewMessage(method.Input())
		if err := (protojson.UnmarshalOptions{Resolver: dynamicpb.NewTypes(nil)}).Unmarshal(data, m); err != nil {
			return out, executors.Errorf("the message does not fit %s: %s", method.Input().FullName(), strings.TrimPrefix(cause(err), "proto: "))
		}
		out.messages = append(out.messages, m)
		out.text = append(append(out.text, data...), '\n')
	}
	return out, nil
}

// call sends the messages and reads the answer, at the same time.
func (c *grpcConn) call(ctx context.Context, method protoreflect.MethodDescriptor, messages []*dynamicpb.Message) (*response, error) {
	in := &response{header: http.Header{"Content-Type": {"application/json"}}, grpc: status.New(codes.Unknown, "")}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: method.IsStreamingServer(), ClientStreams: method.IsStreamingClient()},
		"/"+string(method.Parent().FullName())+"/"+string(method.Name()), grpc.MaxCallRecvMsgSize(maxBodyBytes))
	if err != nil {
		return c.ended(in, err)
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		for _, m := range messages {
			if stream.SendMsg(m) != nil {
				return // what went wrong is read below
			}
		}
		_ = stream.CloseSend() // as above
	})
	defer sending.Wait()
	defer cancel()
	var answer [][]byte
	size := 0
	for {
		m := dynamicpb.NewMessage(method.Output())
		if err = stream.RecvMsg(m); err != nil {
			break
		}
		data, jsonErr := (protojson.MarshalOptions{EmitUnpopulated: true, Resolver: dynamicpb.NewTypes(nil)}).Marshal(m)
		if jsonErr != nil {
			return in, executors.Failf("a message of %s cannot be read as JSON: %s", c.out.url.Host, cause(jsonErr))
		}
		answer = append(answer, data)
		if size += len(data); size > maxCallBytes || len(answer) > maxCallMessages {
			return in, executors.Failf("%s answered with more than %d messages or %d MiB", originOf(c.out.url).name, maxCallMessages, maxCallBytes>>20)
		}
		if !method.IsStreamingServer() {
			err = io.EOF
			break
		}
	}
	in.body = bytes.Join(answer, []byte(","))
	if method.IsStreamingServer() {
		in.body = append(append([]byte("["), in.body...), ']')
	}
	if header, headerErr := stream.Header(); headerErr == nil {
		addMetadata(in.header, header)
	}
	addMetadata(in.header, stream.Trailer())
	return c.ended(in, err)
}

func addMetadata(h http.Header, md metadata.MD) {
	for name, values := range md {
		if name != "content-type" {
			h[http.CanonicalHeaderKey(name)] = values
		}
	}
}

// ended reads how a call ended: a status of the target is an answer.
func (c *grpcConn) ended(in *response, err error) (*response, error) {
	if err == nil || errors.Is(err, io.EOF) {
		in.grpc = status.New(codes.OK, "")
		return in, nil
	}
	c.mu.Lock()
	dialErr := c.dialErr
	c.mu.Unlock()
	in.grpc = status.Convert(err)
	name := originOf(c.out.url).name
	switch {
	case over(c.x.ctx):
		return in, c.attempt.mark(executors.TimedOutf("still waiting for an answer from %s", name), originOf(c.out.url), dialErr != nil, true)
	case dialErr != nil:
		return in, c.attempt.explain(&url.Error{Op: "gRPC", URL: c.out.url.String(), Err: dialErr}, c.out, c.x)
	case in.grpc.Code() == codes.Unavailable && strings.Contains(in.grpc.Message(), "authentication handshake failed"):
		_, why, _ := strings.Cut(in.grpc.Message(), "authentication handshake failed: ")
		return in, c.attempt.mark(executors.Errorf("could not make a secure connection to %s: %s", name, oneLine(excerpt.Of(why, maxCause))), originOf(c.out.url), true, false)
	case in.grpc.Code() == codes.Unavailable && !strings.Contains(in.grpc.Message(), "desc ="):
		return in, nil // the target says so itself
	case in.grpc.Code() == codes.Unavailable:
		return in, executors.Failf("%s does not answer as gRPC asks: %s", name, oneLine(excerpt.Of(in.grpc.Message(), maxCause)))
	}
	return in, nil
}
