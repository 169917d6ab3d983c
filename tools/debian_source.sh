# Sources of Debian's packages, without root and without a change to the
# machine; to be sourced.

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

# fetch_source FOLDER PACKAGE=VERSION: downloads the original tarball.
fetch_source() {
  local work=$1
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  write_source_entries "$work/sources.d"
  private_apt "$work" update || true
  (cd "$work" \
    && private_apt "$work" source --download-only --tar-only "$2") \
    || die "the source of $2 cannot be downloaded"
}
