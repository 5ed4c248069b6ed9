package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of the descriptors of a target.
const (
	maxDescriptorFiles = 500
	maxDescriptorBytes = 4 << 20
)

// descriptors are what is known of the targets of an attempt, by target and
// service, or by the file.
type descriptors struct {
	mu    sync.Mutex
	known map[string]*protoregistry.Files
}

// method finds the method of a call.
func (a *attempt) method(ctx context.Context, c *grpcConn, g *spec.GRPC) (protoreflect.MethodDescriptor, error) {
	service, name, _ := strings.Cut(strings.TrimPrefix(g.Method, "/"), "/")
	a.descriptors.mu.Lock()
	defer a.descriptors.mu.Unlock()
	key := g.Descriptors
	if key == "" {
		key = c.out.url.String() + " " + service
	}
	files := a.descriptors.known[key]
	if files == nil {
		var err error
		if g.Descriptors != "" {
			files, err = a.readDescriptors(g.Descriptors)
		} else {
			files, err = c.reflect(ctx, service)
		}
		if err != nil {
			return nil, err
		}
		if a.descriptors.known == nil {
			a.descriptors.known = map[string]*protoregistry.Files{}
		}
		a.descriptors.known[key] = files
	}
	found, err := files.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return nil, executors.Errorf("there is no service %s in %s", service, described(g))
	}
	s, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, executors.Errorf("%s is not a service", service)
	}
	m := s.Methods().ByName(protoreflect.Name(name))
	if m == nil {
		return nil, executors.Errorf("the service %s has no method %s", service, name)
	}
	return m, nil
}

func described(g *spec.GRPC) string {
	if g.Descriptors != "" {
		return g.Descriptors
	}
	return "what the target tells by reflection"
}

func (a *attempt) readDescriptors(ref string) (*protoregistry.Files, error) {
	data, err := readFile(a.task.Files, ref, maxDescriptorBytes)
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return nil, executors.Errorf("the file %s is not a descriptor set; make it with protoc --include_imports --descriptor_set_out", ref)
	}
	return build(set)
}

// build links descriptors. Those of the standard library may be missing.
func build(set *descriptorpb.FileDescriptorSet) (files *protoregistry.Files, err error) {
	defer func() {
		if p := recover(); p != nil { // descriptors come from outside
			files, err = nil, executors.Errorf("the descriptors cannot be used: %v", p)
		}
	}()
	have := map[string]bool{}
	for _, f := range set.GetFile() {
		have[f.GetName()] = true
	}
	for i := 0; ; i++ { // the list grows
		if i == len(set.GetFile()) {
			break
		}
		for _, name := range set.GetFile()[i].GetDependency() {
			if have[name] {
				continue
			}
			if known, err := protoregistry.GlobalFiles.FindFileByPath(name); err == nil {
				have[name] = true
				set.File = append(set.File, protodesc.ToFileDescriptorProto(known))
			}
		}
	}
	files, err = protodesc.FileOptions{AllowUnresolvable: true}.NewFiles(set)
	if err != nil {
		return nil, executors.Errorf("the descriptors cannot be used: %s", cause(err))
	}
	return files, nil
}

// reflect asks a target for the files of a service, by the protocol's first
// version or by the one before it, whose messages are the same.
func (c *grpcConn) reflect(ctx context.Context, service string) (*protoregistry.Files, error) {
	files, err := c.reflectBy(ctx, "v1", service)
	if status.Code(err) == codes.Unimplemented {
		files, err = c.reflectBy(ctx, "v1alpha", service)
	}
	if err == nil {
		return files, nil
	}
	if _, ok := errors.AsType[*executors.Failure](err); ok {
		return nil, err
	}
	switch in, ended := c.ended(&response{}, err); {
	case ended != nil:
		return nil, ended
	case in.grpc.Code() == codes.Unimplemented:
		return nil, executors.Errorf("%s does not know gRPC reflection: give the step a descriptor set under descriptors", originOf(c.out.url).name)
	default:
		return nil, executors.Errorf("%s did not tell of the service %s: %s (%s)", originOf(c.out.url).name, service, statusName(in.grpc.Code()), oneLine(excerpt.Of(in.grpc.Message(), maxCause)))
	}
}

func (c *grpcConn) reflectBy(ctx context.Context, version, service string) (*protoregistry.Files, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		"/grpc.reflection."+version+".ServerReflection/ServerReflectionInfo", grpc.MaxCallRecvMsgSize(maxDescriptorBytes))
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	have := map[string]bool{}
	size := 0
	ask := func(q *reflectionpb.ServerReflectionRequest) error {
		if err := stream.SendMsg(q); err != nil {
			if why := stream.RecvMsg(&reflectionpb.ServerReflectionResponse{}); why != nil {
				return why
			}
			return err
		}
		answer := &reflectionpb.ServerReflectionResponse{}
		if err := stream.RecvMsg(answer); err != nil {
			return err
		}
		if problem := answer.GetErrorResponse(); problem != nil {
			return status.Error(codes.Code(problem.GetErrorCode()), problem.GetErrorMessage()) //nolint:gosec // a code of the protocol
		}
		for _, data := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
			f := &descriptorpb.FileDescriptorProto{}
			if size += len(data); size > maxDescriptorBytes || len(set.GetFile()) >= maxDescriptorFiles {
				return executors.Failf("%s tells more than %d files or %d MiB by reflection", originOf(c.out.url).name, maxDescriptorFiles, maxDescriptorBytes>>20)
			}
			if err := proto.Unmarshal(data, f); err != nil {
				return executors.Failf("what %s tells by reflection cannot be read", originOf(c.out.url).name)
			}
			if !have[f.GetName()] {
				have[f.GetName()] = true
				set.File = append(set.File, f)
			}
		}
		return nil
	}
	if err := ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service}}); err != nil {
		return nil, err
	}
	for i := 0; ; i++ { // the list grows
		if i == len(set.GetFile()) {
			break
		}
		for _, name := range set.GetFile()[i].GetDependency() {
			if have[name] {
				continue
			}
			err := ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_FileByFilename{FileByFilename: name}})
			if status.Code(err) == codes.NotFound {
				have[name] = true // build knows it, or nobody
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return build(set)
}
