// The list of alerts: asked for again every few seconds while somebody looks, never under a hand that is at work. An
// empty list is asked for too: whoever leaves the page open at night sees the first alert.
const every = 5000;
const atWork = (part) => part.contains(document.activeElement) || part.querySelector("input:checked") !== null;

async function refresh(parts) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh && !atWork(part) && fresh.textContent !== part.textContent) part.replaceChildren(...fresh.childNodes);
  }
}

setInterval(() => {
  const parts = [...document.querySelectorAll("[data-refresh]")].filter((part) => !atWork(part));
  if (parts.length && !document.hidden) refresh(parts).catch(() => {});
}, every);
