// The form shows what it makes: address and colours.
const form = document.forms[document.forms.length - 1];
const fields = form.elements, shown = document.getElementById("slug-shown"), preview = document.getElementById("preview");
const domain = shown.textContent.slice(shown.textContent.indexOf("."));
let touched = Boolean(fields.slug.value);

function light(hex) { const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)); return 0.299 * r + 0.587 * g + 0.114 * b > 150; }
function draw() {
  if (!touched) fields.slug.value = fields.name.value.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 30);
  shown.textContent = `${fields.slug.value || "your-brand"}${domain}`;
  document.getElementById("preview-name").textContent = fields.name.value || "…";
  document.getElementById("preview-line").textContent = fields.tagline.value || "\u00a0";
  preview.style.setProperty("--c", fields.colour_primary.value);
  preview.style.setProperty("--on-c", light(fields.colour_primary.value) ? "#10141a" : "#ffffff");
}
fields.slug.addEventListener("input", () => { touched = Boolean(fields.slug.value); });
form.addEventListener("input", draw);
draw();
