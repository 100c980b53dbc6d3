// Choosing a point: the pin and the two number fields are the same thing.
import * as maplibre from "../../vendor/maplibre/maplibre-gl.mjs";
import { style, supported } from "./basemap.js";

const holder = document.getElementById("map");
const lat = document.getElementById("id_latitude"), lng = document.getElementById("id_longitude");

if (supported()) {
  const centre = [Number(lng.value || holder.dataset.lng), Number(lat.value || holder.dataset.lat)];
  const map = new maplibre.Map({ container: holder, style: style(holder), center: centre, zoom: Math.max(14, Number(holder.dataset.zoom)), minZoom: Number(holder.dataset.least), attributionControl: { compact: false }, dragRotate: false });
  const pin = new maplibre.Marker({ draggable: true, color: getComputedStyle(document.documentElement).getPropertyValue("--brand") }).setLngLat(centre).addTo(map);
  const tell = () => { const point = pin.getLngLat(); lat.value = point.lat.toFixed(6); lng.value = point.lng.toFixed(6); };
  pin.on("dragend", tell);
  map.on("click", (event) => { pin.setLngLat(event.lngLat); tell(); });
  for (const field of [lat, lng]) field.addEventListener("change", () => { pin.setLngLat([Number(lng.value), Number(lat.value)]); map.panTo(pin.getLngLat()); });
} else { holder.hidden = true; document.getElementById("numbers").open = true; }
