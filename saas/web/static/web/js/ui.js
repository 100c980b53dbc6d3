// What every page needs: theme, menus, busy buttons, countdowns, the offline shell. Pages work without it.
import { clockText } from "./clock.js";

const root = document.documentElement;

function remember(theme) {
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  root.dataset.theme = theme;
  window.dispatchEvent(new Event("themechange"));
}

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.addEventListener("click", () => remember(isDark() ? "light" : "dark"));
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

// A form is sent once: the second press of its button would be a second request.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button || event.target.method === "dialog") return;
  if (button.hasAttribute("aria-busy")) { event.preventDefault(); return; } // the Enter key asks again
  button.setAttribute("aria-busy", "true");
  window.addEventListener("pageshow", () => button.removeAttribute("aria-busy"), { once: true });
});

for (const link of document.querySelectorAll("[data-dialog]")) {
  link.addEventListener("click", (event) => { event.preventDefault(); document.getElementById(link.dataset.dialog).showModal(); });
}
for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());

for (const button of document.querySelectorAll("[data-print]")) { button.hidden = false; button.addEventListener("click", () => print()); }

for (const select of document.querySelectorAll("[data-submit-on-change]")) select.addEventListener("change", () => select.form.requestSubmit());

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => { await navigator.clipboard.writeText(button.dataset.copy); button.querySelector("[data-label]").textContent = button.dataset.copied; });
}

// Time left until data-until (ISO), as m:ss in the page's digits; at zero the page is asked for again.
for (const node of document.querySelectorAll("[data-until]")) {
  const end = Date.parse(node.dataset.until);
  const tick = () => {
    const left = (end - Date.now()) / 1000;
    node.textContent = clockText(left);
    if (left > 0) setTimeout(tick, 1000 - (Date.now() % 1000));
    else if (node.dataset.then === "reload") setTimeout(() => location.reload(), 800);
  };
  tick();
}

if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
