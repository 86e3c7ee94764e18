// Takes a picture of a page: node scripts/screenshot.mjs URL OUT.png [WIDTHxHEIGHT] [light|dark] [full]
// scripts/screenshot.sh installs what it needs first. CHROMIUM names another browser than /usr/bin/chromium.
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("./screenshot/package.json", import.meta.url))("playwright-core");
const [url, out, size = "1280x800", scheme = "light", full] = process.argv.slice(2);
const [width, height] = size.split("x").map(Number);
if (!url || !out || !(width > 0 && height > 0) || !["light", "dark"].includes(scheme)) {
  console.error("usage: screenshot.mjs URL OUT.png [WIDTHxHEIGHT] [light|dark] [full]");
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({
    viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: 2, isMobile: width < 600, hasTouch: width < 600, reducedMotion: "reduce",
  });
  const problems = [];
  page.on("console", (m) => m.type() === "error" && problems.push(m.text())); // a violated content policy is one
  page.on("pageerror", (e) => problems.push(String(e)));
  await page.goto(url, { waitUntil: "load", timeout: 20_000 });
  await page.evaluate(() => document.fonts.ready);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) problems.push(`the page is ${wide} px wider than the window`);
  await page.screenshot({ path: out, fullPage: full === "full" });
  if (problems.length > 0) {
    console.error(problems.join("\n"));
    process.exitCode = 1;
  }
} finally {
  await browser.close();
}
