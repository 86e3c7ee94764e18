// Takes a picture of a page: node scripts/screenshot.mjs URL OUT.png [WIDTHxHEIGHT] [light|dark] [full]
// scripts/screenshot.sh installs what it needs first. CHROMIUM names another browser than /usr/bin/chromium.
import { launch, tooWide, visit } from "./screenshot/browser.mjs";

const [url, out, size = "1280x800", scheme = "light", full] = process.argv.slice(2);
const [width, height] = size.split("x").map(Number);
if (!url || !out || !(width > 0 && height > 0) || !["light", "dark"].includes(scheme)) {
  console.error("usage: screenshot.mjs URL OUT.png [WIDTHxHEIGHT] [light|dark] [full]");
  process.exit(2);
}

const browser = await launch();
try {
  const { page, problems } = await visit(browser, url, { width, height, scheme });
  await tooWide(page, problems);
  await page.screenshot({ path: out, fullPage: full === "full" });
  if (problems.length > 0) {
    console.error(problems.join("\n"));
    process.exitCode = 1;
  }
} finally {
  await browser.close();
}
