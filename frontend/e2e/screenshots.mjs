// Pictures of every page, light and dark, on a desk and on a phone.
//
//   SEMANTEST_URL=http://127.0.0.1:8080 SEMANTEST_TOKEN=smt_… npm run screenshots [-- FOLDER [PART OF A NAME]]
//
// With SEMANTEST_EMAIL and SEMANTEST_PASSWORD the pages are those of a person;
// only an administrator sees all of the settings. The server wants data: a plan with two runs, of which one failed,
// and what models say of it; e2e/sample.mjs makes them.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const base = process.env.SEMANTEST_PAGES ?? process.env.SEMANTEST_URL ?? "http://127.0.0.1:8080";
const token = process.env.SEMANTEST_TOKEN ?? "";
const email = process.env.SEMANTEST_EMAIL ?? "";
const [folder = "screenshots", only = ""] = process.argv.slice(2);
if (!token) {
  console.error("SEMANTEST_TOKEN is missing: semantest token create makes one");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

async function ask(query, variables = {}) {
  const response = await fetch(`${process.env.SEMANTEST_URL ?? base}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

const { plans, runs, generations } = await ask("{ generations(first: 2) { nodes { id } } plans(first: 1) { nodes { id } } runs(first: 20) { nodes { id status plan { id } comparisons(first: 1) { nodes { id } } assessment { id } assessments(first: 5) { nodes { id judge status } } } } }");
const run = runs.nodes.find(({ status }) => status === "FAILED") ?? runs.nodes[0];
const compared = runs.nodes.find(({ comparisons }) => comparisons.nodes.length > 0);
const other = runs.nodes.find(({ id, plan }) => id !== run?.id && plan.id === run?.plan.id);
const judged = runs.nodes.map(({ assessments }) => assessments.nodes.filter(({ judge, status }) => judge === "LLM" && status !== "PENDING")).find((found) => found.length > 0) ?? [];
const results = run ? (await ask("query($id: ID!) { run(id: $id) { results(first: 50) { nodes { id kind outcome artifacts { name } } } } }", { id: run.id })).run.results.nodes : [];
const withArchive = results.find(({ artifacts }) => artifacts.some(({ name }) => name === "network.har"));
const failed = results.find(({ outcome }) => outcome === "FAILED") ?? results[0];

const pages = [
  ["overview", "/"],
  ["plans", "/plans"],
  ["plan", plans.nodes[0] && `/plans/${plans.nodes[0].id}`],
  ["plan-versions", plans.nodes[0] && `/plans/${plans.nodes[0].id}?tab=versions`],
  ["plan-runs", plans.nodes[0] && `/plans/${plans.nodes[0].id}?tab=runs`],
  ["plan-schedules", plans.nodes[0] && `/plans/${plans.nodes[0].id}?tab=schedules`],
  ["plan-new", "/plans/new"],
  ["runs", "/runs"],
  ["run", run && `/runs/${run.id}`],
  ["run-failures", run && `/runs/${run.id}?view=failures`],
  ["run-workers", run && `/runs/${run.id}?view=workers`],
  ["run-log", run && `/runs/${run.id}?view=log`],
  ["run-quality", run && `/runs/${run.id}?view=quality`],
  ["compare", run && other && `/runs/${run.id}/compare?with=${other.id}`],
  ["review", compared && `/runs/${compared.id}/review`],
  ["result", failed && `/runs/${run.id}/results/${failed.id}`],
  ["result-history", failed && `/runs/${run.id}/results/${failed.id}?view=history`],
  ["result-network", withArchive && `/runs/${run.id}/results/${withArchive.id}?view=network`],
  ["result-console", withArchive && `/runs/${run.id}/results/${withArchive.id}?view=console`],
  ["result-pictures", withArchive && `/runs/${run.id}/results/${withArchive.id}?view=pictures`],
  ...["LOAD", "BROWSER"].map((kind) => {
    const found = results.find((r) => r.kind === kind);
    return [`result-${kind.toLowerCase()}`, found && `/runs/${run.id}/results/${found.id}`];
  }),
  ["assessments", "/assessments"],
  ["assessment", run?.assessment && `/assessments/${run.assessment.id}`],
  ["judgement", judged[0] && `/assessments/${judged.at(-1).id}`],
  ["judgements-compare", judged[1] && `/assessments/compare?a=${judged.at(-1).id}&b=${judged[0].id}`],
  ["calibration", "/assessments/calibration"],
  ["generations", "/generations"],
  ["generation-new", "/generations/new"],
  ["generation", generations.nodes[0] && `/generations/${generations.nodes[0].id}`],
  ["generation-requirements", generations.nodes[1] && `/generations/${generations.nodes[1].id}`],
  ...["members", "tokens", "secrets", "webhooks", "limits", "audit", "workers"].map((part) => [`settings-${part}`, `/settings/${part}`]),
  ["api", "/graphiql"],
  ["palette", "/runs", (page) => page.keyboard.press("Control+K")],
  ["shortcuts", "/runs", (page) => page.keyboard.press("?")],
  ["not-found", "/nowhere"],
].filter(([name, path]) => path && name.includes(only));

const executablePath = [process.env.SEMANTEST_BROWSER, "/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
const browser = await chromium.launch({ executablePath });
let wide = 0;
// One browser window for all: signing in again and again would meet the limit of it.
const context = await browser.newContext();
const page = await context.newPage();
await page.goto(email ? base : `${base}/#token=${token}`);
if (email) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(process.env.SEMANTEST_PASSWORD ?? "");
  await page.keyboard.press("Enter");
}
await page.getByRole("navigation", { name: "Pages" }).waitFor();
for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1280, 900], [390, 844]]) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const stranger = await browser.newPage({ viewport: { width, height }, colorScheme });
    await stranger.goto(base);
    await stranger.getByLabel("E-mail").waitFor();
    await stranger.screenshot({ path: join(folder, `sign-in-${width}-${colorScheme}.png`) });
    await stranger.close();
    for (const [name, path, act] of pages) {
      await page.goto(base + path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      if (act) {
        await act(page);
        await page.getByRole("dialog").waitFor();
      }
      await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => undefined); // a live page never is
      await page.waitForTimeout(300);
      if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) {
        console.error(`${name} is wider than ${width} px`);
        wide++;
      }
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
    }
  }
}
await browser.close();
console.log(`${(pages.length + 1) * 4} pictures in ${folder}`);
process.exit(wide > 0 ? 1 : 0);
