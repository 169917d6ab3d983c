# Alibaba Cloud's official SDK for Node.js, for the tests of the emulated
# cloud; to be sourced. It comes from npm's registry, whichever npm is
# configured with.

# Installs Node.js and npm, unless there are any.
install_node() {
  command -v node > /dev/null && command -v npm > /dev/null \
    || install_packages "${sdk_packages[@]}"
}

# Sets `sdk_modules` to the folder of the SDK's modules, fetched if need be and
# keyed by the lock file. No package's own scripts run.
find_sdk() {
  local key work
  key=$(cat test/sdk/package.json test/sdk/package-lock.json | sha256sum)
  sdk_modules=$cache/sdk-${key:0:16}/node_modules
  install_node
  [[ ! -d $sdk_modules ]] || return 0
  say "fetching the cloud's SDK"
  work=$(mktemp -d "$cache/sdk.XXXXXX")
  cp test/sdk/package.json test/sdk/package-lock.json "$work"
  run npm ci --prefix "$work" --cache "$work/npm" --ignore-scripts --no-audit \
    --no-fund --no-update-notifier > "$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2
    die "the SDK cannot be fetched"
  }
  rm -rf "$work/npm"
  mv -T "$work" "${sdk_modules%/node_modules}"
}
