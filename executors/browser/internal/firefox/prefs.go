package firefox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// prefs make the browser talk to nobody but the target, show the same picture
// everywhere, and ask no questions.
var prefs = map[string]any{
	"app.normandy.enabled":                                             false,
	"app.update.disabledForTesting":                                    true,
	"browser.aboutwelcome.enabled":                                     false,
	"browser.backup.enabled":                                           false,
	"browser.contentblocking.introCount":                               99,
	"browser.discovery.enabled":                                        false,
	"browser.download.useDownloadDir":                                  true,
	"browser.newtabpage.enabled":                                       false,
	"browser.ping-centre.telemetry":                                    false,
	"browser.region.network.url":                                       "",
	"browser.safebrowsing.blockedURIs.enabled":                         false,
	"browser.safebrowsing.downloads.enabled":                           false,
	"browser.safebrowsing.malware.enabled":                             false,
	"browser.safebrowsing.phishing.enabled":                            false,
	"browser.safebrowsing.provider.mozilla.updateURL":                  "",
	"browser.search.update":                                            false,
	"browser.sessionstore.resume_from_crash":                           false,
	"browser.shell.checkDefaultBrowser":                                false,
	"browser.startup.homepage":                                         "about:blank",
	"browser.startup.homepage_override.mstone":                         "ignore",
	"browser.startup.page":                                             0,
	"browser.tabs.unloadOnLowMemory":                                   false,
	"browser.topsites.contile.enabled":                                 false,
	"browser.translations.enable":                                      false,
	"browser.uitour.enabled":                                           false,
	"browser.warnOnQuit":                                               false,
	"browser.link.open_newwindow":                                      2, // a tab behind another one is not drawn
	"browser.link.open_newwindow.restriction":                          0,
	"fission.webContentIsolationStrategy":                              0, // input does not reach frames in processes of their own
	"captivedetect.canonicalURL":                                       "",
	"datareporting.healthreport.uploadEnabled":                         false,
	"datareporting.policy.dataSubmissionEnabled":                       false,
	"dom.disable_open_during_load":                                     false, // pages open windows as the other engines let them
	"dom.file.createInChild":                                           true,
	"dom.ipc.reportProcessHangs":                                       false,
	"dom.max_script_run_time":                                          0,
	"dom.push.connection.enabled":                                      false,
	"dom.push.serverURL":                                               "",
	"extensions.autoDisableScopes":                                     0,
	"extensions.getAddons.cache.enabled":                               false,
	"extensions.systemAddon.update.enabled":                            false,
	"extensions.update.enabled":                                        false,
	"extensions.webservice.discoverURL":                                "",
	"geo.provider.network.url":                                         "",
	"geo.wifi.scan":                                                    false,
	"gfx.color_management.mode":                                        0,
	"layout.css.devPixelsPerPx":                                        "1.0",
	"media.gmp-manager.updateEnabled":                                  false,
	"media.gmp-manager.url":                                            "",
	"media.peerconnection.ice.proxy_only":                              true, // WebRTC goes round a proxy otherwise
	"media.peerconnection.ice.default_address_only":                    true,
	"network.captive-portal-service.enabled":                           false,
	"network.connectivity-service.enabled":                             false,
	"network.dns.disablePrefetch":                                      true,
	"network.dns.disablePrefetchFromHTTPS":                             true,
	"network.early-hints.preconnect.enabled":                           false,
	"network.http.http3.enable":                                        false,
	"network.http.speculative-parallel-limit":                          0,
	"network.predictor.enabled":                                        false,
	"network.prefetch-next":                                            false,
	"network.protocol-handler.external-default":                        false,
	"network.protocol-handler.warn-external-default":                   false,
	"network.trr.mode":                                                 5,
	"privacy.trackingprotection.enabled":                               false,
	"privacy.trackingprotection.pbmode.enabled":                        false,
	"print.enabled":                                                    false, // its dialog would wait for ever
	"ui.useOverlayScrollbars":                                          1,
	"prompts.tab_modal.enabled":                                        true,
	"security.certerrors.mitm.priming.enabled":                         false,
	"services.settings.server":                                         "data:,#remote-settings-dummy/v1",
	"signon.autofillForms":                                             false,
	"signon.rememberSignons":                                           false,
	"toolkit.cosmeticAnimations.enabled":                               false,
	"toolkit.startup.max_resumed_crashes":                              -1,
	"toolkit.telemetry.enabled":                                        false,
	"toolkit.telemetry.reportingpolicy.firstRun":                       false,
	"toolkit.telemetry.server":                                         "",
	"ui.systemUsesDarkTheme":                                           0,
	"widget.gtk.overlay-scrollbars.enabled":                            true,
	"xpinstall.signatures.required":                                    false,
	"remote.prefs.recommended":                                         true,
	"network.proxy.allow_hijacking_localhost":                          true, // the proxy gets what goes to this machine, too
	"network.proxy.failover_direct":                                    false,
	"network.proxy.allow_bypass":                                       false,
	"network.auth.subresource-http-auth-allow":                         2,
	"network.auth.non-web-content-triggered-resources-http-auth-allow": true,
}

// writePrefs makes the profile. What belongs to no case goes to the proxy as
// well, which lets nobody out without a case's credentials.
func writePrefs(folder, proxy string) error {
	all := make(map[string]any, len(prefs)+8)
	for name, v := range prefs {
		all[name] = v
	}
	if proxy != "" {
		u, err := url.Parse(proxy)
		if err != nil {
			return fmt.Errorf("reading the proxy's address: %w", err)
		}
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return fmt.Errorf("reading the proxy's port: %w", err)
		}
		all["network.proxy.type"] = 1
		all["network.proxy.http"], all["network.proxy.http_port"] = u.Hostname(), port
		all["network.proxy.ssl"], all["network.proxy.ssl_port"] = u.Hostname(), port
		all["network.proxy.no_proxies_on"] = ""
	}
	lines := make([]string, 0, len(all))
	for name, v := range all {
		value, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encoding the setting %s: %w", name, err)
		}
		lines = append(lines, fmt.Sprintf("user_pref(%q, %s);\n", name, value))
	}
	slices.Sort(lines)
	return os.WriteFile(filepath.Join(folder, "user.js"), []byte(strings.Join(lines, "")), 0o600)
}
