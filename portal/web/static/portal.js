// Comfort for those who have scripts; every page works without. No state is kept here.
"use strict";

// Where the menu is wider than a telephone, it begins at where the visitor is.
const here = document.querySelector(".menu a[aria-current]");
if (here) here.closest("ul").scrollLeft = here.offsetLeft - here.closest("ul").offsetLeft - 40;

// A form that is sent twice by a double click is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});

// A list that filters when a choice changes needs no button.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) form.requestSubmit();
});

// Whoever leaves a form with words that were not saved is asked.
let changed = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-guard]")) changed = true;
});
document.addEventListener("submit", () => { changed = false; });
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) changed = false;
});
window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

// Whoever is told nothing believes that it was saved; what only looks may fail in silence.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.hasAttribute("data-live")) return;
  document.getElementById("unsent").classList.toggle("hidden", event.detail.successful);
});

// What is brought up to date by the clock rests while nobody looks; a form that is sent is not saved
// beside it.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (elt.dataset.sent || (document.hidden && elt.hasAttribute("data-live"))) event.preventDefault();
});

// Files dropped on a field are put into it.
for (const drop of document.querySelectorAll(".drop")) {
  const input = drop.querySelector("input[type=file]");
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// A statement's hash is worked out here: the file never leaves the visitor's machine. Browsers lend
// their hash only to pages that came over TLS.
const verify = document.querySelector("form[data-verify]");
if (verify && crypto.subtle) {
  const file = verify.querySelector("input[type=file]");
  const hash = verify.querySelector("input[name=sha256]");
  file.closest(".field").classList.remove("hidden");
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    const bytes = await file.files[0].arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    hash.value = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const number = verify.querySelector("input[name=number]");
    // The title in a PDF's metadata is UTF-16BE, whose zero bytes are escaped.
    const said = new TextDecoder("latin1").decode(bytes).replaceAll("\\000", "").replaceAll("\0", "");
    number.value = said.match(/SQ-[A-Z]-\d{4}-\d{2}-[0-9A-Za-z][0-9A-Za-z._-]{0,63}-[1-9]\d{0,8}/)?.[0] ?? "";
    verify.requestSubmit();
  });
}
