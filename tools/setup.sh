# Packages and tools; to be sourced. Everything comes from the machine's own
# package sources.

# What the program needs: compiler, build tools, libraries.
build_packages=(
  g++ cmake ninja-build ccache git ca-certificates
  libcaf-dev libcurl4-openssl-dev libsimdjson-dev libyaml-cpp-dev
  libboost-dev libboost-test-dev libssl-dev libcli11-dev libspdlog-dev
  libfmt-dev prometheus-cpp-dev librapidcheck-dev nlohmann-json3-dev
  openssl curl nghttp2-server
)
lint_packages=(clang-19 clang-tidy-19 clang-format-19)
# The compiler that has libFuzzer.
fuzz_packages=(clang-19 libclang-rt-19-dev)
# For the sources of CAF and of Kubernetes, which the tests build.
source_packages=(dpkg-dev)
# For the cloud's official SDK, unless there are `node` and `npm` already.
sdk_packages=(nodejs npm)
# What Helm renders charts with: templates, YAML, schemas.
chart_packages=(
  golang-go golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev
  golang-github-xeipuuv-gojsonschema-dev
)

lists_are_fresh=false

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    die "packages are missing; run as root, or install them: $*"
  fi
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null) \
    == installed ]]
}

# Reads the package lists anew, once.
refresh_lists() {
  if ! $lists_are_fresh; then
    as_root apt-get update -qq >&2
    lists_are_fresh=true
  fi
}

install_packages() {
  local missing=() name
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  ((${#missing[@]} > 0)) || return 0
  say "installing ${missing[*]}"
  refresh_lists
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 \
    || die "the packages cannot be installed"
}

# Debian's kubectl for the tests, unpacked in the cache: its package clashes
# with the ones that others make, so it is never installed.
fetch_kubectl() {
  local into=$cache/kubectl-debian
  [[ ! -x $into/usr/bin/kubectl ]] || return 0
  say "fetching kubectl"
  local work
  work=$(mktemp -d "$cache/kubectl.XXXXXX")
  (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root kubernetes-client >&2) || {
    refresh_lists
    (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root kubernetes-client >&2) \
      || die "kubernetes-client cannot be downloaded"
  }
  dpkg -x "$work"/kubernetes-client_*.deb "$work/root"
  rm -rf "$into"
  mv "$work/root" "$into"
  rm -rf "$work"
}

# Prints the kubectl binaries for the tests: Debian's, then the one on the PATH
# if it is another.
kubectl_binaries() {
  local ours=$cache/kubectl-debian/usr/bin/kubectl other
  echo "$ours"
  other=$(command -v kubectl || true)
  if [[ -n $other ]] && ! cmp -s "$other" "$ours"; then
    echo "$other"
  fi
}
