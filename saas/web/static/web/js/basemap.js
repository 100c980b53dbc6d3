// The look of the map, in the colours of the page. Labels are drawn with the page's own fonts: no glyph server.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const arabic = ["ar", "fa"].includes(document.documentElement.lang);
const LABEL = arabic ? ["coalesce", ["get", "a"], ["get", "n"]] : ["get", "n"];
const FONT = [arabic ? "Vazirmatn" : "Inter"];

const is = (...kinds) => ["in", ["get", "k"], ["literal", kinds]];
const grow = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];
const named = ["has", "n"];

function area(id, source, kinds, colour, extra = {}) {
  return { id, type: "fill", source, filter: is(...kinds), paint: { "fill-color": css(colour), ...extra } };
}
function line(id, kinds, colour, width, minzoom = 0, extra = {}) {
  return { id, type: "line", source: "streets", minzoom, filter: is(...kinds), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": css(colour), "line-width": width, ...extra } };
}
function label(id, source, filter, size, minzoom, maxzoom = 24, layout = {}) {
  return { id, type: "symbol", source, minzoom, maxzoom, filter: ["all", named, filter], layout: { "text-field": LABEL, "text-font": FONT, "text-size": size, "text-max-width": 7, "text-padding": 6, ...layout }, paint: { "text-color": css("--map-text"), "text-halo-color": css("--map-halo"), "text-halo-width": 1.4 } };
}

export function style(holder) {
  const sources = { region: { type: "geojson", data: holder.dataset.region, attribution: holder.dataset.credit } };
  const layers = [
    { id: "sea", type: "background", paint: { "background-color": css("--map-water") } },
    { id: "shore", type: "line", source: "region", filter: is("land"), paint: { "line-color": css("--map-shore"), "line-width": 14, "line-blur": 12 } },
    area("land", "region", ["land"], "--map-land"),
  ];
  if (holder.dataset.streets) {
    sources.streets = { type: "geojson", data: holder.dataset.streets };
    layers.push(
      area("ground", "streets", ["ground"], "--map-ground"), area("green", "streets", ["green", "park"], "--map-green"), area("water", "streets", ["water"], "--map-water"), area("square", "streets", ["square"], "--map-building", { "fill-opacity": 0.55 }),
      { ...area("building", "streets", ["building"], "--map-building"), minzoom: 13.5 },
      line("rail", ["rail"], "--map-rail", grow(12, 0.4, 16, 1.6)), line("path", ["path"], "--map-road", grow(14, 0.4, 18, 3), 14.5, { "line-dasharray": [2, 1.5] }),
      line("service", ["service"], "--map-road", grow(14, 0.8, 18, 7), 14), line("minor-edge", ["minor"], "--map-edge", grow(13, 1.6, 18, 19)), line("major-edge", ["major"], "--map-edge", grow(11, 1.6, 18, 26)),
      line("minor", ["minor"], "--map-road", grow(13, 1, 18, 16)), line("major", ["major"], "--map-road", grow(11, 1, 18, 23)), line("tram", ["tram"], "--map-rail", grow(13, 0.3, 18, 1.4), 14),
      label("street", "streets", is("major", "minor"), grow(14, 10, 18, 14), 14.2, 24, { "symbol-placement": "line", "symbol-spacing": 320 }), label("spot", "streets", is("park", "square"), 11, 15.2),
    );
  }
  layers.push(label("town", "region", ["all", is("place"), ["==", ["get", "r"], 1]], 14, 4), label("part", "region", ["all", is("place"), ["==", ["get", "r"], 2]], 12.5, 9, 14.5), label("quarter", "region", ["all", is("place"), ["==", ["get", "r"], 3]], 11.5, 10, 14.5));
  return { version: 8, sources, layers };
}

export function supported() {
  try { return !!document.createElement("canvas").getContext("webgl2"); } catch { return false; }
}
