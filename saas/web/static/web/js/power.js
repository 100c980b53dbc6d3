// The page of a site: fresh numbers every few seconds while somebody looks, never under a hand that is at work.
const every = 5000;

async function refresh(part) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(part.id);
  if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes);
}

setInterval(() => {
  const part = document.querySelector("[data-refresh]");
  if (part && !document.hidden && !part.contains(document.activeElement)) refresh(part).catch(() => {});
}, every);
