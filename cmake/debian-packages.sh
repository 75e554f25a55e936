# Sourced by the scripts. install_missing PACKAGE... installs those Debian packages that are not there yet. When all
# are there, it touches neither apt nor the network.

install_missing() {
  if ! command -v dpkg-query >/dev/null; then
    echo "Not Debian: please install the equivalents of: $*"
    return 0
  fi
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0

  as_root=
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages:$missing. Run this as root, or install sudo." >&2
      return 1
    fi
    as_root=sudo
  fi
  echo "Installing missing packages:$missing"
  apt_log=$(mktemp)
  # One of several package sources may be out of reach, so a failed update is no failure: the install decides.
  $as_root env LC_ALL=C apt-get -q update >"$apt_log" 2>&1 </dev/null || true
  # --no-remove: what is installed already is not traded for what is missing.
  # shellcheck disable=SC2086 # a list of names
  if $as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends --no-remove \
    $missing >>"$apt_log" 2>&1 </dev/null; then
    rm -f "$apt_log"
  else
    tail -n 20 "$apt_log" >&2
    echo "Could not install:$missing (apt's full output: $apt_log)" >&2
    return 1
  fi
}

# clang with its sanitizers, which are a package of each version's own.
install_clang() {
  install_missing clang
  install_missing "libclang-rt-$(clang++ -dumpversion | cut -d. -f1)-dev"
}
