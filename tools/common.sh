# Shared by ./dev and its parts; to be sourced.

cache=${NATGW_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/natgw-controller}
mkdir -p "$cache"
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
# Objects are found again from another checkout.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros
# Does not preprocess a source before it compiles it.
export CCACHE_DEPEND=1
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
cores=$(nproc)

say() {
  printf '== %s\n' "$*" >&2
}

die() {
  printf './dev: %s\n' "$*" >&2
  exit 1
}

# The commands that run now, ended with us by their ids.
children=()

# Waits for a child and forgets it: its status.
reap() {
  local child status=0
  wait "$1" || status=$?
  for child in "${!children[@]}"; do
    [[ ${children[$child]} != "$1" ]] || unset "children[$child]"
  done
  return "$status"
}

# Runs a command so that a signal to us ends it too.
run() {
  "$@" &
  children+=($!)
  reap $!
}

end_children() {
  local pid
  for pid in "${children[@]}"; do
    kill "$pid" 2> /dev/null || true
  done
  for pid in "${children[@]}"; do
    wait "$pid" || true
  done
  exit "$1"
}
trap 'end_children 130' INT
trap 'end_children 143' TERM
trap 'end_children $?' EXIT

# build PRESET TARGET [CMAKE OPTION...]: configures and builds.
build() {
  local preset=$1 target=$2
  shift 2
  say "building $target ($preset)"
  cmake --preset "$preset" "$@" > "$cache/configure.log" 2>&1 \
    || { cat "$cache/configure.log" >&2; die "cannot configure $preset"; }
  # Tests may run beside it, and wait for deadlines.
  run nice cmake --build "build/$preset" --parallel "$cores" --target "$target" >&2
}
