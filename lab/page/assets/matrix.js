// The stakes and the matrix of weights: what is dragged.
import { number } from "./model.js";

const $ = (id) => document.getElementById(id);
const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi);
const percent = (v) => `${(100 * v).toFixed(v > 0 && v < 0.0995 ? 1 : 0)} %`;

export function element(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) if (v !== undefined) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

// letter is the tag of a validator's line in the charts, where all lines have room.
const letter = (c, i) => (c.rows.length <= 13 ? String.fromCharCode(65 + i) : "");

// stakes draws a slider for each validator.
export function stakes(c, turn, changed) {
  const box = $("stakes"), stake = c.turns[turn].stake;
  const top = 10 ** Math.ceil(Math.log10(Math.max(...c.rows.map((uid) => stake[uid]), 10)) - 0.31) * 2;
  const lines = c.rows.map((uid, i) => {
    const name = `stake of validator ${uid}, TAO`;
    const range = element("input", { type: "range", min: 0, max: top, step: top / 400, "aria-label": name });
    const text = element("input", { type: "number", min: 0, max: 1e8, step: "any", inputmode: "decimal", "aria-label": name });
    const share = element("output", { class: "num" });
    const set = (v) => {
      stake[uid] = number(v, 0, 1e8, 0);
      changed();
    };
    range.addEventListener("input", () => set(Number(range.value)));
    text.addEventListener("input", () => set(Number(text.value)));
    const line = element("div", { class: "stake" }, element("span", { class: "who" }, element("i", { class: `swatch b${i % 7}` }), element("b", { class: "tag" }, letter(c, i)), element("span", {}, `uid ${uid}`)), range, text, share);
    return { uid, line, range, text, share };
  });
  box.replaceChildren(...lines.map((l) => l.line));
  return function show() {
    const all = stake.reduce((a, b) => a + b, 0);
    for (const l of lines) {
      const v = stake[l.uid];
      if (v > Number(l.range.max)) l.range.max = 2 * v;
      l.range.value = v;
      if (document.activeElement !== l.text) l.text.value = Math.round(v * 100) / 100;
      l.share.textContent = percent(all > 0 ? v / all : 0);
    }
  };
}

// matrix draws the weights of a turn. choose is told the uid of a column that is chosen.
export function matrix(c, turn, changed, choose) {
  const weights = c.turns[turn].weights, cells = new Map();
  let selected = [];
  const key = (r, k) => `${r},${k}`;
  const share = (uid, to) => {
    const row = weights[uid] ?? [];
    let all = 0;
    row.forEach((w, i) => { if (i !== uid) all += w; });
    return all > 0 && to !== uid ? row[to] / all : 0;
  };

  function cell(r, k) {
    const b = element("button", { type: "button", tabindex: r || k ? -1 : 0 });
    b.addEventListener("focus", () => pick([[r, k]], `validator ${c.rows[r]} → miner ${c.cols[k]}`));
    b.addEventListener("keydown", (e) => {
      const go = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];
      const add = { "+": 5, "=": 5, "-": -5, PageUp: 20, PageDown: -20 }[e.key];
      if (!go && !add) return;
      e.preventDefault();
      if (add) return nudge(add);
      cells.get(key(clamp(r + go[0], 0, c.rows.length - 1), clamp(k + go[1], 0, c.cols.length - 1))).focus();
    });
    b.addEventListener("pointerdown", (e) => {
      if (e.pointerType === "touch") return; // a finger scrolls; it has the slider
      e.preventDefault();
      b.focus();
      b.setPointerCapture(e.pointerId);
      const y = e.clientY, was = weights[c.rows[r]]?.[c.cols[k]] ?? 0;
      const move = (m) => set(clamp(Math.round(was + (y - m.clientY) / 1.5), 0, 100));
      b.addEventListener("pointermove", move);
      b.addEventListener("lostpointercapture", () => b.removeEventListener("pointermove", move), { once: true });
    });
    cells.set(key(r, k), b);
    return element("td", { role: "gridcell" }, b);
  }

  function edge(text, label, list, then) {
    const b = element("button", { type: "button", "aria-label": label }, text);
    b.addEventListener("click", () => { pick(list(), label); then?.(); });
    return b;
  }

  const span = (n) => [...Array(n).keys()];
  const head = element("tr", {}, element("td"), ...c.cols.map((uid, k) => element("th", { scope: "col" }, edge(String(uid), `all → miner ${uid}`, () => span(c.rows.length).map((r) => [r, k]), () => choose(uid)))));
  const body = c.rows.map((uid, r) => element("tr", {}, element("th", { scope: "row" }, element("div", {}, element("i", { class: `swatch b${r % 7}` }), edge(`${letter(c, r)} ${uid}`, `validator ${uid} → all`, () => span(c.cols.length).map((k) => [r, k])))), ...c.cols.map((_, k) => cell(r, k))));
  const foot = ["Consensus, %", "Incentive, %"].map((name) => element("tr", { class: "result" }, element("th", { scope: "row" }, name), ...c.cols.map(() => element("td"))));
  $("weights").replaceChildren(element("thead", {}, head), element("tbody", {}, ...body), element("tfoot", {}, ...foot));

  function pick(list, name) {
    for (const [r, k] of selected) cells.get(key(r, k)).classList.remove("chosen");
    selected = list.filter(([r, k]) => c.rows[r] !== c.cols[k]);
    for (const [r, k] of selected) cells.get(key(r, k)).classList.add("chosen");
    $("editor").hidden = selected.length === 0;
    $("what").textContent = name;
    tell();
  }
  const value = () => {
    const [r, k] = selected[0];
    return weights[c.rows[r]][c.cols[k]];
  };
  function set(v) {
    for (const [r, k] of selected) weights[c.rows[r]][c.cols[k]] = v;
    changed();
  }
  const nudge = (d) => set(clamp(Math.round(value()) + d, 0, 100));
  function tell() {
    if (selected.length === 0) return;
    const v = value(), [r, k] = selected[0];
    $("amount").value = v;
    $("amount-text").textContent = selected.length > 1 ? `${Math.round(v)} of 100` : `${percent(share(c.rows[r], c.cols[k]))} of the row`;
  }
  $("amount").oninput = () => selected.length && set(Number($("amount").value));
  $("less").onclick = () => selected.length && nudge(-5);
  $("more").onclick = () => selected.length && nudge(5);
  $("editor").hidden = true;

  return {
    // show writes the weights.
    show() {
      c.rows.forEach((uid, r) => {
        // A turn without the row leaves what the uid said before; dragging makes one.
        weights[uid] ??= Array(c.turns[0].stake.length).fill(0);
        c.cols.forEach((to, k) => {
          const b = cells.get(key(r, k)), v = weights[uid][to];
          b.textContent = uid === to ? "" : Math.round(v);
          b.disabled = uid === to;
          b.style.setProperty("--fill", uid === to ? 0 : v / 100);
          b.setAttribute("aria-label", `validator ${uid} gives miner ${to} ${Math.round(v)} of 100`);
        });
      });
      tell();
    },
    // results writes what the last epoch made of them.
    results(answer, marked) {
      const at = new Map(answer.miners.map((uid, i) => [uid, i]));
      c.cols.forEach((uid, k) => {
        [answer.consensus, answer.incentive].forEach((list, i) => {
          const v = at.has(uid) ? list.at(-1)[at.get(uid)] : undefined;
          foot[i].children[k + 1].textContent = v === undefined ? "–" : (100 * v).toFixed(v < 0.0995 ? 1 : 0);
        });
        head.children[k + 1].classList.toggle("marked", marked.includes(uid));
      });
    },
  };
}
