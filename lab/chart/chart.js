// Lets values be read: pointing at a drawing, or arrow keys on it, moves a cursor through the epochs or
// over the cells. The values come from the drawing itself. A slider goes through a matrix's epochs.
"use strict";
(() => {
  const list = (text) => (text === "" ? [] : text.split(" ").map(Number));
  const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi);

  function figure(v) {
    const a = Math.abs(v);
    if (a < 0.0005) return "0";
    if (a >= 999.5) return Math.round(v).toLocaleString("en-US");
    const r = Number(v.toPrecision(3)); // 99.99 has the digits of 100
    return r.toFixed(clamp(2 - Math.floor(Math.log10(Math.abs(r))), 0, 3));
  }
  const write = (v, unit) => `${figure(v)}\u00a0${unit}`;

  function lines(chart) {
    const area = chart.querySelector(".area");
    if (!area) return;
    const epochs = list(chart.dataset.epochs), top = Number(chart.dataset.top), unit = chart.dataset.unit;
    const points = [...area.querySelectorAll(".line")].map((p) => p.getAttribute("d").match(/[\d.-]+/g).map(Number));
    const now = [...chart.querySelectorAll(".keys b")], at = chart.querySelector(".at b"), cursor = area.querySelector(".cursor");
    let place = epochs.length - 1;
    function show(i, on) {
      place = i;
      const x = points[0][2 * i];
      cursor.setAttribute("d", on ? `M${x} 0V1000` : "");
      at.textContent = epochs[i];
      points.forEach((p, k) => { now[k].textContent = write((1 - p[2 * i + 1] / 1000) * top, unit); });
    }
    function point(e) {
      const box = area.getBoundingClientRect();
      const x = (1000 * (e.clientX - box.left)) / box.width;
      let best = 0;
      for (let i = 1; i < epochs.length; i++) if (Math.abs(points[0][2 * i] - x) < Math.abs(points[0][2 * best] - x)) best = i;
      show(best, true);
    }
    area.addEventListener("pointermove", point);
    area.addEventListener("pointerdown", point);
    area.addEventListener("pointerleave", (e) => { if (e.pointerType === "mouse") show(epochs.length - 1, false); });
    area.addEventListener("blur", () => show(epochs.length - 1, false));
    keys(area, (dx) => show(clamp(place + dx, 0, epochs.length - 1), true));
  }

  // keys makes a drawing answer to the arrow keys.
  function keys(area, move) {
    area.setAttribute("tabindex", "0");
    area.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
      if (!step) return;
      e.preventDefault();
      move(...step.map((s) => s * (e.shiftKey ? 10 : 1)));
    });
  }

  function heat(chart) {
    const area = chart.querySelector(".cells");
    if (!area) return;
    const rows = JSON.parse(chart.dataset.rows), cols = JSON.parse(chart.dataset.cols);
    const epochs = list(chart.dataset.epochs), top = Number(chart.dataset.top);
    const raw = Uint8Array.from(atob(chart.dataset.cells), (c) => c.charCodeAt(0));
    const value = (frame, i) => { const k = 2 * (frame * rows.length * cols.length + i); return raw[k] | (raw[k + 1] << 8); };
    const read = chart.querySelector(".read"), here = area.querySelector(".here"), slide = chart.querySelector(".slide");
    const at = chart.querySelector(".at b"), shades = [...area.querySelectorAll("path")].slice(0, -2);
    let frame = epochs.length - 1, x = -1, y = 0;
    read.hidden = false;
    function draw() {
      const d = shades.map(() => "");
      for (let i = 0; i < rows.length * cols.length; i++) {
        const level = Math.min(Math.ceil(shades.length * Math.sqrt(value(frame, i) / top)), shades.length);
        if (level > 0) d[level - 1] += `M${i % cols.length} ${Math.floor(i / cols.length)}h1v1h-1z`;
      }
      shades.forEach((s, i) => s.setAttribute("d", d[i]));
      at.textContent = epochs[frame];
      show();
    }
    function show() {
      if (x < 0) return;
      here.setAttribute("d", `M${x} ${y}h1v1h-1z`);
      read.textContent = `${rows[y]} → ${cols[x]}: ${write((100 * value(frame, y * cols.length + x)) / 65535, "%")}`;
    }
    function point(e) {
      const box = area.getBoundingClientRect();
      x = clamp(Math.floor((cols.length * (e.clientX - box.left)) / box.width), 0, cols.length - 1);
      y = clamp(Math.floor((rows.length * (e.clientY - box.top)) / box.height), 0, rows.length - 1);
      show();
    }
    area.addEventListener("pointermove", point);
    area.addEventListener("pointerdown", point);
    keys(area, (dx, dy) => { x = clamp(x + dx, 0, cols.length - 1); y = clamp(y + dy, 0, rows.length - 1); show(); });
    if (!slide) return;
    slide.hidden = false;
    slide.querySelector("input").addEventListener("input", (e) => { frame = Number(e.target.value); draw(); });
  }

  function start(root) {
    root.querySelectorAll(".chart.lines").forEach(lines);
    root.querySelectorAll(".chart.heat").forEach(heat);
  }
  window.ergonCharts = start; // for drawings that come later
  start(document);
})();
