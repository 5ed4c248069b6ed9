package spec

import "strings"

// Auth says how a request shows who it is from: exactly one of its fields.
type Auth struct {
	Basic  *Credentials `yaml:"basic" doc:"Basic authentication." one:"way" example:"{username: ada, password: \"${{ PASSWORD }}\"}"`
	Bearer string       `yaml:"bearer" doc:"A bearer token." one:"way" min:"1" max:"10000" example:"${{ API_TOKEN }}"`
	OAuth2 *OAuth2      `yaml:"oauth2" doc:"An access token by OAuth 2.0, asked for once in an attempt and again when it has expired." one:"way" example:"{tokenUrl: /token, clientId: shop, clientSecret: \"${{ CLIENT_SECRET }}\"}"`
	Digest *Credentials `yaml:"digest" doc:"Digest authentication (RFC 7616)." one:"way" example:"{username: ada, password: \"${{ PASSWORD }}\"}"`
	HMAC   *HMAC        `yaml:"hmac" doc:"A signature of the request in a header." one:"way" example:"{secret: \"${{ WEBHOOK_SECRET }}\", header: X-Signature}"`
}

// Credentials are a name and a password.
type Credentials struct {
	Username string `yaml:"username" doc:"Name." required:"true" min:"1" max:"1000" example:"ada"`
	Password string `yaml:"password" doc:"Password." required:"true" max:"1000" example:"${{ PASSWORD }}"`
}

// OAuth2 asks for an access token: with a refresh token where there is one, else
// by client credentials.
type OAuth2 struct {
	TokenURL     string            `yaml:"tokenUrl" doc:"Address of the token endpoint, absolute or relative to BASE_URL." required:"true" min:"1" max:"8000" example:"https://id.test/token"`
	ClientID     string            `yaml:"clientId" doc:"Id of the client." required:"true" min:"1" max:"1000" example:"shop"`
	ClientSecret string            `yaml:"clientSecret" doc:"Secret of the client." max:"10000" example:"${{ CLIENT_SECRET }}"`
	RefreshToken string            `yaml:"refreshToken" doc:"A refresh token, which is used instead of client credentials." max:"10000" example:"${{ REFRESH_TOKEN }}"`
	Scopes       []string          `yaml:"scopes" doc:"Scopes to ask for." max:"50" each:"1-200" example:"[orders.read]"`
	Params       map[string]string `yaml:"params" doc:"Further parameters of the request for client credentials." max:"20" each:"0-1000" example:"{audience: https://api.test}"`
}

// HMAC signs a request with a shared secret.
type HMAC struct {
	Secret    string `yaml:"secret" doc:"The shared secret." required:"true" min:"1" max:"10000" example:"${{ WEBHOOK_SECRET }}"`
	Header    string `yaml:"header" doc:"Header that carries the signature." default:"X-Signature" pattern:"header" max:"200" example:"X-Hub-Signature-256"`
	Prefix    string `yaml:"prefix" doc:"Text before the signature." max:"100" example:"sha256="`
	Algorithm string `yaml:"algorithm" doc:"Hash function." default:"sha256" enum:"sha256,sha512,sha1" example:"sha512"`
	Encoding  string `yaml:"encoding" doc:"How the signature is written." default:"hex" enum:"hex,base64" example:"base64"`
	Over      string `yaml:"over" doc:"What is signed: {method}, {path}, {query}, {timestamp} (seconds, also sent as X-Timestamp) and {body} are filled in." default:"{body}" min:"1" max:"1000" example:"\"{timestamp}.{body}\""`
}

// Proxy says through which proxy requests go: those without TLS are handed to it,
// others go through a tunnel (CONNECT).
type Proxy struct {
	URL      string   `yaml:"url" doc:"Address of the proxy; http or https." required:"true" short:"true" min:"1" max:"2000" example:"http://proxy.test:3128"`
	Username string   `yaml:"username" doc:"User, where the proxy asks for one." max:"1000" example:"ada"`
	Password string   `yaml:"password" doc:"Password of the user." max:"1000" example:"${{ PROXY_PASSWORD }}"`
	NoProxy  []string `yaml:"noProxy" doc:"Hosts that are reached without the proxy: names, which stand for what is below them too, .names, addresses, networks, each also with a port; * is all. localhost and loopback addresses always are." max:"100" each:"1-300" example:"[.internal.test, 10.0.0.0/8]"`
}

// TLS says how secure connections are made. Certificates and keys are PEM, as a
// file:// reference or in place, such as from a secret.
type TLS struct {
	CA          string `yaml:"ca" doc:"Certificates of authorities that are trusted beside the system's." max:"100000" example:"file://ca.pem"`
	Certificate string `yaml:"certificate" doc:"Certificate that the client shows." max:"100000" example:"file://client.pem"`
	Key         string `yaml:"key" doc:"Its private key; better a secret than a file." max:"100000" example:"${{ CLIENT_KEY }}"`
	ServerName  string `yaml:"serverName" doc:"Name that the target's certificate must carry, where it is not that of the address." min:"1" max:"253" example:"shop.test"`
	Insecure    bool   `yaml:"insecure" doc:"Take any certificate. A server refuses it, unless it runs with --egress dev." default:"false" example:"true"`
}

func (t *TLS) files() []string {
	if t == nil {
		return nil
	}
	var refs []string
	for _, ref := range []string{t.CA, t.Certificate, t.Key} {
		if strings.HasPrefix(ref, fileScheme) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// use checks the settings that api cases share.
func (v *validator) use() {
	u := &v.plan.Use
	v.auth(u.Auth)
	v.proxy(u.Proxy)
	if u.Acts != "" && v.sound(&u.Acts) {
		v.file(v.at(&u.Acts), u.Acts)
	}
	if t := u.TLS; t != nil {
		for _, ref := range []*string{&t.CA, &t.Certificate, &t.Key} {
			if strings.HasPrefix(*ref, fileScheme) && v.sound(ref) {
				v.file(v.at(ref), *ref)
			}
		}
		if (t.Certificate == "") != (t.Key == "") && !v.at(t).bad {
			v.report(v.at(t), `"certificate" and "key" go together`)
		}
	}
}

func (v *validator) proxy(p *Proxy) {
	if p == nil {
		return
	}
	if v.sound(&p.URL) {
		v.address(v.at(&p.URL), p.URL, false)
	}
	if p.Password != "" && p.Username == "" && v.sound(&p.Password) {
		v.report(v.at(&p.Password), `"password" goes with "username"`)
	}
	for i := range p.NoProxy {
		if strings.ContainsAny(p.NoProxy[i], ", \t") {
			v.report(v.at(&p.NoProxy), "an element of \"noProxy\" holds a comma or a space: write each host as an element of its own")
			return
		}
	}
}

func (v *validator) auth(a *Auth) {
	if a != nil && a.OAuth2 != nil && v.sound(&a.OAuth2.TokenURL) {
		v.address(v.at(&a.OAuth2.TokenURL), a.OAuth2.TokenURL, true)
	}
}
