package spec

import "strings"

// GRPC describes a call. What its messages are like is known from a descriptor
// file, or from the target by reflection. The answer is judged as JSON: one
// message, or the list of them where the method streams its answer.
type GRPC struct {
	Target      string            `yaml:"target" doc:"Address of the server: http for plain text, https for TLS." default:"BASE_URL" min:"1" max:"2000" example:"http://localhost:50051"`
	Method      string            `yaml:"method" doc:"Service and method." required:"true" pattern:"grpcMethod" max:"500" example:"shop.v1.Orders/Get"`
	Message     *Value            `yaml:"message" doc:"The message, as JSON; an empty one when absent." most:"input" example:"{id: 7}"`
	Messages    []Value           `yaml:"messages" doc:"The messages, in order, of a method that streams its input." max:"1000" most:"input" example:"[{id: 7}, {id: 8}]"`
	Metadata    map[string]string `yaml:"metadata" doc:"Metadata of the call." max:"100" each:"0-10000" keys:"header" example:"{authorization: \"Bearer ${{ API_TOKEN }}\"}"`
	Auth        *Auth             `yaml:"auth" doc:"How the call shows who it is from, as metadata: basic, bearer or oauth2; overrides use.auth." example:"{bearer: \"${{ API_TOKEN }}\"}"`
	Descriptors string            `yaml:"descriptors" doc:"file:// reference to a descriptor set (protoc --include_imports --descriptor_set_out); reflection when absent." pattern:"file" example:"file://shop.protoset"`
}

// notOfGRPC are subjects that a call has not got.
var notOfGRPC = []string{"status", "cookie", "redirects", "certificate", "timing", "protocol"}

func (v *validator) grpc(s *APIStep) {
	if s.GRPC == nil {
		for i := range s.Checks {
			if k := v.at(&s.Checks[i]).get("grpcStatus"); k != nil {
				v.report(k.onKey(), `"grpcStatus" goes with grpc`)
			}
		}
		return
	}
	g := s.GRPC
	if v.sound(&g.Target) {
		v.address(v.at(&g.Target), g.Target, false)
	}
	if g.Descriptors != "" && v.sound(&g.Descriptors) {
		v.file(v.at(&g.Descriptors), g.Descriptors)
	}
	v.headers(&g.Metadata, g.Metadata)
	v.auth(g.Auth)
	if a := g.Auth; a != nil && (a.Digest != nil || a.HMAC != nil) {
		v.report(v.at(a), "a gRPC call shows who it is from by basic, bearer or oauth2")
	}
	for name := range g.Metadata {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "grpc-") || strings.HasSuffix(lower, "-bin") {
			v.report(v.at(entry{&g.Metadata, name}, &g.Metadata).onKey(), "the metadata %s cannot be set here: names that begin with grpc- or end in -bin have a meaning of their own", brief(name))
		}
	}
	for i := range s.Checks {
		for _, key := range notOfGRPC {
			if k := v.at(&s.Checks[i]).get(key); k != nil {
				v.report(k.onKey(), "%q is not part of a gRPC answer", key)
			}
		}
	}
}
