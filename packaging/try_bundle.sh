#!/bin/sh
# Starts a packaged program with an empty environment: the whole demo on the command line, then the window for a moment.
set -eu
bundle=$1
try=$(mktemp -d)
trap 'rm -rf "$try"' EXIT
bare() { env -i HOME="$try" LANG=C.UTF-8 "$@"; }

bare "$bundle/sanxian" --version
bare "$bundle/sanxian" demo --out "$try/demo" | tail -n 3
for file in screening.json screening.docx screening.html screening.xlsx screening.geojson screening.gpkg; do
    [ -s "$try/demo/$file" ] || { echo "missing: $file" >&2; exit 1; }
done
# the window stays until it is closed: still there after 20 s is what is wanted (124 is what `timeout` says then)
status=0
bare QT_QPA_PLATFORM=offscreen timeout 20 "$bundle/sanxian-gui" "$try/demo/示例区.gpkg" 2>"$try/said" || status=$?
if [ "$status" != 124 ] || grep -q Traceback "$try/said"; then
    cat "$try/said" >&2
    exit 1
fi
echo "$(du -sm "$bundle" | cut -f1) MB; command line and window start"
