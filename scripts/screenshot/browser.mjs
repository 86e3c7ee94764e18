// Opens pages in the system's Chromium, or the one that CHROMIUM names, and collects what is wrong with them.
import { createRequire } from "node:module";

const { chromium } = createRequire(import.meta.url)("playwright-core");

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// visit opens a page and gives it with a list of its problems, which grows.
export async function visit(browser, url, { width, height, scheme, scale = 2 }) {
  const page = await browser.newPage({
    viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: scale, isMobile: width < 600, hasTouch: width < 600, reducedMotion: "reduce",
  });
  const problems = [];
  page.on("console", (m) => m.type() === "error" && problems.push(m.text())); // a violated content policy is one
  page.on("pageerror", (e) => problems.push(String(e)));
  await page.goto(url, { waitUntil: "load", timeout: 20_000 });
  await page.evaluate(() => document.fonts.ready);
  return { page, problems };
}

// tooWide adds a problem where a page is wider than its window.
export async function tooWide(page, problems) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) problems.push(`${page.url()} is ${wide} px wider than the window`);
}
