# A CAF built for ThreadSanitizer; to be sourced. Against Debian's library TSan
# reports what it cannot see into, so only with this one can it be strict.

. tools/debian_source.sh

fetch_caf_source() {
  local work=$1 version=$2
  fetch_source "$work" "actor-framework=$version"
  mkdir "$work/source"
  tar -xf "$work"/actor-framework_*.orig.tar.* -C "$work/source" \
    --strip-components=1
}

build_caf() {
  local work=$1
  cmake -S "$work/source" -B "$work/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_CXX_FLAGS="-fsanitize=thread -w" -DCAF_NO_AUTO_LIBCPP=yes \
    -DCAF_NO_UNIT_TESTS=yes -DCAF_NO_EXAMPLES=yes -DCAF_NO_TOOLS=yes \
    -DCAF_NO_IO=yes -DCAF_NO_OPENSSL=yes > "$work/log" 2>&1 || return 1
  run cmake --build "$work/build" --parallel "$cores" \
    --target libcaf_core_shared >> "$work/log" 2>&1
}

# Sets `caf_tsan` to the folder of the instrumented library; builds it if need
# be (about two minutes), keyed by the versions of CAF and of the compiler.
find_caf_tsan() {
  local version work
  version=$(dpkg-query -W -f '${source:Version}' libcaf-dev)
  caf_tsan=$cache/caf-tsan-$version-g++$(g++ -dumpfullversion)
  [[ ! -e $caf_tsan/libcaf_core.so ]] || return 0
  say "building CAF $version for ThreadSanitizer"
  work=$(mktemp -d "$cache/caf.XXXXXX")
  fetch_caf_source "$work" "$version"
  build_caf "$work" || {
    tail -n 30 "$work/log" >&2
    die "CAF cannot be built"
  }
  rm -rf "$caf_tsan.new"
  mkdir "$caf_tsan.new"
  find "$work/build" -name 'libcaf_core.so*' \
    -exec cp -a {} "$caf_tsan.new" \;
  rm -rf "$caf_tsan" "$work"
  mv "$caf_tsan.new" "$caf_tsan"
}
