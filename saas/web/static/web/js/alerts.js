// The list of alerts: asked for again every few seconds while somebody looks, never under a hand that is at work.
const every = 5000;
const atWork = (part) => part.contains(document.activeElement) || part.querySelector("input:checked") !== null;

async function refresh(part) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(part.id);
  if (fresh && !atWork(part) && fresh.querySelector("ul").innerHTML !== part.querySelector("ul").innerHTML) {
    part.querySelector("ul").replaceChildren(...fresh.querySelector("ul").childNodes);
  }
}

setInterval(() => {
  const part = document.querySelector("[data-refresh]");
  if (part && !document.hidden && !atWork(part)) refresh(part).catch(() => {});
}, every);
