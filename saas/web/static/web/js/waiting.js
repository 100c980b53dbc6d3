// While something is being made, the part of the page that shows it is asked for again.
const part = document.getElementById("reports");
async function look() {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById("reports");
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
    if (!fresh?.hasAttribute("data-working")) return;
  } catch { /* away: look again */ }
  setTimeout(look, 3000);
}
setTimeout(look, 3000);
