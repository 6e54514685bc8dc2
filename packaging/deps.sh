#!/bin/sh
# Installs the Debian 12 packages that tandem needs, and nothing when they are all there.
# Usage: packaging/deps.sh [GROUP...]   groups: build lab report test dev   default: all of them
set -eu

build='g++ make pkg-config libconfig-dev libnl-3-dev libnl-route-3-dev libmnl-dev libnftnl-dev
       libsystemd-dev libcap-ng-dev libcurl4-openssl-dev nlohmann-json3-dev libcli11-dev libfmt-dev
       libcpp-httplib-dev'
# Network namespaces with routers and clients in them: the demo.
lab='iproute2 procps python3'
# The other make, and machines with a systemd.
report='keepalived systemd-container dbus'
test='libcpputest-dev python3-pytest python3-pytest-xdist keepalived nftables systemd-container clang-19 lld-19
      libclang-rt-19-dev clang-format-19 git mandoc frr nginx haproxy conntrackd conntrack
      dbus openssl iputils-ping netbase prometheus zsh fish'
dev='clang-tidy-19'

[ $# -gt 0 ] || set -- build lab report test dev
wanted=
for group in "$@"; do
    case $group in
        build) wanted="$wanted $build" ;;
        lab) wanted="$wanted $lab" ;;
        report) wanted="$wanted $report" ;;
        test) wanted="$wanted $test" ;;
        dev) wanted="$wanted $dev" ;;
        *) echo "deps.sh: no group '$group' (build, lab, report, test, dev)" >&2 && exit 2 ;;
    esac
done

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "deps.sh: these packages are missing; run 'sudo make deps' to install them:$missing" >&2
    exit 1
fi
echo "deps.sh: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086  # a list of words
apt-get install -y -q --no-install-recommends $missing

# The tests start daemons of their own in network namespaces; these packages start their services.
if [ -d /run/systemd/system ]; then
    for daemon in frr nginx haproxy conntrackd prometheus; do
        case " $missing " in
            *" $daemon "*) systemctl disable --now $daemon.service || true ;;
        esac
    done
fi
