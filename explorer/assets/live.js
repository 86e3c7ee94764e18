// Keeps the page current: swaps the live part for each one the server sends, says new epochs to a screen reader, sends the faucet's form.
"use strict";
const $ = (id) => document.getElementById(id);
const live = $("live"), link = $("link"), say = $("say");

function connected(yes) {
  link.hidden = false;
  link.classList.toggle("lost", !yes);
  $("link-text").textContent = yes ? "live" : "reconnecting";
}

// A reader who selects text is not interrupted: the newest state waits until the selection is gone.
function selecting() {
  const s = getSelection();
  return !s.isCollapsed && live.contains(s.anchorNode);
}

let waiting = null;
function show(html) {
  waiting = selecting() ? html : null;
  if (waiting !== null) return;
  const focus = live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  live.innerHTML = html; // rendered and escaped by the server
  if (focus !== null) live.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus();
  const news = live.firstElementChild?.dataset.say ?? "";
  if (say.dataset.last !== undefined && say.dataset.last !== news) say.textContent = news;
  say.dataset.last = news;
}
setInterval(() => { if (waiting !== null) show(waiting); }, 500);

const events = new EventSource("/events");
events.onopen = () => connected(true);
events.onerror = () => connected(false);
events.onmessage = (e) => show(e.data);

$("faucet")?.addEventListener("submit", async (e) => {
  e.preventDefault();
  const out = $("faucet-answer");
  out.textContent = "Sending";
  try {
    const r = await fetch("/faucet", {
      method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(e.target)),
    });
    out.textContent = (await r.json()).message;
  } catch {
    out.textContent = "The network does not answer.";
  }
});
