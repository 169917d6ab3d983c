# A CAF built for ThreadSanitizer; to be sourced. Against Debian's library TSan
# reports what it cannot see into, so only with this one can it be strict.

# apt-get with the machine's own Debian entries as sources, and with lists and
# caches of its own below $1.
private_apt() {
  local at=$1
  shift
  apt-get -qq -o APT::Sandbox::User=root -o "Dir::Etc::sourcelist=/dev/null" \
    -o "Dir::Etc::sourceparts=$at/sources.d" \
    -o "Dir::State::lists=$at/lists" -o "Dir::Cache=$at/cache" "$@" >&2
}

# Writes the deb-src twins of the files that Debian's packages come from; with
# their options, such as the key that signs them.
write_source_entries() {
  local into=$1 file
  mkdir -p "$into"
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN) $(SOURCESENTRY)' \
    'Created-By: Packages' \
    | sed -n 's/^Debian \(.*\):[0-9]*$/\1/p' | sort -u \
    | while IFS= read -r file; do
      case $file in
        *.sources)
          sed 's/^Types:.*/Types: deb-src/' "$file" \
            > "$into/$(basename "$file")"
          ;;
        *)
          sed -n 's/^[[:space:]]*deb\([[:space:]]\)/deb-src\1/p' "$file" \
            > "$into/$(basename "$file" .list).list"
          ;;
      esac
    done
}

fetch_caf_source() {
  local work=$1 version=$2
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  write_source_entries "$work/sources.d"
  private_apt "$work" update || true
  (cd "$work" \
    && private_apt "$work" source --download-only --tar-only \
      "actor-framework=$version") \
    || die "the source of actor-framework $version cannot be downloaded"
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
