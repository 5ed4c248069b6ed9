package config

import (
	"cmp"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// Server configures a process that holds the database: serve, work, run, demo.
type Server struct {
	DatabaseURL  string `name:"database-url" env:"SEMANTEST_DATABASE_URL" placeholder:"URL" help:"Postgres to use, postgres://user:password@host/name. When absent, an embedded one keeps its data in the data folder."`
	OwnerURL     string `name:"database-owner-url" env:"SEMANTEST_DATABASE_OWNER_URL" placeholder:"URL" help:"The same database as its owner, who alone may migrate it. When absent, the user of the database URL is the owner and serves as the role semantest_app, which owns nothing."`
	RedisURL     string `name:"redis-url" env:"SEMANTEST_REDIS_URL" placeholder:"URL" help:"Redis to use, redis://host:6379/0. When absent, one runs inside the process; several processes need a real one."`
	DataDir      string `name:"data-dir" env:"SEMANTEST_DATA_DIR" placeholder:"DIR" help:"Folder for everything that is kept on this machine. Default: ${data_dir}."`
	ArtifactsURL string `name:"artifacts-url" env:"SEMANTEST_ARTIFACTS_URL" placeholder:"URL" help:"Where screenshots and other artifacts are kept: a folder, or s3://bucket?region=REGION. Default: artifacts in the data folder."`
	SecretKey    string `name:"secret-key" env:"SEMANTEST_SECRET_KEY" placeholder:"BASE64" help:"Key that encrypts secrets in the database: 32 bytes in base64, or what semantest secrets rotate printed; the same for every process. Default: a key file in the data folder."`
	Egress       string `name:"egress" env:"SEMANTEST_EGRESS" enum:"public,dev,," default:"" placeholder:"MODE" help:"Which addresses cases may reach: public, or dev for local ones too. Default: public for serve and work, dev for run and demo."`

	EgressAllow []string `name:"egress-allow" env:"SEMANTEST_EGRESS_ALLOW" placeholder:"CIDR[:PORT],..." help:"Networks and addresses that cases may reach beside the public ones, each with one port or with all, such as 10.1.0.0/16:8080,192.168.1.5,[fd00::/8]:443."`

	RiverUIURL string `name:"river-ui-url" env:"SEMANTEST_RIVER_UI_URL" placeholder:"URL" help:"Address of a River UI beside the same database, which administrators of the instance find linked on the dashboard's page of workers. Default: none."`

	PublicURL string `name:"public-url" env:"SEMANTEST_PUBLIC_URL" placeholder:"URL" help:"Address at which people reach the server, such as https://semantest.example; messages of webhooks begin their links with it. Default: their links are relative."`

	Browser       string            `name:"browser" env:"SEMANTEST_BROWSER" placeholder:"PATH" help:"Chromium program for browser cases. Default: the first of chromium-headless-shell, chromium and google-chrome that is installed."`
	Firefox       string            `name:"firefox" env:"SEMANTEST_FIREFOX" placeholder:"PATH" help:"Firefox program for browser cases in firefox. Default: firefox-esr or firefox, the first that is installed."`
	WebKit        string            `name:"webkit" env:"SEMANTEST_WEBKIT" placeholder:"PATH" help:"Driver for browser cases in webkit. Default: the WebKitWebDriver that is installed."`
	BrowserSlots  int               `name:"browser-slots" env:"SEMANTEST_BROWSER_SLOTS" placeholder:"N" help:"Browser cases at once. Default: 2 for each core, and fewer while there is no memory for as many, by what cases were measured to need."`
	APISlots      int               `name:"api-slots" env:"SEMANTEST_API_SLOTS" placeholder:"N" help:"API cases at once. Default: 16 for each core."`
	ContractSlots int               `name:"contract-slots" env:"SEMANTEST_CONTRACT_SLOTS" placeholder:"N" help:"Contract cases at once. Default: 2 for each core."`
	LLMSlots      int               `name:"llm-slots" env:"SEMANTEST_LLM_SLOTS" placeholder:"N" help:"LLM cases at once. Default: 4 for each core."`
	LoadSlots     int               `name:"load-slots" env:"SEMANTEST_LOAD_SLOTS" placeholder:"N" help:"Load cases at once. Default: 1, since several would disturb one another's measurements."`
	Kinds         []string          `name:"kinds" env:"SEMANTEST_KINDS" placeholder:"KIND,..." help:"Kinds of cases that this process performs: api, browser, load, contract, llm. Default: all."`
	Labels        map[string]string `name:"labels" env:"SEMANTEST_LABELS" mapsep:"," placeholder:"KEY=VALUE,..." help:"What people tell this worker apart by, such as region=eu,pool=large."`
	DrainTimeout  time.Duration     `name:"drain-timeout" env:"SEMANTEST_DRAIN_TIMEOUT" placeholder:"DURATION" default:"30s" help:"How long cases under way may take to end when the process is told to stop."`

	LoadMaxVUs      int           `name:"load-max-vus" env:"SEMANTEST_LOAD_MAX_VUS" placeholder:"N" default:"1000" help:"Most virtual users of a load case."`
	LoadMaxDuration time.Duration `name:"load-max-duration" env:"SEMANTEST_LOAD_MAX_DURATION" placeholder:"DURATION" default:"300s" help:"Longest load of a load case."`
	LoadMaxRamp     time.Duration `name:"load-max-ramp" env:"SEMANTEST_LOAD_MAX_RAMP" placeholder:"DURATION" default:"60s" help:"Longest stage of a load case that changes how much load there is."`
	LoadTeamWithin  time.Duration `name:"load-team-within" env:"SEMANTEST_LOAD_TEAM_WITHIN" placeholder:"DURATION" default:"60s" help:"How long the workers that share a load case may take to come together."`
	LoadHosts       []string      `name:"load-hosts" env:"SEMANTEST_LOAD_HOSTS" placeholder:"HOST,..." help:"Hosts on which load cases may put load, such as shop.example, shop.example:8443 or *.shop.example. With egress mode dev every host is one; otherwise none is that is not listed."`

	K6        string `name:"k6" env:"SEMANTEST_K6" placeholder:"PATH" help:"The k6 that performs k6 scripts of load cases. Default: the one in the PATH."`
	K6Allowed bool   `name:"k6-allowed" env:"SEMANTEST_K6_ALLOWED" help:"Perform k6 scripts. Their connections do not go through the egress policy, and they can read files of the worker. With egress mode dev they are performed anyway."`

	MaxFiles int `name:"max-files" env:"SEMANTEST_MAX_FILES" placeholder:"BYTES" default:"8388608" help:"Size of the files that come with a plan, all together. They travel within a request, whose limit is max-upload."`

	AuditDays int `name:"audit-days" env:"SEMANTEST_AUDIT_DAYS" placeholder:"N" default:"365" help:"Days for which the audit log keeps its entries; 0 keeps them for good."`

	BreakerFailures int           `name:"breaker-failures" env:"SEMANTEST_BREAKER_FAILURES" placeholder:"N" default:"5" help:"How many cases in a row may find their target unreachable before the other cases about it wait; 0 lets none wait. A run of the command line without a server never does."`
	BreakerOpen     time.Duration `name:"breaker-open" env:"SEMANTEST_BREAKER_OPEN" placeholder:"DURATION" default:"60s" help:"How long they wait before one of them tries again whether the target answers."`

	LogLevel  string `name:"log-level" env:"SEMANTEST_LOG_LEVEL" enum:"debug,info,warn,error" placeholder:"LEVEL" default:"info" help:"Least severe level of what is logged: debug, info, warn or error."`
	LogFormat string `name:"log-format" env:"SEMANTEST_LOG_FORMAT" enum:"text,json" placeholder:"FORMAT" default:"text" help:"Form of the log on standard error: text or json."`
}

// API configures the process that people and programs talk to: serve.
type API struct {
	Listen    string `name:"listen" env:"SEMANTEST_LISTEN" placeholder:"ADDRESS" default:"127.0.0.1:8080" help:"Address of the API and the web pages."`
	NoWorkers bool   `name:"no-workers" help:"Serve the API only; semantest work performs the cases elsewhere."`
}

// Client configures a command that talks to a server.
type Client struct {
	URL   string `name:"remote" env:"SEMANTEST_URL" placeholder:"URL" help:"Server to use, such as https://semantest.example. When absent, an embedded one is started for the command."`
	Token string `name:"token" env:"SEMANTEST_TOKEN" placeholder:"TOKEN" help:"API token for the server; semantest token create makes one."`
}

// Validate names the first setting that no process can work with. What only the
// database, Redis or the disk can tell is not its business.
func (s Server) Validate() error {
	for _, k := range s.Kinds {
		if !slices.Contains(spec.Kinds(), spec.Kind(k)) {
			return apperr.Invalid("kinds", "there is no kind of cases %q; use %s", k, kinds())
		}
	}
	if mode := egress.Mode(s.Egress); s.Egress != "" && mode != egress.Public && mode != egress.Dev {
		return apperr.Invalid("egress", "egress mode %q is not known; use public or dev", s.Egress)
	}
	if _, err := egress.ParseAllowed(s.EgressAllow); err != nil {
		return err
	}
	if u, err := url.Parse(s.PublicURL); s.PublicURL != "" &&
		(err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "") {
		return apperr.Invalid("publicUrl", "the public URL is a complete address, such as https://semantest.example")
	}
	if u, err := url.Parse(s.RiverUIURL); s.RiverUIURL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil) {
		return apperr.Invalid("riverUiUrl", "the address of the River UI is a complete one, without a password, such as https://queues.example")
	}
	switch {
	case s.BrowserSlots < 0:
		return apperr.Invalid("browserSlots", "the number of browser slots must not be negative")
	case s.ContractSlots < 0:
		return apperr.Invalid("contractSlots", "the number of contract slots must not be negative")
	case s.LLMSlots < 0:
		return apperr.Invalid("llmSlots", "the number of LLM slots must not be negative")
	case s.LoadSlots < 0:
		return apperr.Invalid("loadSlots", "the number of load slots must not be negative")
	case s.MaxFiles < 0:
		return apperr.Invalid("maxFiles", "the size of the files of a plan must not be negative")
	case s.LoadMaxVUs < 0:
		return apperr.Invalid("loadMaxVus", "the most virtual users of a load case must not be negative")
	case s.LoadTeamWithin < 0:
		return apperr.Invalid("loadTeamWithin", "how long workers may take to come together must not be negative")
	case s.LoadMaxRamp < 0:
		return apperr.Invalid("loadMaxRamp", "the longest ramp of a load must not be negative")
	case s.LoadMaxDuration < 0:
		return apperr.Invalid("loadMaxDuration", "the longest duration of a load must not be negative")
	case s.APISlots < 0:
		return apperr.Invalid("apiSlots", "the number of API slots must not be negative")
	case len(s.Labels) > 20:
		return apperr.Invalid("labels", "a worker has at most 20 labels")
	case s.AuditDays < 0:
		return apperr.Invalid("auditDays", "the days for which the audit log is kept must not be negative")
	case s.BreakerFailures < 0:
		return apperr.Invalid("breakerFailures", "the number of failures that open a circuit breaker must not be negative")
	case s.BreakerOpen < 0:
		return apperr.Invalid("breakerOpen", "the time for which a circuit breaker is open must not be negative")
	case s.DrainTimeout < 0:
		return apperr.Invalid("drainTimeout", "the drain timeout must not be negative")
	}
	return nil
}

func kinds() string {
	names := make([]string, len(spec.Kinds()))
	for i, k := range spec.Kinds() {
		names[i] = string(k)
	}
	return strings.Join(names, " or ")
}

// Folder returns the data folder: the configured one, or the default.
func (s Server) Folder() string {
	if s.DataDir != "" {
		return s.DataDir
	}
	return DefaultDataDir()
}

// DefaultDataDir is where data lies when nothing is configured. An embedded
// Postgres that root starts runs as another user, who cannot reach /root.
func DefaultDataDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/semantest"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "semantest")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "semantest")
	}
	return filepath.Join(home, ".local", "share", "semantest")
}

// Slots returns how many cases of each kind the process performs at once. Kinds
// that it does not perform are absent.
func (s Server) Slots() map[spec.Kind]int {
	browser, api := s.BrowserSlots, s.APISlots
	if browser == 0 {
		browser = 2 * runtime.NumCPU()
	}
	if api == 0 {
		api = 16 * runtime.NumCPU()
	}
	all := map[spec.Kind]int{spec.KindBrowser: browser, spec.KindAPI: api, spec.KindLoad: cmp.Or(s.LoadSlots, 1),
		spec.KindContract: cmp.Or(s.ContractSlots, 2*runtime.NumCPU()), spec.KindLLM: cmp.Or(s.LLMSlots, 4*runtime.NumCPU())}
	if len(s.Kinds) == 0 {
		return all
	}
	out := map[spec.Kind]int{}
	for _, k := range s.Kinds {
		out[spec.Kind(k)] = all[spec.Kind(k)]
	}
	return out
}

// Fitting lists the kinds whose slots follow the memory that is left: those of
// which nobody has said how many there are.
func (s Server) Fitting() []spec.Kind {
	if s.BrowserSlots > 0 {
		return nil
	}
	return []spec.Kind{spec.KindBrowser}
}

// EgressMode returns the configured mode, or fallback.
func (s Server) EgressMode(fallback egress.Mode) egress.Mode {
	if s.Egress == "" {
		return fallback
	}
	return egress.Mode(s.Egress)
}
