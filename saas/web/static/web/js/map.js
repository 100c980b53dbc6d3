// The map beside the list. The list is the truth: markers are read from its cards, so both always agree.
import * as maplibre from "../../vendor/maplibre/maplibre-gl.mjs";
import { style, supported } from "./basemap.js";

const holder = document.getElementById("map");
const list = document.getElementById("spots");
const peek = document.getElementById("peek");
const form = document.getElementById("filters");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const WIDE = 96, HIGH = 36; // pixels within which two markers would cover one another

let map, markers = [], request, lit;

function spots() {
  return [...list.querySelectorAll("[data-lat]")].map((card) => ({ card, at: [Number(card.dataset.lng), Number(card.dataset.lat)], price: card.dataset.price, free: card.dataset.free === "1", uid: card.dataset.uid }));
}

// Neighbours on the screen share a marker; the nearest to the first decides its place.
function groups() {
  const found = [];
  for (const spot of spots()) {
    const point = map.project(spot.at);
    const home = found.find((group) => Math.abs(group.point.x - point.x) < WIDE && Math.abs(group.point.y - point.y) < HIGH);
    if (home) home.spots.push(spot); else found.push({ point, at: spot.at, spots: [spot] });
  }
  return found;
}

function marker(group) {
  const button = document.createElement("button"), face = document.createElement("span"), many = group.spots.length > 1;
  const cheapest = group.spots[0];
  button.type = "button";
  button.className = `pin${many ? " many" : ""}${group.spots.some((spot) => spot.free) ? "" : " off"}`;
  face.dir = "auto";
  face.textContent = cheapest.price;
  if (many) { const count = document.createElement("b"); count.textContent = `×${new Intl.NumberFormat(document.documentElement.dataset.locale).format(group.spots.length)}`; face.append(" ", count); }
  button.append(face);
  button.setAttribute("aria-label", group.spots.map((spot) => spot.card.getAttribute("aria-label")).join("; "));
  button.addEventListener("click", (event) => { event.stopPropagation(); open(group); });
  const pin = new maplibre.Marker({ element: button, anchor: "bottom", offset: [0, -4] }).setLngLat(group.at).addTo(map);
  return { pin, button, uids: group.spots.map((spot) => spot.uid) };
}

function draw() {
  for (const { pin } of markers) pin.remove();
  markers = groups().map(marker);
  highlight(lit);
}

function highlight(uid) {
  lit = uid;
  for (const { button, uids } of markers) button.classList.toggle("lit", uids.includes(uid));
  for (const card of list.querySelectorAll(".spot")) card.classList.toggle("lit", card.dataset.uid === uid);
}

function apart(group) {
  return group.spots.some((spot) => spot.at[0] !== group.at[0] || spot.at[1] !== group.at[1]);
}

function open(group) {
  if (group.spots.length > 1 && apart(group) && map.getZoom() < 17) {
    const box = group.spots.reduce((bounds, spot) => bounds.extend(spot.at), new maplibre.LngLatBounds(group.at, group.at));
    map.fitBounds(box, { padding: 90, maxZoom: 17.5, animate: !still });
    return;
  }
  highlight(group.spots[0].uid);
  const close = peek.querySelector("[data-peek-close]");
  peek.replaceChildren(close, ...group.spots.map((spot) => { const copy = spot.card.cloneNode(true); copy.removeAttribute("data-lat"); return copy; }));
  peek.hidden = false;
  peek.querySelector(".spot").focus({ preventScroll: true });
}

function closePeek() { peek.hidden = true; highlight(undefined); }

// The list follows the viewport and the filters. The newest request wins.
export async function refresh() {
  request?.abort();
  request = new AbortController();
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && !(name === "order" && value === "distance")));
  history.replaceState(null, "", query.size ? `/?${query}` : "/");
  if (map) { const b = map.getBounds(); query.set("bbox", [b.getSouth(), b.getWest(), b.getNorth(), b.getEast()].map((value) => value.toFixed(5)).join(",")); }
  list.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`/chargers/?${query}`, { signal: request.signal });
    if (!answer.ok) throw new Error(answer.status);
    list.innerHTML = await answer.text();
    document.getElementById("count").textContent = list.querySelector("[data-count]")?.dataset.count ?? "";
    document.getElementById("list-error").hidden = true;
    if (map) draw();
  } catch (error) {
    if (error.name === "AbortError") return;
    document.getElementById("list-error").hidden = false;
  } finally { list.removeAttribute("aria-busy"); }
}

let wait;
function soon() { clearTimeout(wait); wait = setTimeout(refresh, 220); }

function start() {
  const lat = Number(holder.dataset.lat), lng = Number(holder.dataset.lng);
  map = new maplibre.Map({ container: holder, style: holder.dataset.style || style(holder), center: [lng, lat], zoom: Number(holder.dataset.zoom) - (holder.clientWidth < 600 ? 0.8 : 0), minZoom: holder.dataset.style ? 2 : Number(holder.dataset.least), maxZoom: 18.5, attributionControl: { compact: false }, dragRotate: false, pitchWithRotate: false, fadeDuration: still ? 0 : 200, locale: { "Map.Title": holder.dataset.title } });
  map.touchZoomRotate.disableRotation();
  map.on("load", () => { holder.dataset.ready = "1"; if (!showsSome()) showAll(); refresh(); });
  map.on("moveend", (event) => { draw(); if (event.originalEvent || !event.first) soon(); });
  map.on("click", closePeek);
  window.addEventListener("themechange", () => { if (!holder.dataset.style) map.setStyle(style(holder)); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.dispatchEvent(new Event("themechange")));
  document.getElementById("zoom-in").addEventListener("click", () => map.zoomIn({ animate: !still }));
  document.getElementById("zoom-out").addEventListener("click", () => map.zoomOut({ animate: !still }));
  document.getElementById("locate").addEventListener("click", locate);
  peek.querySelector("[data-peek-close]").addEventListener("click", closePeek);
  peek.addEventListener("keydown", (event) => { if (event.key === "Escape") closePeek(); });
  list.addEventListener("pointerover", (event) => { const card = event.target.closest(".spot"); if (card) highlight(card.dataset.uid); });
  list.addEventListener("focusin", (event) => { const card = event.target.closest(".spot"); if (card) highlight(card.dataset.uid); });
}

// A first look at nothing would be a bad one: where few of the listed chargers are in sight, all come into it.
function showsSome() {
  const { clientWidth: width, clientHeight: height } = holder, edge = 50, all = spots();
  const seen = all.map((spot) => map.project(spot.at)).filter(({ x, y }) => x > edge && y > edge && x < width - edge && y < height - edge);
  return seen.length >= Math.min(2, all.length);
}

function showAll() {
  const all = spots();
  const box = all.reduce((bounds, spot) => bounds.extend(spot.at), new maplibre.LngLatBounds(all[0].at, all[0].at));
  map.fitBounds(box, { padding: { top: 80, bottom: 60, left: 80, right: 90 }, maxZoom: 14.5, animate: false });
}

function locate() {
  const told = document.getElementById("locate-error");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => { told.hidden = true; form.elements.lat.value = coords.latitude.toFixed(5); form.elements.lng.value = coords.longitude.toFixed(5); map.easeTo({ center: [coords.longitude, coords.latitude], zoom: 14, animate: !still }); soon(); },
    () => { told.hidden = false; },
    { timeout: 8000 },
  );
}

form.addEventListener("change", soon);
form.addEventListener("submit", (event) => { event.preventDefault(); document.getElementById("filter-dialog").close(); soon(); });
form.addEventListener("reset", () => setTimeout(soon));
document.getElementById("retry").addEventListener("click", refresh);
if (holder.dataset.live) { const feed = new EventSource(holder.dataset.live); feed.addEventListener("availability", soon); }

if (supported()) start(); else { document.getElementById("no-map").hidden = false; document.getElementById("map-ctl").hidden = true; }
