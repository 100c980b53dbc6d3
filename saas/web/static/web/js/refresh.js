// While something is under way, the parts of the page that show it are asked for again.
const EVERY_MS = 2000;
const parts = () => [...document.querySelectorAll("[data-refresh]")];
// Somebody types, or has something open: it stays as it is.
const inUse = (part) => part.querySelector("details[open], :is(input, select, textarea):focus") !== null;
async function look() {
  if (!parts().some((part) => part.hasAttribute("data-working"))) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts()) {
        const fresh = page.getElementById(part.id);
        if (!fresh || inUse(part)) continue;
        part.toggleAttribute("data-working", fresh.hasAttribute("data-working"));
        if (fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
      }
    }
  } catch { /* away: look again */ }
  setTimeout(look, EVERY_MS);
}
setTimeout(look, EVERY_MS);
