// In-page scanning where the browser can; everywhere else the phone's camera app opens the code's address.
const button = document.getElementById("open-camera"), video = document.getElementById("video");
const able = "BarcodeDetector" in window && navigator.mediaDevices;

async function look(detector) {
  for (const code of await detector.detect(video)) {
    const address = new URL(code.rawValue, location.href);
    if (address.host === location.host && address.pathname.startsWith("/q/")) { location.assign(address.href); return; }
  }
  setTimeout(() => look(detector), 200);
}

async function open() {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.hidden = false;
    document.getElementById("told").hidden = true;
    button.hidden = true;
    await video.play();
    look(new BarcodeDetector({ formats: ["qr_code"] }));
  } catch { document.getElementById("denied").hidden = false; }
}

if (able) { button.hidden = false; button.addEventListener("click", open); }
