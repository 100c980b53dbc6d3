// The price follows the choice; without this script it is shown on the next page.
const form = document.getElementById("book");
let request;
async function quote() {
  request?.abort();
  request = new AbortController();
  const query = new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
  try {
    const answer = await fetch(`${form.dataset.quote}?${query}`, { signal: request.signal });
    if (answer.headers.get("content-type")?.startsWith("text/html")) document.getElementById("quote").innerHTML = await answer.text();
  } catch (error) { if (error.name !== "AbortError") document.getElementById("quote").replaceChildren(); }
}
// Only the list of times moves: the page stays where the reader is.
function reveal(chip) {
  const list = chip?.closest(".times");
  if (list) list.scrollTop += chip.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 2 + chip.clientHeight / 2;
}
if (form) { form.addEventListener("change", quote); quote(); reveal(form.querySelector(".times input:checked")?.closest(".chip")); }
