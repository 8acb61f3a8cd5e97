# shellcheck shell=bash
# Installs by package name, only what is missing. Each helper returns non-zero if it cannot.

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

APT_UPDATED=""

# need_apt COMMAND PACKAGE: the command is there, or its Debian package is installed.
need_apt() {
  command -v "$1" >/dev/null && return 0
  command -v apt-get >/dev/null || return 1
  if [[ -z $APT_UPDATED ]]; then
    as_root apt-get update -qq || return 1
    APT_UPDATED=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null || return 1
  command -v "$1" >/dev/null
}

# python_env NAME REQUIREMENTS: prints the Python of an environment that has exactly those packages.
# It is made anew when the list changes.
python_env() {
  local dir=$CORTEN_CACHE/python-$1 wanted
  wanted=$(sha256sum <"$2")
  if [[ ! -x $dir/bin/python || $(cat "$dir/requirements.sha256" 2>/dev/null) != "$wanted" ]]; then
    rm -rf "$dir"
    python3 -m venv "$dir" >&2 || return 1
    "$dir/bin/python" -m pip install --quiet --prefer-binary --requirement "$2" >&2 || return 1
    printf '%s\n' "$wanted" >"$dir/requirements.sha256"
  fi
  printf '%s\n' "$dir/bin/python"
}

# go_build MODULE_DIR PACKAGE NAME: builds a command of a pinned Go module into the tools folder.
go_build() {
  command -v go >/dev/null || need_apt go golang-go || return 1
  (cd "$1" && GOFLAGS=-mod=readonly go build -o "$TOOLS/$3" "$2")
}
