#!/bin/sh
# Makes the virtual environment, and sees to the system libraries that Qt needs: installs them when root on Debian,
# else prints the exact command.
set -eu
venv=$1
purpose=${2:-}

for python in python3 python3.13 python3.12 python3.11; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        break
    fi
    python=
done

wanted=
[ -n "$python" ] || wanted="$wanted python3"
if [ ! -x "$venv/bin/python" ]; then
    [ -n "$python" ] && "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || wanted="$wanted python3-venv"
fi

has() { ldconfig -p 2>/dev/null | grep -q "$1" || ls /usr/lib/*/"$1"* /usr/lib/"$1"* >/dev/null 2>&1; }
has libGL.so.1 || wanted="$wanted libgl1"
has libglib-2.0.so.0 || wanted="$wanted libglib2.0-0"
has libfontconfig.so.1 || wanted="$wanted libfontconfig1"
lacking_for_a_screen() {  # what Qt's window needs besides
    for pair in libxcb-icccm.so.4:libxcb-icccm4 libxcb-image.so.0:libxcb-image0 libxcb-keysyms.so.1:libxcb-keysyms1 \
        libxcb-render-util.so.0:libxcb-render-util0 libxcb-shape.so.0:libxcb-shape0 \
        libxcb-xinerama.so.0:libxcb-xinerama0 libxcb-xkb.so.1:libxcb-xkb1 libxkbcommon-x11.so.0:libxkbcommon-x11-0; do
        has "${pair%%:*}" || printf ' %s' "${pair##*:}"
    done
}
[ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || wanted="$wanted$(lacking_for_a_screen)"

if [ -n "$wanted" ]; then
    command="apt-get install -y --no-install-recommends$wanted"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing system packages:$wanted"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive $command >/dev/null
    else
        echo "Needed system packages are missing. As root, run:" >&2
        echo "    apt-get update && $command" >&2
        # without a window the main job can do without Qt's libraries, but not without Python
        case "$wanted" in *python3*) exit 1 ;; esac
        [ "$purpose" != test ] || exit 1
    fi
fi

if [ ! -x "$venv/bin/python" ]; then
    [ -n "$python" ] || python=python3
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip
fi

# Tests with a mouse at a real screen are left out where its programs are missing: installed if that can be, else no matter.
if [ "$purpose" = test ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    more=$(lacking_for_a_screen)
    for pair in Xvfb:xvfb xdotool:xdotool openbox:openbox; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || more="$more ${pair##*:}"
    done
    if [ -n "$more" ]; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $more; } \
            >/dev/null 2>&1 || echo "Not installed, some tests are left out:$more" >&2
    fi
fi
