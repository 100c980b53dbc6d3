// Photos of a work order: sent as soon as they are chosen, made smaller before that: the signal is weak out there. Without
// this script the button sends them as they are; the server makes them smaller anyway.
const longest = 2560, small = 1_500_000;

async function shrunk(file) {
  if (file.size < small || !file.type.startsWith("image/")) return file;
  try {
    const image = await createImageBitmap(file);
    const factor = Math.min(1, longest / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(image.width * factor), Math.round(image.height * factor)];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // the server says what is wrong with it
  }
}

async function send(form, input) {
  form.querySelector("[role=status]").hidden = false;
  const held = new DataTransfer();
  for (const file of input.files) held.items.add(await shrunk(file));
  input.files = held.files;
  form.submit();
}

for (const form of document.querySelectorAll("[data-photos]")) {
  form.classList.add("at-once");
  form.addEventListener("change", (event) => event.target.files?.length && send(form, event.target));
}
