# A real kube-apiserver, kube-controller-manager and etcd for the tests; to be
# sourced. Debian has their source, but no package of the first two.

. tools/debian_source.sh

kube_version=1.20.5+really1.20.2-1.1+deb12u1
# What the servers call themselves.
kube_release=v1.20.2

# fetch_kube_tools FOLDER: Go and etcd, unpacked and not installed (etcd's
# package would start a service).
fetch_kube_tools() {
  local work=$1
  mkdir -p "$work/debs" "$work/tools"
  (cd "$work/debs" \
    && apt-get download -qq -o APT::Sandbox::User=root golang-1.19-go \
      golang-1.19-src golang-github-modern-go-reflect2-dev etcd-server >&2) \
    || {
      refresh_lists
      (cd "$work/debs" \
        && apt-get download -qq -o APT::Sandbox::User=root golang-1.19-go \
          golang-1.19-src golang-github-modern-go-reflect2-dev \
          etcd-server >&2) || die "Go and etcd cannot be downloaded"
    }
  local deb
  for deb in "$work"/debs/*.deb; do
    dpkg -x "$deb" "$work/tools"
  done
  # Its package links to the sources by absolute paths.
  local go=$work/tools/usr/lib/go-1.19 name
  for name in api misc src test; do
    rm -rf "${go:?}/$name"
    ln -s "../../share/go-1.19/$name" "$go/$name"
  done
}

# Packages with the mark that openapi-gen looks for.
kube_openapi_inputs() {
  grep -rl --include='*.go' '+k8s:openapi-gen=' cmd pkg plugin staging/src/k8s.io \
    | grep -Ev '/code-generator/|/sample-apiserver/|_test\.go$|/testdata/' \
    | xargs -n1 dirname | sort -u \
    | sed 's|^staging/src/|k8s.io/kubernetes/vendor/|; t; s|^|k8s.io/kubernetes/|' \
    | paste -sd,
}

# Prepares the tree that the tarball holds: a newer reflect2 (the vendored one
# crashes the server when built with this Go), and the one file that is
# generated.
prepare_kube_tree() {
  local work=$1 tree=$2 from
  from=$work/tools/usr/share/gocode/src/github.com/modern-go/reflect2
  rm -f "$tree"/vendor/github.com/modern-go/reflect2/*.{go,s}
  cp "$from"/*.go "$from"/*.s "$tree/vendor/github.com/modern-go/reflect2/"
  rm -f "$tree"/vendor/github.com/modern-go/reflect2/*_test.go
  cd "$tree" || return 1
  go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen \
    || return 1
  "$work/openapi-gen" -i "$(kube_openapi_inputs)" \
    -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt \
    -r "$work/openapi-violations"
}

# build_kube FOLDER: in a subshell, with an environment of its own.
build_kube() (
  work=$1
  export GOPATH=$work/gopath GOCACHE=$work/gocache GOROOT=$work/tools/usr/lib/go-1.19
  export PATH=$GOROOT/bin:$PATH GO111MODULE=off GOFLAGS='' GOPROXY=off
  export GOTOOLCHAIN=local CGO_ENABLED=0
  tree=$GOPATH/src/k8s.io/kubernetes
  mkdir -p "$tree"
  tar -xf "$work"/kubernetes_*.orig.tar.* -C "$tree" --strip-components=1
  prepare_kube_tree "$work" "$tree" || exit 1
  cd "$tree" || exit 1
  flags=-s\ -w
  for package in vendor/k8s.io/component-base/version \
    vendor/k8s.io/client-go/pkg/version; do
    flags+=" -X k8s.io/kubernetes/$package.gitVersion=$kube_release"
    flags+=" -X k8s.io/kubernetes/$package.gitMajor=1"
    flags+=" -X k8s.io/kubernetes/$package.gitMinor=20"
  done
  for server in kube-apiserver kube-controller-manager; do
    go build -trimpath -tags providerless -ldflags "$flags" \
      -o "$work/bin/$server" "./cmd/$server" || exit 1
  done
)

# Sets `kube_servers` to the folder of the three binaries: KUBEBUILDER_ASSETS
# where a user has them, else built here if need be (about four minutes), keyed
# by the version of Debian's source.
find_kube_servers() {
  local work
  kube_servers=${KUBEBUILDER_ASSETS:-$cache/kube-$kube_version}
  [[ ! -x $kube_servers/kube-apiserver ]] || return 0
  [[ -z ${KUBEBUILDER_ASSETS:-} ]] \
    || die "KUBEBUILDER_ASSETS has no kube-apiserver"
  say "building kube-apiserver $kube_release"
  work=$(mktemp -d "$cache/kube.XXXXXX")
  fetch_source "$work" "kubernetes=$kube_version"
  fetch_kube_tools "$work"
  run build_kube "$work" > "$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    die "Kubernetes cannot be built"
  }
  mkdir -p "$work/bin"
  cp "$work/tools/usr/bin/etcd" "$work/bin/"
  mv "$work/bin" "$kube_servers"
  chmod -R u+w "$work"
  rm -rf "$work"
}
