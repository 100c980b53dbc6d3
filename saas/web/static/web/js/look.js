// The preview follows the form: the server draws it, because it also decides which shades can be read.
const form = document.getElementById("brand-form"), look = document.getElementById("look");
const FIELDS = ["name", "colour_primary", "colour_accent", "logo_svg", "logo_file"];
let timer = 0, asked = 0;

async function draw() {
  const turn = ++asked, answer = await fetch(form.dataset.look, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (answer?.ok && turn === asked) look.innerHTML = await answer.text();
}

form.addEventListener("input", (event) => {
  if (!FIELDS.includes(event.target.name)) return;
  clearTimeout(timer);
  timer = setTimeout(draw, 250);
});
