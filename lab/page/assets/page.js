// The page: what is dragged goes to the server, which settles it, and its drawings come back.
import * as model from "./model.js";
import { element, matrix, stakes } from "./matrix.js";

const $ = (id) => document.getElementById(id);
const mostBonds = 2;
let c = null, turn = 0, bonds = [], view = null, presets = [], answer = null;

// Rules that can be dragged; "when" says when a rule matters.
const now = (s) => s.yuma !== "2024", three = (s) => now(s) && s.yuma3 !== false, liquid = (s) => three(s) && s.liquid_alpha;
const rules = [
  { key: "kappa", name: "Kappa", about: "majority of stake that sets the consensus", max: 1, step: 0.01 },
  { key: "bonds_average", name: "Old bonds that stay", about: "an epoch", max: 1, step: 0.01, when: (s) => !liquid(s) },
  { key: "bonds_penalty", name: "Bonds penalty", about: "1: bonds on clipped weights only", max: 1, step: 0.01, when: now },
  { key: "commit_reveal", name: "Weights hidden", about: "epochs until they are revealed", max: 10, step: 1 },
  { key: "yuma3", name: "Yuma 3", about: "bonds per validator", switch: true, otherwise: true, when: now },
  { key: "liquid_alpha", name: "Liquid alpha", about: "bonds move faster far from the consensus", switch: true, when: three },
  { key: "alpha_low", name: "Alpha low", about: "slowest speed of a bond", max: 1, step: 0.01, when: liquid },
  { key: "alpha_high", name: "Alpha high", about: "fastest speed of a bond", max: 1, step: 0.01, when: liquid },
];

function trouble(text) {
  $("trouble").hidden = !text;
  $("trouble").textContent = text;
}

async function json(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

// One request is under way at a time; what is dragged meanwhile goes with the next.
let running = false, again = false, failed = false;
async function settle() {
  if (running) { again = true; return; }
  running = true;
  do {
    again = false;
    const started = performance.now();
    try {
      const response = await fetch(`/replay?miners=${bonds.join(",")}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(model.toArchive(c)) });
      draw(await json(response), performance.now() - started);
      if (failed) trouble("");
      failed = false;
    } catch (e) {
      failed = true;
      trouble(e instanceof TypeError ? "The laboratory does not answer: is `ergon lab serve` still running?" : e.message);
    }
  } while (again);
  running = false;
}

function draw(got, took) {
  answer = got;
  for (const name of ["dividends", "bonds", "incentive", "pay", "matrix"]) {
    const box = $(`${name}-chart`);
    box.innerHTML = got.charts[name]; // rendered and escaped by the server
    window.ergonCharts(box);
  }
  view.weights.results(got, bonds);
  $("speed").textContent = `${c.epochs} epochs of ${c.turns[0].stake.length} uids settled in ${Math.round(took)} ms`;
}

let later = 0;
function changed() {
  view.stakes();
  view.weights.show();
  settle();
  clearTimeout(later);
  later = setTimeout(() => history.replaceState(null, "", model.toFragment(c)), 300);
}

// show builds the controls of the case and turn at hand.
function show() {
  turn = Math.min(turn, c.turns.length - 1);
  bonds = bonds.filter((uid) => c.cols.includes(uid));
  if (bonds.length === 0) bonds = c.cols.slice(-mostBonds); // attackers' miners come last
  view = { stakes: stakes(c, turn, changed), weights: matrix(c, turn, changed, chosen) };
  showTurns();
  showRules();
  changed();
}

function chosen(uid) {
  bonds = [...bonds.filter((u) => u !== uid), uid].slice(-mostBonds);
  settle();
}

function showTurns() {
  const pick = element("select", { "aria-label": "from which epoch on" }, ...c.turns.map((t, i) => element("option", { value: i }, `from epoch ${t.from}`)));
  pick.value = turn;
  pick.onchange = () => { turn = Number(pick.value); show(); };
  const add = element("button", { type: "button" }, "Add a change");
  const next = c.turns[turn + 1]?.from ?? Math.min(c.turns[turn].from + 20, c.epochs);
  const at = c.turns[turn].from + Math.max(1, Math.floor((next - c.turns[turn].from) / (turn + 1 < c.turns.length ? 2 : 1)));
  add.disabled = at >= model.maxEpochs || at === c.turns[turn + 1]?.from;
  add.onclick = () => {
    const t = c.turns[turn];
    c.turns.splice(turn + 1, 0, { from: at, stake: [...t.stake], weights: t.weights.map((row) => row && [...row]) });
    turn++;
    show();
  };
  const parts = [pick, add];
  if (turn > 0) {
    const lo = c.turns[turn - 1].from + 1, hi = (c.turns[turn + 1]?.from ?? model.maxEpochs) - 1;
    const move = element("input", { type: "number", min: lo, max: hi, value: c.turns[turn].from, "aria-label": "epoch of this change" });
    move.onchange = () => {
      c.turns[turn].from = Math.round(model.number(Number(move.value), lo, hi, c.turns[turn].from));
      show();
    };
    const drop = element("button", { type: "button" }, "Remove");
    drop.onclick = () => { c.turns.splice(turn, 1); turn--; show(); };
    parts.splice(1, 0, move, drop);
  }
  $("turns").replaceChildren(...parts);
}

function showRules() {
  const lines = rules.map((r) => (r.switch ? toggle(r) : slider(r, () => c.subnet[r.key], (v) => { c.subnet[r.key] = v; })));
  const form = element("select", {}, ...["2026", "2024"].map((y) => element("option", { value: y }, y)));
  form.value = c.subnet.yuma;
  form.onchange = () => { c.subnet.yuma = form.value; dim(); changed(); };
  const epochs = { name: "Epochs", about: "to settle", min: 1, max: Math.max(200, c.epochs), step: 1, most: model.maxEpochs };
  $("rules").replaceChildren(
    slider(epochs, () => c.epochs, (v) => { c.epochs = Math.round(v); }), ...lines,
    element("label", { class: "rule" }, element("span", { class: "name" }, "Form of the rules"), form));
  dim();
}

function slider(r, get, set) {
  const range = element("input", { type: "range", min: r.min ?? 0, max: r.max, step: r.step, value: get(), "aria-label": r.name });
  const text = element("input", { type: "number", min: r.min ?? 0, max: r.most ?? r.max, step: r.step, value: get(), "aria-label": r.name });
  const take = (from, to) => {
    const v = model.number(from.value === "" ? NaN : Number(from.value), r.min ?? 0, r.most ?? r.max, get());
    set(v);
    to.value = v;
    changed();
  };
  range.addEventListener("input", () => take(range, text));
  text.addEventListener("input", () => take(text, range));
  return element("div", { class: "rule", "data-key": r.key }, element("span", { class: "name" }, r.name, element("span", { class: "quiet" }, r.about)), range, text);
}

function toggle(r) {
  const box = element("input", { type: "checkbox", role: "switch" });
  box.checked = c.subnet[r.key] ?? r.otherwise ?? false;
  box.onchange = () => { c.subnet[r.key] = box.checked; dim(); changed(); };
  return element("label", { class: "rule", "data-key": r.key }, element("span", { class: "name" }, r.name, element("span", { class: "quiet" }, r.about)), box);
}

// dim switches rules off that have no effect under the others.
function dim() {
  for (const r of rules) {
    const off = r.when && !r.when(c.subnet);
    const line = document.querySelector(`.rule[data-key="${r.key}"]`);
    line.classList.toggle("off", Boolean(off));
    line.querySelectorAll("input").forEach((i) => { i.disabled = Boolean(off); });
  }
}

function title(name, about) {
  $("preset").value = presets.find((p) => p.title === name)?.name ?? "";
  $("case-title").textContent = name || "Laboratory";
  $("about").textContent = about ?? "";
}

async function begin(name) {
  const p = presets.find((p) => p.name === name);
  try {
    c = model.fromArchive(await json(await fetch(`/presets/${encodeURIComponent(name)}`)));
  } catch (e) { trouble(e.message); return; }
  turn = 0; bonds = [];
  title(p.title, p.about);
  show();
}

function say(text) { $("say").textContent = text; }

function save(name, blob) {
  const a = element("a", { href: URL.createObjectURL(blob), download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}

function buttons() {
  $("preset").onchange = () => { trouble(""); begin($("preset").value); };
  $("save").onclick = () => save("archive.json", new Blob([JSON.stringify(model.toArchive(c))], { type: "application/json" }));
  $("link").onclick = async () => {
    history.replaceState(null, "", model.toFragment(c));
    try {
      await navigator.clipboard.writeText(location.href);
      $("link").textContent = "Copied";
      say("The address of this case is on the clipboard.");
    } catch { $("link").textContent = "It is in the address bar"; }
    setTimeout(() => { $("link").textContent = "Copy link"; }, 1500);
  };
  $("open").onchange = async () => {
    try {
      c = model.fromArchive(await json(await fetch("/archive", { method: "POST", body: await $("open").files[0].text() })));
      turn = 0; bonds = [];
      trouble("");
      title(c.name, "");
      show();
    } catch (e) { trouble(`This archive cannot be opened: ${e.message}`); }
    $("open").value = "";
  };
  $("add-validator").onclick = () => grow(c.rows.at(-1) + 1, true);
  $("add-miner").onclick = () => grow(c.turns[0].stake.length, false);
  $("drop-validator").onclick = () => c.rows.length > 1 && shrink(c.rows.at(-1));
  $("drop-miner").onclick = () => {
    const miners = c.cols.filter((uid) => !c.rows.includes(uid));
    if (miners.length > 1) shrink(miners.at(-1));
  };
}

function grow(at, validator) {
  if (c.turns[0].stake.length >= model.maxUIDs) { trouble(`The page takes at most ${model.maxUIDs} uids.`); return; }
  trouble("");
  model.insert(c, at, validator);
  bonds = bonds.map((uid) => (uid >= at ? uid + 1 : uid));
  show();
}

function shrink(at) {
  model.remove(c, at);
  bonds = bonds.filter((uid) => uid !== at).map((uid) => (uid > at ? uid - 1 : uid));
  show();
}

// Reports come into the frame.
function play() {
  const frame = $("report"), wait = $("playing"), list = presets.filter((p) => !p.case);
  const choose = () => {
    const p = list.find((p) => p.name === $("scenario").value);
    $("profile").replaceChildren(...p.profiles.map((name) => element("option", {}, name)));
    $("profile").disabled = $("profiles").hidden = p.profiles.length === 0;
    $("scenario-about").textContent = p.about;
  };
  $("scenario").replaceChildren(...list.map((p) => element("option", { value: p.name }, p.name)));
  $("scenario").onchange = choose;
  choose();
  $("play").addEventListener("submit", (e) => { if (e.submitter?.id !== "download") wait.hidden = false; });
  const report = (download) => {
    const form = $("archive-report");
    form.elements.archive.value = JSON.stringify(model.toArchive(c));
    form.elements.download.value = download;
    form.submit();
  };
  $("save-report").onclick = () => report("1");
  $("to-report").onclick = () => {
    wait.hidden = false;
    wait.scrollIntoView({ block: "center" });
    report("");
  };
  frame.addEventListener("load", () => {
    const doc = frame.contentDocument;
    if (!doc || doc.URL === "about:blank") return;
    wait.hidden = true;
    if (doc.contentType === "application/json") {
      frame.hidden = true;
      trouble(JSON.parse(doc.body.textContent).error);
      $("trouble").scrollIntoView({ block: "center" });
      return;
    }
    trouble("");
    frame.hidden = false;
    const fit = () => { frame.style.height = `${doc.documentElement.scrollHeight}px`; };
    new ResizeObserver(fit).observe(doc.body);
    fit();
    frame.scrollIntoView({ block: "start", behavior: "smooth" });
  });
}

async function start() {
  buttons();
  presets = (await json(await fetch("/presets"))).presets;
  const options = (list) => list.map((p) => element("option", { value: p.name }, p.case ? p.title : p.name));
  $("preset").append(
    element("optgroup", { label: "Known cases" }, ...options(presets.filter((p) => p.case))),
    element("optgroup", { label: "First epoch of a scenario" }, ...options(presets.filter((p) => !p.case))));
  play();
  if (location.hash.length > 1) {
    try {
      c = model.fromFragment(location.hash);
      title(c.name, presets.find((p) => p.title === c.name)?.about ?? "");
      show();
      return;
    } catch { trouble("The address holds no case that can be read; this is the first one instead."); }
  }
  await begin(presets[0].name);
}

addEventListener("hashchange", () => location.reload());
start().catch((e) => trouble(e.message));
