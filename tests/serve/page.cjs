// Drives the page in a real Chromium: `node page.cjs URL CHROMIUM [FOLDER for screenshots]`. Prints what is wrong.
"use strict";
const { chromium } = require("playwright-core");
const axe = require("axe-core");

const [url, executablePath, folder] = process.argv.slice(2);
const wrong = [];
const expect = (is, what) => is || wrong.push(what);

async function open(browser, colorScheme) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 850 } });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  page.on("request", (request) => expect(request.url().startsWith(url) || request.url().startsWith("data:"), `foreign ${request.url()}`));
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById("state").textContent === "Connected");
  return page;
}

const shows = (page, selector) => page.waitForSelector(selector, { timeout: 10000 });

async function views(browser, scheme) {
  const page = await open(browser, scheme);
  for (const [view, ready] of [
    ["live", "#live-rows th"],
    ["cost", "#cost-bars button"],
    ["year", "#year-grid td[tabindex='0']"],
    ["plans", "#plans-list > *"],
    ["budgets", "#budgets-rows tr"],
  ]) {
    await page.click(`header nav a[href='#${view}']`);
    await shows(page, ready);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => axe.run());
    for (const found of violations) wrong.push(`axe, ${view}, ${scheme}: ${found.id} at ${found.nodes.map((node) => node.target).join(" ")}`);
    const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(width <= 0, `${view} is ${width} px too wide`);
    if (folder) await page.screenshot({ path: `${folder}/${view}-${scheme}.png` });
  }
  await page.close();
}

async function drill(browser) {
  const page = await open(browser, "light");
  await page.goto(`${url}/#cost`);
  await shows(page, "#cost-bars button");
  const rows = () => page.locator("#cost-rows th").allTextContents();
  const before = await rows();
  await page.locator("#cost-bars button").last().press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("#cost-path li").length === 2);
  expect((await rows()).length > 0 && (await rows()).length <= before.length, "a period has no groups of its own");
  await page.selectOption("#cost-by", "agent");
  await shows(page, "#cost-rows th button");
  await page.locator("#cost-rows th button").first().click();
  await page.waitForFunction(() => document.querySelectorAll("#cost-path li").length === 3);
  if (folder) await page.screenshot({ path: `${folder}/drill.png` });
  await page.locator("#cost-path button").first().click();
  await page.waitForFunction(() => document.querySelectorAll("#cost-path li").length === 1);
  await page.close();
}

async function keyboard(browser) {
  const page = await open(browser, "light");
  await page.keyboard.press("Tab");
  expect((await page.evaluate(() => document.activeElement.className)) === "skip", "the first stop is no skip link");
  await page.goto(`${url}/#year`);
  const today = await shows(page, "#year-grid td[tabindex='0']");
  await today.focus();
  const at = () => page.evaluate(() => document.activeElement.title);
  const first = await at();
  await page.keyboard.press("ArrowLeft");
  const second = await at();
  expect(first && second && first !== second, `arrow keys move nothing: ${first} ${second}`);
  expect((await page.textContent("#year-day")) === second, "the day is not announced");
  expect((await page.locator("#year-grid td[tabindex='0']").count()) === 1, "the grid has several tab stops");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash === "#cost" && document.querySelectorAll("#cost-path li").length === 2);
  const scheme = () => page.evaluate(() => document.documentElement.dataset.scheme);
  await page.click("#scheme");
  await page.click("#scheme");
  expect((await scheme()) === "dark", "the theme cannot be chosen");
  await page.reload();
  expect((await scheme()) === "dark", "the theme is forgotten");
  await page.close();
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    for (const scheme of ["light", "dark"]) await views(browser, scheme);
    await drill(browser);
    await keyboard(browser);
  } catch (error) {
    wrong.push(String(error));
  } finally {
    await browser.close();
  }
  console.log(wrong.join("\n"));
  process.exit(wrong.length ? 1 : 0);
})();
