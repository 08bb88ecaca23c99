#!/bin/sh
# Puts LessonProof on a Debian 12 machine, or a newer version beside the older one. May be run any number of times.
#
#   install.sh [--role edge|centre] [--package WHAT] [--python PYTHON] [--root FOLDER] [--dry-run]
#
#   --role     edge (a box at a site; the default) or centre
#   --package  what pip installs: a wheel file, or name==version (default: lessonproof)
#   --python   interpreter of the new environment (default: python3)
#   --root     install below this folder and start nothing: for making images
#   --dry-run  say what would be done, and do nothing
#
# Versions lie in /opt/lessonproof/releases/, `current` points at the one in use, settings are in /etc/lessonproof/,
# data is in /var/lib/lessonproof/. Settings and data that are there are never touched. To go back to the version
# before: ln -sfn releases/OLD /opt/lessonproof/current, then systemctl restart the service.
set -eu

role=edge package=lessonproof python=python3 root='' dry=''
fail() { echo "install.sh: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
        --role | --package | --python | --root) [ $# -ge 2 ] || fail "$1 needs a value" ;;
    esac
    case $1 in
        --role) role=$2; shift 2 ;;
        --package) package=$2; shift 2 ;;
        --python) python=$2; shift 2 ;;
        --root) root=${2%/}; shift 2 ;;
        --dry-run) dry=yes; shift ;;
        -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"; exit 0 ;;
        *) fail "unknown option $1; see --help" ;;
    esac
done
case $role in
    edge) command=edge-agent unit=edge-agent.service config=edge.toml ;;
    centre) command=supervisor unit=supervisor.service config=centre.toml ;;
    *) fail "--role is edge or centre, not $role" ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
base=$root/opt/lessonproof
staged=$base/releases/.new

say() { echo "== $*"; }
run() { if [ -n "$dry" ]; then echo "   $*"; else "$@"; fi; }

[ -n "$dry" ] || [ -n "$root" ] || [ "$(id -u)" = 0 ] || fail "must be run as root"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$python is older than Python 3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "apt-get install python3-venv first"

if [ -z "$root" ]; then
    say "user lessonproof"
    if id lessonproof >/dev/null 2>&1; then echo "   is there"; else
        run useradd --system --user-group --home-dir /var/lib/lessonproof --shell /usr/sbin/nologin lessonproof
    fi
fi

say "program: $package"
run mkdir -p "$base/releases"
run rm -rf "$staged"
run "$python" -m venv "$staged"
run "$staged/bin/python" -m pip install --quiet --disable-pip-version-check "$package"
if [ -n "$dry" ]; then version=VERSION; else
    version=$("$staged/bin/python" -c 'from importlib.metadata import version; print(version("lessonproof"))')
fi
release=$base/releases/$version
if [ -e "$release" ]; then
    echo "   version $version is there"
    run rm -rf "$staged"
else
    # The scripts of an environment name its place in their first lines: they are written for the final one.
    run mv "$staged" "$release"
    run find "$release/bin" -type f -exec sed -i "1,2s|$staged|${release#"$root"}|" {} +
fi
run ln -sfn "releases/$version" "$base/current"

say "settings: /etc/lessonproof/$config"
run mkdir -p "$root/etc/lessonproof"
if [ -e "$root/etc/lessonproof/$config" ]; then echo "   are there, left as they are"; else
    run install -m 0640 "$here/$config" "$root/etc/lessonproof/$config"
    [ -n "$root" ] || run chgrp lessonproof "/etc/lessonproof/$config"
fi

say "service: $unit"
run mkdir -p "$root/etc/systemd/system"
run install -m 0644 "$here/$unit" "$root/etc/systemd/system/$unit"
if [ -n "$root" ]; then
    say "done below $root; nothing was started"
    exit 0
fi
run systemctl daemon-reload
run systemctl enable "$unit"
run systemctl restart "$unit"

if [ "$role" = edge ]; then
    say "what is still to do"
    as="runuser -u lessonproof -- $base/current/bin/$command"
    if [ -n "$dry" ]; then echo "   $as doctor --config /etc/lessonproof/$config"; else
        $as doctor --config "/etc/lessonproof/$config" || true
    fi
    echo "Next: edit /etc/lessonproof/$config, then"
    echo "  $as models fetch --config /etc/lessonproof/$config"
    echo "  $as enrol --config /etc/lessonproof/$config --centre URL --code CODE"
    echo "  systemctl restart $unit"
else
    say "the first administrator's one-time link is in: journalctl -u $unit"
fi
