// Uses the laboratory's report and page as a person would, fails where they do not answer, and takes
// pictures: lab-pages.mjs REPORT PAGE DIR. scripts/lab-pages.sh runs it.
import { launch, tooWide, visit } from "./screenshot/browser.mjs";

const [reportURL, pageURL, dir] = process.argv.slice(2);
const looks = [
  { name: "", width: 1280, height: 860, scheme: "light", scale: 1 }, { name: "-dark", width: 1280, height: 860, scheme: "dark", scale: 1 },
  { name: "-phone", width: 390, height: 844, scheme: "light", scale: 1.5 }, { name: "-phone-dark", width: 390, height: 844, scheme: "dark", scale: 1.5 },
];
const wrong = [];
const expect = (yes, what) => { if (!yes) wrong.push(what); };
const text = (page, selector) => page.locator(selector).first().innerText();

// readReport reads values and goes through the epochs of a matrix.
async function readReport(page) {
  const last = Number(await text(page, "#groups-pay .at b"));
  await page.locator("#groups-pay .area").hover();
  const at = Number(await text(page, "#groups-pay .at b"));
  expect(Math.abs(at - last / 2) < last / 8, `the middle of ${last} epochs reads as epoch ${at}`);
  await page.locator("#weights .slide input").fill("0");
  expect((await text(page, "#weights .at b")) === "0", "the slider of the weights does not lead to epoch 0");
  await page.locator("#weights .cells").press("ArrowRight");
  expect((await text(page, "#weights .read")).includes("→"), "a cell cannot be read");
  await page.locator("#weights .slide input").fill("24");
  await page.getByText("Uids", { exact: true }).click();
  expect(await page.locator("#uids-pay").isVisible(), "the lines of single uids do not come");
  await page.getByText("Groups", { exact: true }).click();
}

// settled waits for the server's answer to what was just done.
const settled = async (page, act) => {
  const answer = page.waitForResponse((r) => r.url().includes("/replay"));
  await act();
  await answer;
  await page.waitForTimeout(150);
};

// drag moves stakes, weights and rules, and looks for what they move.
async function drag(page, phone) {
  const drawn = () => page.locator("#dividends-chart .line").first().getAttribute("d");
  const first = await drawn();
  await settled(page, () => page.locator(".stake input[type=range]").nth(2).fill("300"));
  expect((await drawn()) !== first, "a stake does not move the dividends");
  const cell = page.locator("#weights tbody button").nth(4); // validator 1, its first miner
  if (phone) {
    await cell.tap();
    await settled(page, () => page.locator("#less").tap());
  } else {
    const box = await cell.boundingBox();
    await page.mouse.move(box.x + 5, box.y + 15);
    await page.mouse.down();
    await settled(page, () => page.mouse.move(box.x + 5, box.y + 60, { steps: 5 }));
    await page.mouse.up();
  }
  expect((await cell.innerText()) !== "100", "a weight is not dragged");
  const second = await drawn();
  await settled(page, () => page.locator(".rule[data-key=bonds_average] input[type=range]").fill("0.5"));
  expect((await drawn()) !== second, "a rule does not move the dividends");
  await page.waitForTimeout(500); // the address follows
  const link = page.url(), kept = await drawn();
  await page.goto("about:blank");
  await settled(page, () => page.goto(link));
  expect((await drawn()) === kept, "a link does not bring the case back");
}

// speed is how long the largest known case takes from a slider to the drawing.
async function speed(page) {
  await settled(page, () => page.locator("#preset").selectOption("market"));
  const took = [];
  for (let i = 0; i < 10; i++) {
    await settled(page, () => page.locator(".stake input[type=range]").first().fill(String(1000 + 50 * i)));
    took.push(Number((await page.locator("#speed").textContent()).match(/in (\d+) ms/)[1]));
  }
  console.log(`8 × 16 × 60: ${took.join(", ")} ms from the change to the drawing`);
}

// play shows reports inside the page.
async function play(page) {
  await page.locator("#scenario").selectOption("control-liar");
  await page.locator("#play button").first().click();
  const frame = page.frameLocator("#report");
  await frame.getByText("The attack pays").waitFor({ timeout: 30_000 });
  await page.locator("#to-report").click();
  await frame.getByText("an archive's stakes and weights").waitFor({ timeout: 30_000 });
}

const browser = await launch();
try {
  for (const look of looks) {
    const phone = look.width < 600;
    const report = await visit(browser, reportURL, look);
    await readReport(report.page);
    await tooWide(report.page, report.problems);
    await report.page.mouse.move(0, 0);
    await report.page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
    await report.page.screenshot({ path: `${dir}/lab-report${look.name}.png`, clip: { x: 0, y: 0, width: look.width, height: 930 }, fullPage: true });

    const lab = await visit(browser, pageURL, look);
    await lab.page.locator("#dividends-chart .line").first().waitFor();
    await drag(lab.page, phone);
    await speed(lab.page);
    await tooWide(lab.page, lab.problems);
    await settled(lab.page, () => lab.page.locator("#preset").selectOption("copier"));
    await lab.page.locator("#weights tbody button").nth(7).focus();
    await lab.page.evaluate((phone) => scrollTo(0, phone ? 290 : 0), phone);
    await lab.page.waitForTimeout(200);
    await lab.page.screenshot({ path: `${dir}/lab-page${look.name}.png` });
    await play(lab.page);
    wrong.push(...[...report.problems, ...lab.problems].map((p) => `${look.width} px, ${look.scheme}: ${p}`));
    await report.page.close();
    await lab.page.close();
  }
} finally {
  await browser.close();
}
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exitCode = 1;
}
