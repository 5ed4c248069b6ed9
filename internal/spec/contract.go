package spec

import "slices"

// ContractCase holds the keys that only cases of kind contract have.
type ContractCase struct {
	Schema         string            `yaml:"schema" kind:"contract" doc:"What the API promises: an OpenAPI document (3.0 or 3.1), or a GraphQL schema, in its own language or as the JSON of an introspection; a file:// reference, or an http or https address, which may be relative to BASE_URL." min:"1" max:"2000" example:"file://openapi.yaml"`
	Introspect     bool              `yaml:"introspect" kind:"contract" doc:"Ask the GraphQL server at url for its schema, instead of schema." default:"false" example:"true"`
	URL            string            `yaml:"url" kind:"contract" doc:"Where the API is: what the paths of the document are appended to, or GraphQL's address, absolute or relative to BASE_URL." default:"BASE_URL with the path of the document's first server; /graphql for GraphQL" min:"1" max:"2000" example:"https://api.shop.test/v1"`
	Checks         []string          `yaml:"checks" kind:"contract" doc:"What is checked, by Schemathesis' names; everything when absent." min:"1" max:"20" example:"[not_a_server_error, response_schema_conformance]"`
	Include        []OperationFilter `yaml:"include" kind:"contract" doc:"Only operations that one of these describes." min:"1" max:"200" example:"[{tag: orders}, getProduct]"`
	Exclude        []OperationFilter `yaml:"exclude" kind:"contract" doc:"No operation that one of these describes." min:"1" max:"200" example:"[{path: /orders/*, method: DELETE}]"`
	Headers        map[string]string `yaml:"headers" kind:"contract" doc:"Headers of every request." max:"100" each:"0-10000" keys:"header" example:"{X-Tenant: test}"`
	Auth           map[string]string `yaml:"auth" kind:"contract" doc:"Credentials by the name of the document's security scheme: a token, an API key, or name:password for basic authentication." max:"20" each:"1-10000" example:"{bearerAuth: \"${{ API_TOKEN }}\"}"`
	Seed           *int              `yaml:"seed" kind:"contract" doc:"The same seed makes the same requests." default:"1" min:"0" max:"2147483647" example:"42"`
	MaxRequests    *int              `yaml:"maxRequests" kind:"contract" doc:"How many requests are sent at most, those that make a finding smaller included." default:"2000" min:"10" max:"100000" example:"500"`
	RequestTimeout Duration          `yaml:"requestTimeout" kind:"contract" doc:"Limit of one request." default:"10s" min:"1ms" max:"5m" example:"5s"`
	Examples       *bool             `yaml:"examples" kind:"contract" doc:"Whether the examples of the document are sent too." default:"true" example:"false"`
	Mutations      bool              `yaml:"mutations" kind:"contract" doc:"Whether GraphQL mutations are sent too, and not only queries." default:"false" example:"true"`
	Depth          *int              `yaml:"depth" kind:"contract" doc:"How many levels of fields a GraphQL operation selects." default:"3" min:"1" max:"10" example:"5"`
	Scalars        map[string]Value  `yaml:"scalars" kind:"contract" doc:"A value of each custom scalar of a GraphQL schema that has a form of its own." max:"100" example:"{Sku: TEA-01}"`
	IgnoreInvalid  bool              `yaml:"ignoreInvalid" kind:"contract" doc:"Use what can be used of a document with mistakes, and tell the mistakes; otherwise such a document is refused." default:"false" example:"true"`
	Against        string            `yaml:"against" kind:"contract" doc:"An older document, by reference or address as schema: what changed since then must not break its callers." min:"1" max:"2000" example:"file://openapi-v1.yaml"`
	Severity       string            `yaml:"severity" kind:"contract" doc:"error: changes that break callers fail the case; warning: those that may break some do too." default:"error" enum:"error,warning" example:"warning"`
	Baseline       string            `yaml:"baseline" kind:"contract" doc:"new-only: findings that baselineFile lists, or without it those of the run before, are shown and do not fail the case." enum:"new-only" example:"new-only"`
	BaselineFile   string            `yaml:"baselineFile" kind:"contract" doc:"file:// reference to the findings.json of an earlier run." pattern:"file" max:"600" example:"file://contract-findings.json"`
}

// OperationFilter describes operations of a document; every key that is given
// must fit.
type OperationFilter struct {
	OperationID string `yaml:"operationId" doc:"Name of the operation." short:"true" min:"1" max:"200" example:"createOrder"`
	Path        string `yaml:"path" doc:"Path as the document writes it; * stands for any text." min:"1" max:"1000" example:"/orders/*"`
	Method      string `yaml:"method" doc:"Method, in capitals." pattern:"method" max:"30" example:"POST"`
	Tag         string `yaml:"tag" doc:"A tag of the operation." min:"1" max:"200" example:"orders"`
}

// BaselineNewOnly makes known findings not fail a case.
const BaselineNewOnly = "new-only"

// The checks of contract cases, by Schemathesis' names.
const (
	NotAServerError            = "not_a_server_error"
	StatusCodeConformance      = "status_code_conformance"
	ContentTypeConformance     = "content_type_conformance"
	ResponseSchemaConformance  = "response_schema_conformance"
	ResponseHeadersConformance = "response_headers_conformance"
	NegativeDataRejection      = "negative_data_rejection"
	PositiveDataAcceptance     = "positive_data_acceptance"
	UnsupportedMethod          = "unsupported_method"
	UseAfterFree               = "use_after_free"
	EnsureResourceAvailability = "ensure_resource_availability"
	IgnoredAuth                = "ignored_auth"
	MissingRequiredHeader      = "missing_required_header"
)

// ContractChecks lists every check of contract cases.
func ContractChecks() []string {
	return []string{
		NotAServerError, StatusCodeConformance, ContentTypeConformance, ResponseSchemaConformance, ResponseHeadersConformance,
		NegativeDataRejection, PositiveDataAcceptance, UnsupportedMethod, UseAfterFree, EnsureResourceAvailability,
		IgnoredAuth, MissingRequiredHeader,
	}
}

// Asks reports whether the case asks for a check.
func (c ContractCase) Asks(check string) bool {
	return len(c.Checks) == 0 || slices.Contains(c.Checks, check)
}
