// The video panel: sends a clip, keeps its results current, and shows the reference beside an answer behind a slider.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const form = $("v-form"), drop = $("v-drop"), file = form.elements.clip, out = $("v-answer"), results = $("v-results");

  // The quality asked for belongs to compression only.
  const kind = form.elements.kind;
  const fit = () => { $("v-quality").hidden = kind.value !== "compression"; };
  kind.addEventListener("change", fit);
  fit();

  file.addEventListener("change", () => { $("v-name").textContent = file.files[0]?.name ?? "Drop a clip here, or choose one"; });
  for (const type of ["dragenter", "dragover"]) drop.addEventListener(type, (e) => { e.preventDefault(); drop.classList.add("v-over"); });
  for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => drop.classList.remove("v-over"));
  drop.addEventListener("drop", (e) => {
    e.preventDefault();
    if (e.dataTransfer.files.length === 0) return;
    file.files = e.dataTransfer.files;
    file.dispatchEvent(new Event("change"));
  });

  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    out.textContent = "Sending";
    try {
      const r = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new FormData(form) });
      const said = await r.json();
      out.textContent = r.ok ? "" : said.message;
      if (r.ok) follow(said.id);
    } catch {
      out.textContent = "The network does not answer.";
    }
    button.disabled = false;
  });

  // Results are asked for again until their round is over.
  let timer = 0;
  function follow(id) {
    results.dataset.clip = id;
    clearTimeout(timer);
    refresh();
  }
  async function refresh() {
    const id = results.dataset.clip;
    let wait = 1500;
    try {
      const r = await fetch(`/panel/video/clip/${encodeURIComponent(id)}`);
      if (!r.ok) throw new Error(r.statusText);
      const html = await r.text();
      if (results.dataset.clip !== id) return; // another clip was sent meanwhile
      swap(html);
    } catch {
      wait = 5000;
    }
    if (results.querySelector(".v-head")?.dataset.state !== "done") timer = setTimeout(refresh, wait);
  }

  // The player keeps playing while the table below it changes.
  function swap(html) {
    const next = document.createElement("template");
    next.innerHTML = html; // rendered and escaped by the server
    const player = results.querySelector(".v-compare:not([hidden])"), place = next.content.querySelector(".v-compare");
    if (player && place && player.dataset.reference === place.dataset.reference) place.replaceWith(player);
    results.replaceChildren(next.content);
    const shown = player?.dataset.who;
    for (const a of results.querySelectorAll(".v-look a")) a.toggleAttribute("aria-current", a.dataset.who === shown);
  }

  results.addEventListener("click", (e) => {
    const a = e.target.closest(".v-look a");
    if (a) {
      e.preventDefault();
      compare(a);
    } else if (e.target.closest(".v-play")) toggle();
  });
  results.addEventListener("input", (e) => { if (e.target.type === "range") slide(Number(e.target.value)); });

  const player = () => results.querySelector(".v-compare");
  function compare(a) {
    const box = player(), under = box.querySelector(".v-under"), over = box.querySelector(".v-over");
    box.hidden = false;
    box.dataset.who = a.dataset.who;
    box.querySelector(".v-who").textContent = a.dataset.who;
    under.src = a.href;
    if (!over.src) over.src = box.dataset.reference;
    for (const other of results.querySelectorAll(".v-look a")) other.toggleAttribute("aria-current", other === a);
    slide(Number(box.querySelector("input").value));
    under.onplaying = () => { over.currentTime = under.currentTime; };
    under.ontimeupdate = () => { if (Math.abs(over.currentTime - under.currentTime) > 0.05) over.currentTime = under.currentTime; };
    play(true);
    box.scrollIntoView({ block: "nearest" });
  }
  function toggle() { play(player().querySelector(".v-under").paused); }
  function play(yes) {
    const box = player();
    for (const v of box.querySelectorAll("video")) yes ? v.play().catch(() => {}) : v.pause();
    box.querySelector(".v-play").textContent = yes ? "Pause" : "Play";
  }
  // The reference lies over the answer and is cut off at the line.
  function slide(percent) {
    const box = player();
    box.querySelector(".v-over").style.clipPath = `inset(0 ${100 - percent}% 0 0)`;
    box.querySelector(".v-line").style.left = `${percent}%`;
  }

  if (results.dataset.clip && results.dataset.state !== "done") timer = setTimeout(refresh, 1500);
})();
