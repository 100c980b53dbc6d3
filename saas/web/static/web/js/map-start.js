// Where the map begins: what the map shows and the three number fields are the same thing.
import * as maplibre from "../../vendor/maplibre/maplibre-gl.mjs";
import { style, supported } from "./basemap.js";

const holder = document.getElementById("map");
const [lat, lng, zoom] = ["latitude", "longitude", "zoom"].map((name) => document.getElementById(`id_map_${name}`));

if (supported()) {
  const centre = () => [Number(lng.value), Number(lat.value)];
  const map = new maplibre.Map({ container: holder, style: style(holder), center: centre(), zoom: Number(zoom.value), minZoom: 2, attributionControl: { compact: false }, dragRotate: false });
  map.getCanvas().setAttribute("aria-label", holder.dataset.title);
  map.on("moveend", (event) => {
    if (!event.originalEvent) return;
    const point = map.getCenter();
    lat.value = point.lat.toFixed(5); lng.value = point.lng.toFixed(5); zoom.value = map.getZoom().toFixed(1);
  });
  for (const field of [lat, lng, zoom]) field.addEventListener("change", () => map.jumpTo({ center: centre(), zoom: Number(zoom.value) }));
} else { holder.hidden = true; document.getElementById("numbers").open = true; }
