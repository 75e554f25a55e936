#!/bin/sh
# Runs a command of this project in a small Debian system of its own (a chroot), as root or as a user with sudo.
#   tests/on_debian.sh [--user] RELEASE COMMAND...      for example: tests/on_debian.sh sid sh tests/run.sh
# RELEASE is any that debootstrap knows: bookworm, trixie, sid. Needs root and the right to mount. The command sees the
# sources, read-only, and a build folder of its own. System and build stay in build/debian-RELEASE for the next run;
# delete that folder to start afresh.
set -eu

if [ "$(id -u)" != 0 ]; then
  echo "$0: run this as root; it mounts file systems and calls chroot." >&2
  exit 1
fi
# In a mount namespace of its own, so that no mount outlives the run, however it ends.
[ "${IN_OWN_MOUNTS:-}" = $$ ] || IN_OWN_MOUNTS=$$ exec unshare --mount --propagation private sh "$0" "$@"
unset IN_OWN_MOUNTS
cd "$(dirname "$0")/.."

user=root
if [ "${1:-}" = --user ]; then
  user=tester
  shift
fi
if [ $# -lt 2 ]; then
  sed -n 's/^#   /usage: /p' "$0" >&2
  exit 2
fi
release=$1
shift
root=$PWD/build/debian-$release

# --- The system -------------------------------------------------------------------------------------------------------

# The host's mirror and what its apt is told about networks.
package_configuration() {
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1)
  mirror=${mirror:-http://deb.debian.org/debian}
  settings=$(apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|ForceIPv.|Check-|Proxy)' || true)
}

make_system() {
  . cmake/debian-packages.sh
  install_missing debootstrap
  echo "Making a Debian $release in $root"
  unfinished=$root.unfinished
  rm -rf "$unfinished"
  mkdir -p "$unfinished"
  package_configuration
  if ! debootstrap --variant=minbase --include=sudo "$release" "$unfinished" "$mirror" >"$root.log" 2>&1; then
    tail -n 20 "$root.log" >&2
    echo "debootstrap failed; its full output: $root.log" >&2
    exit 1
  fi
  printf '%s\n' "$settings" >"$unfinished/etc/apt/apt.conf.d/50host"
  # Packages start no services.
  printf '#!/bin/sh\nexit 101\n' >"$unfinished/usr/sbin/policy-rc.d"
  chmod 755 "$unfinished/usr/sbin/policy-rc.d"
  chroot "$unfinished" useradd --create-home tester
  echo 'tester ALL=(ALL) NOPASSWD: ALL' >"$unfinished/etc/sudoers.d/tester"
  mv "$unfinished" "$root"
}

[ -d "$root" ] || make_system

# --- The run ----------------------------------------------------------------------------------------------------------

for file in /etc/resolv.conf /etc/hosts; do
  [ ! -e "$file" ] || cat "$file" >"$root$file"
done
mount --bind "$root" "$root" # a mount point, so that tests can unshare mounts of their own
for directory in /proc /sys /dev; do
  mount --rbind "$directory" "$root$directory"
done

home=$(chroot "$root" sh -c 'eval echo ~$0' "$user")
chroot "$root" install -d -o "$user" "$home/build" /project
mount --bind "$PWD" "$root/project"
mount -o remount,bind,ro "$root/project"
mount --bind "$root$home/build" "$root/project/build"

exec chroot "$root" setpriv --reuid "$user" --regid "$user" --init-groups \
  env -i HOME="$home" LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
  sh -c 'cd /project && exec "$@"' sh "$@"
