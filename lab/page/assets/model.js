// A case as the page holds it: stakes and weights by turn, the epoch from which they hold. Made from an
// archive and back, and written into the address of the page.

export const maxUIDs = 64, maxEpochs = 1000;

export const number = (v, lo, hi, otherwise) => (typeof v === "number" && v >= lo && v <= hi ? v : otherwise);

// fromArchive merges frames that are alike into turns. Its uids that set weights become rows; the others,
// and rows that are given weight, columns.
export function fromArchive(a) {
  const n = a.frames[0].stake.length;
  const turns = [];
  let stake = null;
  a.frames.forEach((f, epoch) => {
    if (f.stake?.length) stake = f.stake;
    const weights = Array.from({ length: n }, (_, uid) => (f.weights?.[uid]?.length ? f.weights[uid] : null));
    const last = turns.at(-1);
    if (last && same(last.stake, stake) && weights.every((row, uid) => same(last.weights[uid], row))) return;
    turns.push({ from: epoch, stake: [...stake], weights: weights.map((row) => row && [...row]) });
  });
  for (const t of turns) t.weights = t.weights.map((row) => row && scaled(row));
  return finish({ name: a.name ?? "", subnet: a.subnet, epochs: a.epochs || a.frames.length, turns });
}

// scaled is a row whose largest weight is 100 where it would not suit the sliders; only proportions count.
function scaled(row) {
  const most = Math.max(...row);
  return most > 0 && (most > 100 || most < 20) ? row.map((w) => (100 * w) / most) : row;
}

function same(a, b) {
  if (a === null || b === null) return a === b;
  return a === b || (a.length === b.length && a.every((v, i) => v === b[i]));
}

// finish finds rows and columns.
function finish(c) {
  const n = c.turns[0].stake.length, uids = [...Array(n).keys()];
  const votes = uids.map((uid) => c.turns.some((t) => t.weights[uid]));
  const liked = uids.map((uid) => c.turns.some((t) => t.weights.some((row, by) => row && by !== uid && row[uid] > 0)));
  c.rows = uids.filter((uid) => votes[uid]);
  c.cols = uids.filter((uid) => !votes[uid] || liked[uid]);
  return c;
}

// toArchive writes a frame for each epoch up to the last turn.
export function toArchive(c) {
  const frames = [];
  c.turns.forEach((t, i) => {
    const until = i + 1 < c.turns.length ? c.turns[i + 1].from : t.from + 1;
    const weights = t.weights.map((row) => row ?? []);
    for (let e = t.from; e < until; e++) frames.push({ stake: e === t.from ? t.stake : [], weights });
  });
  return { name: c.name, subnet: c.subnet, epochs: c.epochs, frames };
}

// A case in the address: the archive with turns in place of frames, which are many and alike.
export function toFragment(c) {
  const text = JSON.stringify({ name: c.name, subnet: c.subnet, epochs: c.epochs, turns: c.turns.map((t) => [t.from, t.stake, t.weights.map((row) => row ?? 0)]) });
  return "#" + btoa(Array.from(new TextEncoder().encode(text), (b) => String.fromCharCode(b)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// fromFragment reads an address, whoever wrote it; it throws for what is no case.
export function fromFragment(fragment) {
  const raw = atob(fragment.slice(1).replace(/-/g, "+").replace(/_/g, "/"));
  const c = JSON.parse(new TextDecoder().decode(Uint8Array.from(raw, (ch) => ch.charCodeAt(0))));
  const n = c.turns[0][1].length;
  const list = (l, hi) => {
    if (l.length !== n) throw new Error("a list of another length");
    return Array.from(l, (v) => number(v, 0, hi, 0));
  };
  if (!(n >= 1 && n <= maxUIDs) || !(c.turns.length <= maxEpochs) || typeof c.subnet !== "object") throw new Error("too large");
  let before = -1;
  const turns = c.turns.map(([from, stake, weights]) => {
    if (!Number.isInteger(from) || from <= before || from >= maxEpochs) throw new Error("epochs out of order");
    before = from;
    return { from, stake: list(stake, 1e8), weights: Array.from({ length: n }, (_, uid) => (weights[uid] ? list(weights[uid], 1e12) : null)) };
  });
  if (turns[0].from !== 0) throw new Error("nothing at epoch 0");
  return finish({ name: String(c.name ?? "").slice(0, 100), subnet: c.subnet, epochs: number(c.epochs, 1, maxEpochs, 60), turns });
}

// insert adds a uid at a place in every turn: a validator with a stake and a row, or a miner.
export function insert(c, at, validator) {
  for (const t of c.turns) {
    t.weights.forEach((row) => row?.splice(at, 0, validator ? 0 : 50));
    const n = t.stake.length + 1;
    const model = c.rows.length ? t.weights[c.rows.at(-1)] : null;
    t.weights.splice(at, 0, validator ? (model ? [...model] : Array(n).fill(0)) : null);
    t.stake.splice(at, 0, validator ? t.stake[c.rows.at(-1)] ?? 100 : 0);
  }
  finish(c);
}

// remove takes a uid out of every turn.
export function remove(c, at) {
  for (const t of c.turns) {
    t.stake.splice(at, 1);
    t.weights.splice(at, 1);
    t.weights.forEach((row) => row?.splice(at, 1));
  }
  finish(c);
}
