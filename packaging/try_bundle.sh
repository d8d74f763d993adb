#!/bin/sh
# Starts a packaged program with an empty environment and has it do what a package is likely to lack something for:
# data files, templates, fonts, libraries that are loaded by name, processes of its own. Where there are Xvfb, xdotool and
# openbox, the window is worked by keys too.
#   try_bundle.sh dist/sanxian [ROOT]     ROOT: a bare system to do it in (chroot), which holds the package at /opt/sanxian
set -eu
bundle=$1
root=${2:-}
try=$(mktemp -d "$root/tmp/sanxian.XXXXXX")
home=${try#"$root"}
running=
trap 'for one in $running; do kill "$one" 2>/dev/null || true; done; rm -rf "$try"' EXIT
[ -z "$root" ] || bundle=/opt/sanxian
bare() {
    if [ -n "$root" ]; then chroot "$root" /usr/bin/env -i HOME="$home" LANG=C.UTF-8 "$@"; else env -i HOME="$home" LANG=C.UTF-8 "$@"; fi
}
fail() { echo "$*" >&2; [ ! -s "$try/said" ] || tail -n 20 "$try/said" >&2; exit 1; }
# does NAME FILE COMMAND…: it ends well (1 and 3 tell what was found, 2 refuses), and the file begins as it should
does() {
    name=$1 file=$2
    shift 2
    status=0
    bare "$bundle/sanxian" "$@" >"$try/said" 2>&1 || status=$?
    if [ "$status" = 2 ] || [ "$status" -gt 3 ] || grep -q Traceback "$try/said"; then fail "$name: status $status"; fi
    [ -s "$try/$file" ] || fail "$name: no $file"
    case "$file:$(head -c 4 "$try/$file" | od -An -c | tr -d ' \n')" in
    *.pdf:%PDF | *.docx:PK* | *.xlsx:PK* | *.zip:PK* | *.parquet:PAR1 | *.html:'<!'* | *.svg:'<'* | *.png:*PNG | *.qml:'<'* | *.json:*) ;;
    *) fail "$name: $file is something else" ;;
    esac
    echo "ok: $name"
}

bare "$bundle/sanxian" --version
does "demo, report as web page" demo/screening.html demo --out "$home/demo"
w="$home/demo/示例区.gpkg" p="$home/demo/projects.gpkg"
for file in screening.json screening.docx screening.xlsx screening.geojson screening.gpkg; do
    [ -s "$try/demo/$file" ] || fail "missing: $file"
done
does "report as PDF, Chinese font" r.pdf screen "$w" "$p" --form short --out "$home/r.pdf" "$home/r.docx"
does "report in English" e.docx --lang en screen "$w" "$p" --form short --out "$home/e.docx"
does "evidence bundle" b.zip screen "$w" "$p" --bundle "$home/b.zip"
does "done again from the bundle" b.zip verify "$home/b.zip"
does "batch in two processes" two.parquet batch "$w" "$p" --jobs 2 --out "$home/two.parquet"
does "batch in one process" one.parquet batch "$w" "$p" --out "$home/one.parquet"
cmp "$try/one.parquet" "$try/two.parquet" || fail "one process and two give different bytes"
does "web map" m.html map "$w" --out "$home/m.html"
does "sheet as PDF" m.pdf map "$w" --out "$home/m.pdf"
does "sheet as SVG" m.svg map "$w" --out "$home/m.svg"
does "raster statistics" z.xlsx zonal "$w" "$home/demo/示例_dem.tif" 示例环境管控单元 --kind dem --out "$home/z.xlsx"
does "statistics" st.docx stats "$w" --out "$home/st.docx"
does "outlets" o.docx outlets "$w" report --out "$home/o.docx"
does "style" s.qml style export "$w" ecological_redline "$home/s.qml"
status=0
bare "$bundle/sanxian" add "$w" "postgresql://nobody@127.0.0.1:9/none?table=t" --role ecological_redline >"$try/said" 2>&1 || status=$?
{ [ "$status" = 2 ] && grep -q 127.0.0.1 "$try/said"; } || fail "a database that is not there is not named"
echo "ok: database"

if command -v Xvfb >/dev/null && command -v xdotool >/dev/null && command -v openbox >/dev/null; then
    Xvfb -displayfd 3 -screen 0 1366x768x24 -nolisten tcp 3>"$try/display" 2>/dev/null &
    running="$running $!"
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$try/display" ] || sleep 1; done
    DISPLAY=":$(cat "$try/display")"
    export DISPLAY
    openbox --sm-disable 2>/dev/null &
    running="$running $!"
    sleep 1
    bare DISPLAY="$DISPLAY" "$bundle/sanxian-gui" "$w" 2>"$try/said" &
    window=$!
    running="$running $window"
    seconds() { # WHAT COMMAND…: waits for it
        what=$1
        shift
        n=0
        until "$@" >/dev/null 2>&1; do
            n=$((n + 1))
            [ "$n" -lt 240 ] || fail "the window: no $what within 120 s"
            sleep 0.5
        done
    }
    shows() { xdotool search --onlyvisible --name "$1"; }
    gone() { ! shows "$1"; }
    seconds "workspace" shows 示例区
    sleep 3
    xdotool key ctrl+F10
    seconds "question" shows 批量研判
    sleep 1
    xdotool type --delay 30 "$p"
    xdotool key Tab Tab ctrl+a
    xdotool type --delay 30 "$home/window.parquet"
    sleep 1
    xdotool key Return
    seconds "batch in a process of its own" test -s "$try/window.parquet"
    cmp "$try/one.parquet" "$try/window.parquet" || fail "the batch of the window has other bytes"
    echo "ok: the window's batch"
    sleep 2
    xdotool key shift+F9
    sleep 25
    xdotool key ctrl+e
    seconds "kinds of report" shows 导出研判报告
    sleep 1
    xdotool key Tab Return
    sleep 2
    xdotool key ctrl+a
    xdotool type --delay 30 "$home/window.docx"
    xdotool key Return
    seconds "report by a process of its own" shows 已完成
    [ -s "$try/window.docx" ] || fail "no report"
    echo "ok: the window's report"
    xdotool key Escape
    seconds "end of the message" gone 已完成
    xdotool key ctrl+q
    wait "$window" || fail "the window ended with $?"
else
    # the window stays until it is closed: still there after 20 s is what is wanted (124 is what `timeout` says then)
    status=0
    bare QT_QPA_PLATFORM=offscreen timeout 20 "$bundle/sanxian-gui" "$w" 2>"$try/said" || status=$?
    [ "$status" = 124 ] || fail "the window has ended: $status"
fi
! grep -q Traceback "$try/said" || fail "the window has complained"
echo "$(du -sm "$root$bundle" | cut -f1) MB; command line and window work"
