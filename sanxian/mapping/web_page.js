/* Draws the map that stands in the page's data. All words from the data reach the page as text, never as HTML. */
(function () {
  "use strict";
  var D = JSON.parse(document.getElementById("map-data").textContent);
  var W = D.words, S = D.strings, map = window.sanxianMap;
  var $ = function (id) { return document.getElementById(id); };
  var MANY = 3000;
  var SVG = "http://www.w3.org/2000/svg";

  function el(tag, text, name) {
    var made = document.createElement(tag);
    if (text !== undefined && text !== null) { made.textContent = text; }
    if (name) { made.className = name; }
    return made;
  }
  function svg(tag, attributes, inside) {
    var made = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    (inside || []).forEach(function (part) { made.appendChild(part); });
    return made;
  }
  function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, function (whole, key) { return key in values ? values[key] : whole; });
  }
  function number(value, digits) {
    return value.toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits});
  }

  /* --- geometry: arcs shared by neighbours, as differences on a grid --- */
  function unpack(flat) {
    var x = 0, y = 0, out = [];
    for (var i = 0; i < flat.length; i += 2) {
      x += flat[i]; y += flat[i + 1];
      out.push([D.origin[1] + y * D.step, D.origin[0] + x * D.step]);
    }
    return out;
  }
  function ring(arcs, refs) {
    var out = [];
    refs.forEach(function (ref, place) {
      var arc = ref >= 0 ? arcs[ref] : arcs[~ref].slice().reverse();
      out = out.concat(place ? arc.slice(1) : arc);
    });
    return out;
  }
  function boxOf(shapes) {
    var box = L.latLngBounds([]);
    shapes.forEach(function (part) { part.forEach(function (p) { box.extend(p); }); });
    return box;
  }

  /* --- looks --- */
  var defs = svg("defs", {});
  var store = svg("svg", {width: 0, height: 0, "aria-hidden": "true"}, [defs]);
  store.style.position = "absolute";
  document.body.appendChild(store);
  var UP = "M-2,2 L2,-2 M0,10 L10,0 M8,12 L12,8", DOWN = "M-2,8 L2,12 M0,0 L10,10 M8,-2 L12,2";
  function strokes(symbol) { return {diagonal: UP, backdiagonal: DOWN, cross: UP + " " + DOWN}[symbol.hatch]; }
  function hatchParts(symbol) {
    if (symbol.hatch === "dots") {
      return [svg("circle", {cx: 5, cy: 5, r: 1.1, fill: symbol.outline, "fill-opacity": 0.6})];
    }
    return [svg("path", {d: strokes(symbol), stroke: symbol.outline, "stroke-width": 1, "stroke-opacity": 0.5, fill: "none"})];
  }
  var patterns = {}, brushes = {};
  function brush(symbol) { /* the same hatch for a canvas */
    if (!symbol.hatch) { return symbol.fill; }
    var id = [symbol.hatch, symbol.fill, symbol.outline, symbol.opacity].join("-");
    if (!brushes[id]) {
      var tile = document.createElement("canvas"), pen = tile.getContext("2d");
      tile.width = tile.height = 10;
      pen.globalAlpha = symbol.opacity; pen.fillStyle = symbol.fill;
      pen.fillRect(0, 0, 10, 10);
      if (symbol.hatch === "dots") {
        pen.globalAlpha = 0.6; pen.fillStyle = symbol.outline;
        pen.beginPath(); pen.arc(5, 5, 1.1, 0, 2 * Math.PI); pen.fill();
      } else {
        pen.globalAlpha = 0.5; pen.strokeStyle = symbol.outline;
        pen.stroke(new Path2D(strokes(symbol)));
      }
      brushes[id] = pen.createPattern(tile, "repeat");
    }
    return brushes[id];
  }
  function paint(symbol) {
    if (!symbol.hatch) { return symbol.fill; }
    var id = ["h", symbol.hatch, symbol.fill.slice(1), symbol.outline.slice(1), Math.round(symbol.opacity * 100)].join("-");
    if (!patterns[id]) {
      patterns[id] = true;
      var back = svg("rect", {width: 10, height: 10, fill: symbol.fill, "fill-opacity": symbol.opacity});
      defs.appendChild(svg("pattern", {id: id, width: 10, height: 10, patternUnits: "userSpaceOnUse"},
        [back].concat(hatchParts(symbol))));
    }
    return "url(#" + id + ")";
  }
  function outline(marker, x, y, r) {
    if (marker === "square") { return "M" + (x - r) + "," + (y - r) + "h" + 2 * r + "v" + 2 * r + "h" + -2 * r + "z"; }
    if (marker === "triangle") { return "M" + x + "," + (y - 1.2 * r) + "L" + (x + 1.1 * r) + "," + (y + 0.8 * r) + "H" + (x - 1.1 * r) + "z"; }
    if (marker === "diamond") { return "M" + x + "," + (y - 1.3 * r) + "L" + (x + 1.3 * r) + "," + y + "L" + x + "," + (y + 1.3 * r) + "L" + (x - 1.3 * r) + "," + y + "z"; }
    return "M" + (x - r) + "," + y + "a" + r + "," + r + " 0 1,0 " + 2 * r + ",0a" + r + "," + r + " 0 1,0 " + -2 * r + ",0z";
  }
  var Mark = L.CircleMarker.extend({
    _updatePath: function () {
      var empty = this._empty(), p = this._point, pen = this._renderer._ctx, o = this.options;
      if (pen) { /* a canvas */
        if (!this._renderer._drawing || empty) { return; }
        var shape = new Path2D(outline(o.marker, p.x, p.y, o.radius));
        pen.globalAlpha = o.fillOpacity; pen.fillStyle = o.fillColor; pen.fill(shape);
        pen.globalAlpha = o.opacity; pen.strokeStyle = o.color; pen.lineWidth = o.weight; pen.stroke(shape);
        return;
      }
      this._renderer._setPath(this, empty ? "M0 0" : outline(this.options.marker, p.x, p.y, this.options.radius));
    }
  });
  var Area = L.Polygon.extend({
    _updatePath: function () {
      var box = this._rawPxBounds, pen = this._renderer._ctx, o = this.options;
      if (!pen || !box || box.max.x - box.min.x > 1.5 || box.max.y - box.min.y > 1.5) { L.Polygon.prototype._updatePath.call(this); return; }
      if (!this._renderer._drawing || !this._parts.length) { return; }
      pen.globalAlpha = o.opacity; pen.fillStyle = o.color; /* no larger than a dot: a dot */
      pen.fillRect(box.min.x, box.min.y, 1, 1);
    }
  });
  function look(symbol, kind, pane) {
    var made = {color: symbol.outline, weight: symbol.width, opacity: 0.95, fillColor: pane.many ? brush(symbol) : paint(symbol),
      smoothFactor: pane.many ? 0.5 : 0,
      fillOpacity: symbol.hatch ? 1 : symbol.opacity, interactive: false, pane: pane.name, renderer: pane.renderer};
    if (symbol.dash) { made.dashArray = symbol.dash; }
    if (kind === 1) { made.fill = false; made.weight = Math.max(symbol.width, 1.6); }
    if (kind === 0) { made.radius = symbol.size; made.marker = symbol.marker; made.weight = 1; made.fillOpacity = 1; delete made.dashArray; }
    return made;
  }
  function swatch(symbol) {
    if (symbol.mark) {
      var badge = el("span", symbol.mark, "badge");
      badge.style.background = symbol.fill; badge.style.color = symbol.text;
      if (symbol.ring) { badge.className += " ring"; badge.style.outlineColor = symbol.fill; }
      badge.setAttribute("aria-hidden", "true");
      return badge;
    }
    var parts = [];
    if (symbol.kind === 0) {
      parts.push(svg("path", {d: outline(symbol.marker, 15, 9, symbol.size), fill: symbol.fill, stroke: symbol.outline === "#ffffff" ? "#555555" : symbol.outline}));
    } else if (symbol.kind === 1) {
      var line = {d: "M2,9 H28", stroke: symbol.outline, "stroke-width": Math.max(symbol.width, 1.6)};
      if (symbol.dash) { line["stroke-dasharray"] = symbol.dash; }
      parts.push(svg("path", line));
    } else {
      var edge = {x: 1.5, y: 1.5, width: 27, height: 15, fill: paint(symbol), stroke: symbol.outline,
        "fill-opacity": symbol.hatch ? 1 : symbol.opacity, "stroke-width": Math.max(1, Math.min(symbol.width, 2))};
      if (symbol.dash) { edge["stroke-dasharray"] = symbol.dash; }
      parts.push(svg("rect", edge));
      if (symbol.letter) {
        var letter = svg("text", {x: 15, y: 13, "text-anchor": "middle", "font-size": 11, "font-weight": 700, fill: "#111"});
        letter.textContent = symbol.letter;
        parts.push(letter);
      }
    }
    return svg("svg", {width: 30, height: 18, viewBox: "0 0 30 18", "aria-hidden": "true"}, parts);
  }

  /* --- layers and features --- */
  var features = [];
  D.layers.forEach(function (layer, index) {
    var arcs = layer.arcs.map(unpack);
    var name = "layer" + index;
    map.createPane(name).style.zIndex = 400 + index;
    /* So many shapes that an element for each would make the browser crawl are drawn on one picture. */
    var many = layer.features.length > MANY;
    layer.pane = {name: name, many: many, renderer: (many ? L.canvas : L.svg)({pane: name, padding: many ? 0.1 : 0.3})};
    layer.group = L.layerGroup();
    layer.near = true;
    layer.members = layer.features.map(function (row) {
      var kind = row[0], symbol = layer.symbols[row[1]], shapes = [], drawn = [];
      if (kind === 2) {
        var polygons = row[4].map(function (rings) { return rings.map(function (refs) { return ring(arcs, refs); }); });
        polygons.forEach(function (rings) { shapes = shapes.concat(rings); });
        drawn.push(new Area(polygons, look(symbol, 2, layer.pane)));
      } else if (kind === 1) {
        shapes = row[4].map(unpack);
        drawn.push(L.polyline(shapes, look(symbol, 1, layer.pane)));
      } else {
        shapes = [unpack(row[4])];
        if (!symbol.mark) { shapes[0].forEach(function (p) { drawn.push(new Mark(p, look(symbol, 0, layer.pane))); }); }
      }
      var feature = {layer: layer, kind: kind, symbol: symbol, label: S[row[2]], code: S[row[3]], shapes: shapes,
        values: row[5], anchor: row[6].length ? unpack(row[6])[0] : shapes[0][0], box: boxOf(shapes)};
      if (symbol.mark) { drawn.push(badge(feature)); }
      drawn.forEach(function (part) { layer.group.addLayer(part); });
      features.push(feature);
      return feature;
    });
  });
  function badge(feature) {
    var mark = swatch(feature.symbol);
    mark.removeAttribute("aria-hidden");
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", feature.label + " " + feature.symbol.name);
    return L.marker(feature.anchor, {interactive: false, keyboard: false, pane: "markerPane",
      icon: L.divIcon({html: mark, className: "", iconSize: [24, 24], iconAnchor: [12, 12]})});
  }

  function show(layer, on) {
    layer.on = on;
    if (on) { layer.group.addTo(map); } else { layer.group.remove(); }
    layer.box.checked = on;
    layer.field.classList.toggle("on", on);
    labels();
  }
  var list = $("legend");
  D.layers.slice().reverse().forEach(function (layer) {
    var field = el("fieldset", null, layer.symbols.length === 1 ? "layer one" : "layer"), label = el("label"), box = el("input"), classes = el("ul");
    box.type = "checkbox";
    box.addEventListener("change", function () { show(layer, box.checked); });
    label.appendChild(box);
    label.appendChild(el("span", layer.title));
    field.appendChild(label);
    layer.symbols.forEach(function (symbol) {
      var item = el("li");
      item.appendChild(swatch(symbol));
      item.appendChild(el("span", symbol.name));
      item.appendChild(el("span", fill(W.count, {n: symbol.count}), "n"));
      symbol.row = item;
      classes.appendChild(item);
    });
    field.appendChild(classes);
    if (layer.note) { field.appendChild(el("small", layer.note)); }
    layer.box = box; layer.field = field;
    list.appendChild(field);
  });
  $("all").addEventListener("click", function () { D.layers.forEach(function (layer) { show(layer, true); }); });
  $("none").addEventListener("click", function () { D.layers.forEach(function (layer) { show(layer, false); }); });

  /* --- letters on units, and what the legend of a sheet leaves out --- */
  var letters = L.layerGroup().addTo(map), ready = false;
  map.createPane("letters").style.zIndex = 585;
  function labels() {
    if (!ready) { return; }
    letters.clearLayers();
    var view = map.getBounds(), count = 0, scale = scaleNow();
    D.layers.forEach(function (layer) {
      var seen = false;
      layer.near = !layer.scales || (scale >= layer.scales[0] && (!layer.scales[1] || scale <= layer.scales[1]));
      map.getPane(layer.pane.name).style.display = layer.near ? "" : "none";
      layer.field.classList.toggle("far", !layer.near);
      layer.symbols.forEach(function (symbol) { symbol.seen = false; });
      layer.members.forEach(function (feature) {
        if (!view.intersects(feature.box)) { return; }
        seen = feature.symbol.seen = true;
        if (!layer.on || !layer.near || !feature.symbol.letter || count > 300 || !view.contains(feature.anchor)) { return; }
        var a = map.latLngToContainerPoint(feature.box.getNorthWest()), b = map.latLngToContainerPoint(feature.box.getSouthEast());
        if (b.x - a.x < 34 || b.y - a.y < 26) { return; }
        count += 1;
        var sign = el("span", feature.symbol.letter, "letter");
        sign.setAttribute("aria-hidden", "true");
        letters.addLayer(L.marker(feature.anchor, {interactive: false, keyboard: false, pane: "letters",
          icon: L.divIcon({html: sign, className: "", iconSize: [20, 20], iconAnchor: [10, 10]})}));
      });
      layer.field.classList.toggle("away", !seen || !layer.near);
      layer.symbols.forEach(function (symbol) { symbol.row.classList.toggle("away", !symbol.seen); });
    });
    graticule();
    scaleWords();
    squeeze();
  }
  function squeeze() { /* the legend of a sheet is never cut: it is set smaller */
    var panel = $("panel"), size = 8.5;
    panel.style.fontSize = "";
    if (!document.body.classList.contains("sheet")) { return; }
    while (panel.scrollHeight > panel.clientHeight + 1 && size > 4) { size -= 0.5; panel.style.fontSize = size + "pt"; }
  }
  map.on("moveend zoomend resize", labels);

  /* --- what lies under a place --- */
  function inside(feature, at) {
    var odd = false;
    feature.shapes.forEach(function (line) {
      for (var i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
        var a = line[i], b = line[j];
        if ((a[0] > at.lat) !== (b[0] > at.lat) && at.lng < (b[1] - a[1]) * (at.lat - a[0]) / (b[0] - a[0]) + a[1]) { odd = !odd; }
      }
    });
    return odd;
  }
  function near(feature, at, pixels) {
    var here = map.latLngToLayerPoint(at);
    return feature.shapes.some(function (line) {
      var last = null;
      return line.some(function (p) {
        var now = map.latLngToLayerPoint(p), hit;
        hit = last === null ? here.distanceTo(now) <= pixels : L.LineUtil.pointToSegmentDistance(here, last, now) <= pixels;
        last = feature.kind === 0 ? null : now;
        return hit;
      });
    });
  }
  function hits(at) {
    var reach = map.containerPointToLatLng(map.latLngToContainerPoint(at).add([14, 14]));
    var dlat = Math.abs(reach.lat - at.lat), dlng = Math.abs(reach.lng - at.lng);
    var frame = L.latLngBounds([[at.lat - dlat, at.lng - dlng], [at.lat + dlat, at.lng + dlng]]);
    return features.filter(function (feature) {
      if (!feature.layer.on || !feature.layer.near || !frame.intersects(feature.box)) { return false; }
      if (feature.symbol.mark && near({kind: 0, shapes: [[feature.anchor]]}, at, 14)) { return true; }
      return feature.kind === 2 ? inside(feature, at) : near(feature, at, feature.kind === 1 ? 8 : 12);
    }).reverse();
  }
  function words(feature, open) {
    var part = el("details", null, "hit"), table = el("table");
    part.open = open;
    part.appendChild(el("summary", feature.label));
    part.appendChild(el("div", feature.layer.title + (feature.layer.symbols.length > 1 || feature.symbol.mark ? " · " + (feature.symbol.mark ? feature.symbol.mark + " " : "") + feature.symbol.name : "")));
    feature.values.forEach(function (value, place) {
      if (!value) { return; }
      var row = el("tr");
      row.appendChild(el("th", feature.layer.fields[place]));
      row.appendChild(el("td", S[value]));
      table.appendChild(row);
    });
    if (table.firstChild) { part.appendChild(table); }
    return part;
  }
  var glow = L.layerGroup().addTo(map);
  map.createPane("glow").style.zIndex = 590;
  function light(feature) {
    glow.clearLayers();
    if (!feature) { return; }
    [["#ffffff", 6], ["#000000", 3]].forEach(function (pen) {
      var style = {color: pen[0], weight: pen[1], fill: false, interactive: false, pane: "glow", dashArray: pen[1] === 3 ? "6 4" : null};
      glow.addLayer(feature.kind === 2 ? L.polygon(feature.shapes, style) : feature.kind === 1 ? L.polyline(feature.shapes, style)
        : L.circleMarker(feature.anchor, L.extend({radius: 13}, style)));
    });
  }
  function tell(at, found) {
    var box = el("div");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", W.popup);
    found.slice(0, 12).forEach(function (feature, place) { box.appendChild(words(feature, place === 0)); });
    if (found.length > 12) { box.appendChild(el("p", fill(W.more, {n: found.length - 12}))); }
    var size = map.getSize();
    L.popup({maxWidth: Math.min(360, size.x - 40), minWidth: Math.min(240, size.x - 60), maxHeight: Math.round(size.y * 0.6)})
      .setLatLng(at).setContent(box).openOn(map);
    light(found[0]);
  }
  map.on("popupclose", function () { light(null); });
  map.on("click", function (event) {
    if (measuring) { vertex(event.latlng); return; }
    var found = hits(event.latlng);
    if (found.length) { tell(event.latlng, found); } else { map.closePopup(); }
  });

  /* --- search --- */
  function plain(text) { return text.normalize("NFKC").toLowerCase().replace(/\s+/g, ""); }
  features.forEach(function (feature) { feature.key = plain(feature.label + " " + feature.code); });
  var box = $("search"), found = $("found"), said = $("found-said"), chosen = -1, matches = [];
  function search() {
    var wanted = plain(box.value);
    found.textContent = ""; chosen = -1; matches = [];
    if (wanted) {
      var all = features.filter(function (feature) { return feature.key.indexOf(wanted) >= 0; });
      all.sort(function (a, b) { return (b.layer.first - a.layer.first) || (a.key.indexOf(wanted) - b.key.indexOf(wanted)); });
      matches = all.slice(0, 50);
      matches.forEach(function (feature, place) {
        var item = el("li");
        item.id = "found-" + place;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.appendChild(el("div", (feature.symbol.mark ? feature.symbol.mark + " " : "") + feature.label));
        item.appendChild(el("small", feature.layer.title + (feature.code && feature.code !== feature.label ? " · " + feature.code : "")));
        item.addEventListener("click", function () { go(feature); });
        found.appendChild(item);
      });
      said.textContent = fill(all.length > 50 ? W.foundMany : W.found, {n: all.length});
    } else { said.textContent = ""; }
    box.setAttribute("aria-expanded", matches.length ? "true" : "false");
    box.removeAttribute("aria-activedescendant");
  }
  function choose(place) {
    chosen = place;
    Array.prototype.forEach.call(found.children, function (item, index) {
      item.setAttribute("aria-selected", index === place ? "true" : "false");
      if (index === place) { item.scrollIntoView({block: "nearest"}); box.setAttribute("aria-activedescendant", item.id); }
    });
  }
  function go(feature) {
    if (!feature.layer.on) { show(feature.layer, true); }
    document.body.removeAttribute("data-open");
    map.fitBounds(feature.box.pad(0.4), {maxZoom: 15, animate: false});
    var limits = feature.layer.scales, scale = scaleNow(), zoom = map.getZoom();
    if (limits && limits[1] && scale > limits[1]) { map.setZoom(Math.ceil(4 * (zoom + Math.log2(scale / limits[1]))) / 4, {animate: false}); }
    else if (limits && scale < limits[0]) { map.setZoom(Math.floor(4 * (zoom + Math.log2(scale / limits[0]))) / 4, {animate: false}); }
    tell(feature.anchor, [feature]);
  }
  box.addEventListener("input", search);
  box.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (matches.length) { choose((chosen + (event.key === "ArrowDown" ? 1 : -1) + matches.length) % matches.length); }
    } else if (event.key === "Enter" && matches.length) { go(matches[Math.max(chosen, 0)]); }
    else if (event.key === "Escape") { box.value = ""; search(); }
  });

  /* --- measures on the ellipsoid of CGCS2000 --- */
  var A = 6378137, F = 1 / 298.257222101, B = A * (1 - F), E = Math.sqrt(F * (2 - F)), RAD = Math.PI / 180;
  function metres(p, q) { /* Vincenty 1975 */
    var l = (q.lng - p.lng) * RAD, u1 = Math.atan((1 - F) * Math.tan(p.lat * RAD)), u2 = Math.atan((1 - F) * Math.tan(q.lat * RAD));
    var s1 = Math.sin(u1), c1 = Math.cos(u1), s2 = Math.sin(u2), c2 = Math.cos(u2), lam = l, i, sig, ss, cs, sa, ca2, cm, c, before;
    for (i = 0; i < 200; i += 1) {
      var sl = Math.sin(lam), cl = Math.cos(lam);
      ss = Math.sqrt(Math.pow(c2 * sl, 2) + Math.pow(c1 * s2 - s1 * c2 * cl, 2));
      if (ss === 0) { return 0; }
      cs = s1 * s2 + c1 * c2 * cl; sig = Math.atan2(ss, cs);
      sa = c1 * c2 * sl / ss; ca2 = 1 - sa * sa;
      cm = ca2 ? cs - 2 * s1 * s2 / ca2 : 0;
      c = F / 16 * ca2 * (4 + F * (4 - 3 * ca2));
      before = lam;
      lam = l + (1 - c) * F * sa * (sig + c * ss * (cm + c * cs * (2 * cm * cm - 1)));
      if (Math.abs(lam - before) < 1e-12) { break; }
    }
    if (i === 200) { return NaN; }
    var k = ca2 * (A * A - B * B) / (B * B);
    var ka = 1 + k / 16384 * (4096 + k * (-768 + k * (320 - 175 * k))), kb = k / 1024 * (256 + k * (-128 + k * (74 - 47 * k)));
    var ds = kb * ss * (cm + kb / 4 * (cs * (2 * cm * cm - 1) - kb / 6 * cm * (4 * ss * ss - 3) * (4 * cm * cm - 3)));
    return B * ka * (sig - ds);
  }
  function belt(lat) { /* area between the equator and a latitude, for one radian of longitude */
    var s = Math.sin(lat * RAD), es = E * s;
    return B * B / 2 * (s / (1 - es * es) + Math.log((1 + es) / (1 - es)) / (2 * E));
  }
  function squareMetres(points) { /* edges straight in longitude and latitude */
    var sum = 0;
    points.forEach(function (p, i) {
      var q = points[(i + 1) % points.length], n = 8, h = 0;
      for (var k = 0; k < n; k += 1) { /* Simpson */
        var a = p.lat + (q.lat - p.lat) * k / n, b = p.lat + (q.lat - p.lat) * (k + 1) / n;
        h += (belt(a) + 4 * belt((a + b) / 2) + belt(b)) / (6 * n);
      }
      sum += (q.lng - p.lng) * RAD * h;
    });
    return Math.abs(sum);
  }
  function lengthWords(value) { return value < 1000 ? number(value, 1) + " m" : number(value / 1000, 3) + " km"; }
  function areaWords(value) {
    return fill(W.area, {m2: number(value, 1), ha: number(value / 1e4, 4), mu: number(value * 0.0015, 2), km2: number(value / 1e6, 4)});
  }
  var measuring = "", points = [], sketch = L.layerGroup().addTo(map);
  map.createPane("sketch").style.zIndex = 640;
  function vertex(at) { points.push(at); draw(); }
  function draw() {
    sketch.clearLayers();
    var style = {color: "#000", weight: 3, dashArray: "8 5", fillColor: "#000", fillOpacity: 0.08, interactive: false, pane: "sketch"};
    if (points.length > 1) { sketch.addLayer(measuring === "area" ? L.polygon(points, style) : L.polyline(points, L.extend(style, {fill: false}))); }
    points.forEach(function (p) { sketch.addLayer(L.circleMarker(p, {radius: 5, color: "#000", weight: 2, fillColor: "#fff", fillOpacity: 1, interactive: false, pane: "sketch"})); });
    var sum = 0, i;
    for (i = 1; i < points.length; i += 1) { sum += metres(points[i - 1], points[i]); }
    var text = points.length > 1 ? fill(W.length, {m: lengthWords(sum)}) : W.measureHint;
    if (measuring === "area" && points.length > 2) {
      text = areaWords(squareMetres(points)) + "\n" + fill(W.around, {m: lengthWords(sum + metres(points[points.length - 1], points[0]))});
    }
    $("result").textContent = text;
  }
  function measure(kind) {
    measuring = measuring === kind ? "" : kind;
    points = [];
    ["length", "area"].forEach(function (one) { $("measure-" + one).setAttribute("aria-pressed", one === measuring ? "true" : "false"); });
    map.getContainer().style.cursor = measuring ? "crosshair" : "";
    if (measuring) { map.closePopup(); map.doubleClickZoom.disable(); draw(); } else { map.doubleClickZoom.enable(); sketch.clearLayers(); $("result").textContent = ""; }
  }
  $("measure-length").addEventListener("click", function () { measure("length"); });
  $("measure-area").addEventListener("click", function () { measure("area"); });
  $("measure-back").addEventListener("click", function () { points.pop(); if (measuring) { draw(); } });
  $("measure-clear").addEventListener("click", function () { points = []; if (measuring) { draw(); } });
  map.getContainer().addEventListener("keydown", function (event) {
    if (event.target !== map.getContainer()) { return; }
    if (event.key === "Enter") {
      if (measuring) { vertex(map.getCenter()); } else { var at = map.getCenter(), under = hits(at); if (under.length) { tell(at, under); } }
    } else if (event.key === "Backspace" && measuring) { points.pop(); draw(); }
    else if (event.key === "Escape" && measuring) { measure(measuring); }
  });

  /* --- graticule, scale, the look of a printed sheet --- */
  var lines = L.layerGroup().addTo(map), STEPS = [10, 5, 2, 1, 30 / 60, 20 / 60, 10 / 60, 5 / 60, 2 / 60, 1 / 60, 30 / 3600, 10 / 3600, 5 / 3600, 1 / 3600];
  map.createPane("grid").style.zIndex = 580;
  function degree(value, east) {
    var total = Math.round(Math.abs(value) * 3600), d = Math.floor(total / 3600), m = Math.floor(total / 60) % 60, s = total % 60;
    var pad = function (n) { return (n < 10 ? "0" : "") + n; };
    return d + "°" + (m || s ? pad(m) + "′" : "") + (s ? pad(s) + "″" : "") + (east ? "E" : "N");
  }
  function graticule() {
    lines.clearLayers();
    if (!$("grid").checked && !document.body.classList.contains("sheet")) { return; }
    var view = map.getBounds(), w = view.getWest(), e = view.getEast(), s = view.getSouth(), n = view.getNorth();
    var step = STEPS.filter(function (one) { return (e - w) / one <= 7; }).pop() || 10, k;
    function line(from, to, text, at, anchor) {
      lines.addLayer(L.polyline([from, to], {color: "#3d3d3d", weight: 0.7, opacity: 0.7, interactive: false, pane: "grid"}));
      lines.addLayer(L.marker(at, {interactive: false, keyboard: false, icon: L.divIcon({html: el("span", text), className: "degree", iconSize: [1, 1], iconAnchor: anchor})}));
    }
    for (k = Math.ceil(w / step); k * step < e; k += 1) { line([s, k * step], [n, k * step], degree(k * step, true), [n, k * step], [-3, -1]); }
    for (k = Math.ceil(s / step); k * step < n; k += 1) { line([k * step, w], [k * step, e], degree(k * step, false), [k * step, w], [-3, 17]); }
  }
  $("grid").addEventListener("change", graticule);
  function scaleNow() { /* denominator on a screen of 96 dots an inch */
    var size = map.getSize(), y = size.y / 2, a = map.containerPointToLatLng([size.x / 2 - 50, y]), b = map.containerPointToLatLng([size.x / 2 + 50, y]);
    return metres(a, b) / (100 * 0.0254 / 96);
  }
  function scaleWords() {
    var scale = scaleNow(), digits = Math.pow(10, Math.max(0, Math.floor(Math.log10(scale)) - 1));
    $("scale").textContent = fill(W.scale, {n: number(Math.round(scale / digits) * digits, 0)});
  }
  function fit() { map.invalidateSize({animate: false}); map.fitBounds(D.view, {animate: false, padding: [8, 8]}); }
  function sheet(on) {
    var middle = map.getCenter(), zoom = map.getZoom();
    map.closePopup();
    document.body.classList.toggle("sheet", on);
    document.body.removeAttribute("data-open");
    Array.prototype.forEach.call(document.querySelectorAll(".to-sheet"), function (one) { one.setAttribute("aria-pressed", on ? "true" : "false"); });
    map.invalidateSize({animate: false});
    map.setView(middle, zoom, {animate: false});
    labels();
  }
  Array.prototype.forEach.call(document.querySelectorAll(".to-sheet"), function (one) {
    one.addEventListener("click", function () { sheet(!document.body.classList.contains("sheet")); if (document.body.classList.contains("sheet")) { fit(); } });
  });
  Array.prototype.forEach.call(document.querySelectorAll(".to-print"), function (one) { one.addEventListener("click", function () { window.print(); }); });
  Array.prototype.forEach.call(document.querySelectorAll(".to-fit"), function (one) { one.addEventListener("click", fit); });
  var before = false;
  window.addEventListener("beforeprint", function () { before = document.body.classList.contains("sheet"); if (!before) { sheet(true); } });
  window.addEventListener("afterprint", function () { if (!before) { sheet(false); } });
  Array.prototype.forEach.call(document.querySelectorAll("#bar [data-open]"), function (one) {
    one.addEventListener("click", function () {
      var wanted = one.getAttribute("data-open");
      if (document.body.getAttribute("data-open") === wanted) { document.body.removeAttribute("data-open"); } else { document.body.setAttribute("data-open", wanted); }
      if (wanted === "find") { box.focus(); }
    });
  });

  /* --- begin --- */
  map.attributionControl.setPrefix("Leaflet");
  L.control.scale({imperial: false, maxWidth: 140}).addTo(map);
  [[".leaflet-control-zoom-in", W.zoomIn], [".leaflet-control-zoom-out", W.zoomOut]].forEach(function (pair) {
    var part = map.getContainer().querySelector(pair[0]);
    part.title = pair[1]; part.setAttribute("aria-label", pair[1]);
  });
  map.getContainer().setAttribute("role", "application");
  map.getContainer().setAttribute("aria-label", W.mapName);
  D.layers.forEach(function (layer) { show(layer, layer.shown); });
  ready = true;
  fit();
  labels();
  window.sanxian = {features: features, layers: D.layers, metres: metres, squareMetres: squareMetres, hits: hits, search: search, go: go, scaleNow: scaleNow, sheet: sheet, measure: measure, vertex: vertex};
}());
