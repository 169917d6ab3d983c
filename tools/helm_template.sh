# A renderer of Helm charts for the tests; to be sourced. Debian has no Helm, but
# the libraries that Helm renders with.

# Sets `helm_template` to the program, built if need be and keyed by its source.
find_helm_template() {
  local source=tools/helm_template key
  key=$(sha256sum < "$source/main.go")
  helm_template=$cache/helm_template-${key:0:16}
  [[ ! -x $helm_template ]] || return 0
  install_packages "${chart_packages[@]}"
  say "building the renderer of charts"
  (cd "$source" && GO111MODULE=off GOPATH=/usr/share/gocode \
    GOCACHE=$cache/go go build -o "$helm_template.new" .) \
    || die "the renderer of charts cannot be built"
  rm -rf "$cache/go"
  mv "$helm_template.new" "$helm_template"
}
