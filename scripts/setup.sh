#!/usr/bin/env bash
# Looks whether this machine has what a make target needs, and installs what is
# missing on Debian and its kin. Quiet when there is nothing to do.
#
#   scripts/setup.sh demo        PostgreSQL, a headless Chromium, a font
#   scripts/setup.sh test        the same, redis-server, Firefox, WebKit and Xvfb
#   scripts/setup.sh race        a C compiler, for Go's race detector
#   scripts/setup.sh dashboard   Node and npm
#
# Go is always looked for. Exit status: 0 all there, 1 something is missing,
# 2 bad usage.
set -euo pipefail
shopt -s nullglob

readonly go_needed=1.26
readonly policy=/usr/sbin/policy-rc.d
readonly cluster_conf=/etc/postgresql-common/createcluster.conf

packages=()  # what apt-get can install
reasons=()   # the same, for people
unfixable=() # what only a person can install
made=()      # files to remove at the end

main() {
  (($# > 0)) || usage
  local group
  for group in "$@"; do
    case $group in
      demo | test | race | dashboard) ;;
      *) usage ;;
    esac
  done
  cd "$(dirname "${BASH_SOURCE[0]}")/.."

  need_go
  for group in "$@"; do
    case $group in
      demo)
        need_postgres
        need_browser
        ;;
      test)
        need_postgres
        need_browser
        need_other_browsers
        need_redis
        ;;
      race) need_compiler ;;
      dashboard) need_node ;;
    esac
  done

  if ((${#packages[@]} > 0)); then
    install_packages
  fi
  if ((${#unfixable[@]} > 0)); then
    printf '%s\n' "${unfixable[@]}" >&2
    exit 1
  fi
}

usage() {
  echo "usage: scripts/setup.sh demo|test|race|dashboard ..." >&2
  exit 2
}

need_go() {
  local hint="install it from https://go.dev/dl/ and put its bin folder on your PATH" answer version
  if ! command -v go >/dev/null; then
    unfixable+=("missing: Go $go_needed or later; $hint")
    return
  fi
  # A Go from 1.21 on may fetch the version that go.mod names: its answer counts.
  if ! answer=$(go version 2>&1); then
    unfixable+=("missing: Go $go_needed or later ($(tail -n 1 <<<"$answer")); $hint")
    return
  fi
  version=${answer#go version go}
  version=${version%% *}
  at_least "$version" || unfixable+=("missing: Go $go_needed or later, this one is $version; $hint")
}

at_least() {
  local major minor rest
  IFS=. read -r major minor rest <<<"$1"
  minor=${minor%%[!0-9]*}
  [[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || return 0 # a development version
  ((major > ${go_needed%.*} || (major == ${go_needed%.*} && minor >= ${go_needed#*.})))
}

need_postgres() {
  local found=(/usr/lib/postgresql/*/bin/initdb)
  if ((${#found[@]} == 0)) && ! command -v initdb >/dev/null; then
    missing postgresql "the PostgreSQL server programs"
  fi
}

need_browser() {
  if ! has_browser; then
    missing chromium-headless-shell "a headless Chromium"
  fi
  # Without any font the browser draws boxes in place of letters.
  local dirs=(/usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}"/{.fonts,.local/share/fonts})
  if [[ -z $(find -L "${dirs[@]}" \( -name '*.ttf' -o -name '*.otf' -o -name '*.ttc' \) -print -quit 2>/dev/null) ]]; then
    missing fonts-liberation "a font for the browser"
  fi
}

# Tests of an engine that is not there are skipped by name.
need_other_browsers() {
  command -v firefox-esr >/dev/null || command -v firefox >/dev/null || missing firefox-esr "Firefox"
  command -v WebKitWebDriver >/dev/null || missing webkit2gtk-driver "WebKit's driver"
  command -v Xvfb >/dev/null || missing xvfb "a display for WebKit"
}

has_browser() {
  local name
  for name in ${SEMANTEST_BROWSER:+"$SEMANTEST_BROWSER"} /usr/lib/chromium/chromium-headless-shell \
    chromium-headless-shell chrome-headless-shell headless-shell chromium chromium-browser \
    google-chrome google-chrome-stable chrome microsoft-edge; do
    command -v "$name" >/dev/null && return 0
  done
  return 1
}

need_redis() {
  command -v redis-server >/dev/null || missing redis-server "redis-server"
}

need_compiler() {
  command -v "${CC:-gcc}" >/dev/null || missing gcc "a C compiler"
  [[ -e /usr/include/stdlib.h ]] || missing libc6-dev "the headers of the C library"
}

need_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    unfixable+=("missing: Node and npm, which build the dashboard; install Node 20 or later from https://nodejs.org/ or with your package manager")
  fi
}

missing() {
  local known
  for known in "${packages[@]}"; do
    [[ $known == "$1" ]] && return
  done
  packages+=("$1")
  reasons+=("$2")
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    local i
    for i in "${!packages[@]}"; do
      unfixable+=("missing: ${reasons[i]}; install what your system calls ${packages[i]}")
    done
    return
  fi
  if ! may_install; then
    local i
    for i in "${!packages[@]}"; do
      unfixable+=("missing: ${reasons[i]}; type: sudo apt-get install --no-install-recommends ${packages[i]}")
    done
    return
  fi
  local list
  printf -v list '%s, ' "${packages[@]}"
  echo "installing ${list%, } (once)" >&2
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  hold_services
  local log
  log=$(mktemp)
  made+=("$log")
  if ! apt_install >"$log" 2>&1 && ! { sleep 3 && apt_install >"$log" 2>&1; }; then
    grep -E '^(E|W|Err):?' "$log" >&2 || tail -n 5 "$log" >&2
    unfixable+=("missing: apt-get could not install ${list%, }; its answer stands above")
    return
  fi
  disable_services >/dev/null 2>&1 || true
}

may_install() {
  ((EUID == 0)) || sudo -n true 2>/dev/null
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  as_root "${apt[@]}" update &&
    as_root "${apt[@]}" install -y --no-install-recommends "${packages[@]}"
}

# The programs are wanted, not the services: Debian would start them and make a
# cluster that listens on 5432.
hold_services() {
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    made+=("$policy")
    as_root chmod 755 "$policy"
  fi
  if [[ " ${packages[*]} " == *" postgresql "* && ! -e $cluster_conf ]]; then
    as_root mkdir -p "${cluster_conf%/*}"
    echo 'create_main_cluster = false' | as_root tee "$cluster_conf" >/dev/null
  fi
}

disable_services() {
  [[ -d /run/systemd/system ]] || return 0
  local package
  for package in "${packages[@]}"; do
    case $package in
      postgresql | redis-server) as_root systemctl disable "$package" ;;
    esac
  done
}

clean_up() {
  local file
  for file in "${made[@]}"; do
    as_root rm -f "$file"
  done
}

main "$@"
