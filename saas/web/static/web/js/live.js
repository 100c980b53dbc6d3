// The numbers of a running session. Events bring facts; between them time and cost run on by the clock.
import { clockText } from "./clock.js";

const page = document.getElementById("live");
const at = (id) => document.getElementById(id);
const locale = document.documentElement.dataset.locale;
const digits = (places) => new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places });
const two = digits(2), one = digits(1), whole = digits(0);
const exponent = Number(page.dataset.exponent);
const money = new Intl.NumberFormat(locale, { style: "currency", currency: page.dataset.currency || "EUR", currencyDisplay: "narrowSymbol", minimumFractionDigits: exponent, maximumFractionDigits: exponent });
let ends = Date.parse(page.dataset.ends), fresh = Date.now();
const WAITING = 12000; // a running adapter speaks every second or two

function write(id, text) { const node = at(id); if (node && node.textContent !== text) node.textContent = text; }

function show(now) {
  fresh = Date.now();
  write("energy", two.format(now.energy_wh / 1000));
  write("power", one.format(now.power_w / 1000));
  if (now.cost_minor != null) write("cost", money.format(now.cost_minor / 10 ** exponent));
  if (now.soc_pct != null) write("soc", whole.format(now.soc_pct));
  if (now.ends_at && Date.parse(now.ends_at) !== ends) { location.reload(); }
}

function tick() {
  const left = (ends - Date.now()) / 1000;
  if (!Number.isNaN(left)) {
    write("left", clockText(left));
    const ring = at("ring"), seconds = Number(page.dataset.seconds);
    if (ring && seconds) ring.style.strokeDashoffset = String(Math.max(0, Math.min(1000, (left / seconds) * 1000)));
  }
  if (page.dataset.state === "charging" && at("away")) at("away").hidden = Date.now() - fresh < WAITING;
  setTimeout(tick, 1000 - (Date.now() % 1000));
}

// The state page is asked when the feed is silent, and once a change of state is heard.
async function ask() {
  try {
    const answer = await fetch(page.dataset.stateUrl, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const now = await answer.json();
    if (now.state !== page.dataset.state) location.reload(); else show({ ...now, ends_at: undefined });
  } catch { /* away: the note says so */ }
}

function listen() {
  const feed = new EventSource(page.dataset.live);
  feed.addEventListener("sample", (event) => show(JSON.parse(event.data)));
  for (const kind of ["state", "started", "stopped", "final"]) feed.addEventListener(kind, ask);
  feed.addEventListener("error", () => { if (feed.readyState === EventSource.CLOSED) setTimeout(listen, 5000); });
}

tick();
listen();
setInterval(() => { if (Date.now() - fresh > 3000) ask(); }, 3000);
