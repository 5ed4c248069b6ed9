// The pictures of the dashboard that the README shows.
//
//   SEMANTEST_URL=http://127.0.0.1:8080 SEMANTEST_TOKEN=smt_… node e2e/readme.mjs http://127.0.0.1:8090 [FOLDER]
//
// The first argument is the address of the sample shop (semantest shop); the server needs --egress dev. It is best
// a server without anything on it: two plans are started there.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const base = process.env.SEMANTEST_URL ?? "http://127.0.0.1:8080";
const token = process.env.SEMANTEST_TOKEN ?? "";
const [shop = "http://127.0.0.1:8090", folder = "../docs/images"] = process.argv.slice(2);

async function ask(query, variables = {}) {
  const response = await fetch(`${base}/graphql`, { method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}
const start = async (source) => (await ask("mutation($source: String!) { startRun(input: {source: $source}) { run { id plan { id } } } }", { source })).startRun.run;

const browsing = `version: "1"
name: Driftwood shop
description: What a customer and a caller of the API may rely on.
tags: [shop]
env: {BASE_URL: "${shop}"}
use: {timeout: 2m, stepTimeout: 4s, parallel: 3}
gates: {successRate: 0.9}
cases:
  - id: browse.search
    name: Browse the catalogue and search it
    kind: browser
    tags: [smoke]
    steps:
      - goto: /
      - expect: {title: {contains: Driftwood}}
      - expect: {text: {css: "#result-count"}, equals: 24 products}
      - fill: {label: Search the shop, value: mug}
      - expect: {text: {css: "#result-count"}, equals: 3 products}
      - screenshot: {name: results}
  - id: api.price
    name: A mug has its price
    kind: api
    steps: [{http: /api/products/MUG-01, check: [{status: 200}, {jsonpath: $.price, equals: "16.00"}]}]
  - {id: a11y.home, name: The front page is for everybody, kind: accessibility, url: /, standard: wcag2aa}
  - {id: vitals.home, name: The front page is fast, kind: performance, url: /, runs: 3, thresholds: {LCP: ["median<4000"]}}
`;
const sweep = `version: "1"
name: Nightly catalogue sweep
env: {BASE_URL: "${shop}"}
use: {parallel: 3}
cases:
${Array.from({ length: 60 }, (_, i) => `  - {id: sweep.${i}, name: Product ${i + 1} stays on its shelf, kind: api, steps: [{wait: 1s}, {http: /api/products}, {wait: 1s}]}`).join("\n")}
`;

const executablePath = [process.env.SEMANTEST_BROWSER, "/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
const browser = await chromium.launch({ executablePath });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(120_000);
const keep = async (name) => {
  await page.waitForTimeout(500); // pictures of pages come after the pages
  await page.screenshot({ path: join(folder, `dashboard-${name}.png`) });
};

const { id: run, plan } = await start(browsing);
await page.goto(`${base}/runs/${run}#token=${token}`);
await page.getByRole("heading", { name: /Driftwood shop Failed/ }).waitFor();
await page.getByRole("option", { name: /Browse the catalogue/ }).click();
await page.getByRole("link", { name: "Open" }).click();
await page.getByRole("button", { name: /^Enlarge/ }).first().waitFor();
await keep("result");
await page.goto(`${base}/runs/${run}?view=quality`);
await page.getByRole("region", { name: "Verdict" }).getByText("of 100 points").waitFor();
await keep("quality");

await page.goto(`${base}/plans/${plan.id}`);
await page.getByText("Valid, 4 cases").waitFor();
await page.locator(".cm-line", { hasText: "- fill:" }).click();
await page.keyboard.press("Home");
for (let i = 0; i < "- fill".length; i++) await page.keyboard.press("ArrowRight");
await page.keyboard.press("Backspace");
await page.getByRole("region", { name: "Mistakes" }).getByRole("button").first().waitFor();
await page.locator(".cm-scroller").evaluate((scroller) => scroller.scrollTo(0, 0));
await keep("plan");

await page.emulateMedia({ colorScheme: "dark" });
const { id: live } = await start(sweep);
await page.goto(`${base}/runs/${live}`);
await page.getByRole("region", { name: "Summary" }).getByText(/^(9|1\d) of 60$/).waitFor();
// One that has just begun, so that it is still on its way in the picture.
for (let found = false; !found;) {
  await page.getByRole("option", { name: /Running Product/ }).last().click();
  found = await page.getByText(/^Step 1 of 3/).waitFor({ timeout: 500 }).then(() => true, () => false);
}
await page.evaluate(() => window.scrollTo(0, 0));
await keep("run");
await ask("mutation($id: ID!) { stopRun(input: {id: $id}) { run { id } } }", { id: live });
await browser.close();
