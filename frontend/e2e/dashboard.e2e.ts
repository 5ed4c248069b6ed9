import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { account, chromiumPath, Room, type Server } from "./server";

let room: Room | undefined;
let server: Server;
let shop: string;
let browser: Browser | undefined;

beforeAll(async () => {
  room = new Room();
  [server, shop, browser] = await Promise.all([room.server(), room.shop(), chromium.launch({ executablePath: chromiumPath() })]);
});

async function open(options: Parameters<Browser["newPage"]>[0]): Promise<Page> {
  if (!browser) throw new Error("there is no browser");
  const page = await browser.newPage(options);
  page.setDefaultTimeout(60_000);
  return page;
}

afterAll(async () => {
  await browser?.close();
  await room?.close();
});

// Eight cases that take their time, one that fails, and a key that is misspelt.
const plan = (base: string) => `version: "1"
name: Dashboard journey
env: {BASE_URL: "${base}"}
use: {parallel: 2}
cases:
  - id: price
    name: The mug costs nothing
    kind: api
    steps:
      - htpp: /api/products/MUG-01
        check: [{jsonpath: $.price, equals: "0.00"}]
${Array.from({ length: 8 }, (_, i) => `  - {id: slow.${i}, name: Slow case ${i + 1}, kind: api, steps: [{wait: 2s}, {http: /api/products}]}`).join("\n")}
`;

it("leads from signing in to the reason of a failure, over a restart of the server", async () => {
  const page = await open({ viewport: { width: 1280, height: 900 } });
  const wrong = watchConsole(page);

  // The page that was asked for comes after signing in.
  await page.goto(`${server.url}/plans/new`);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill("not-the-password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(/password/i).filter({ hasText: /wrong|not|match|invalid/i }).first().waitFor();
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();

  // Write a plan with a mistake, and mend it by what stands at its line.
  const editor = page.getByRole("textbox", { name: "Plan, as YAML" });
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(plan(shop));
  const mistake = page.getByRole("region", { name: "Mistakes" }).getByRole("button").filter({ hasText: "htpp" });
  await mistake.waitFor();
  await page.locator(".cm-lint-marker-error").first().waitFor();
  expect(await page.getByRole("button", { name: "Save plan" }).isDisabled()).toBe(true);
  await mistake.click();
  for (let i = 0; i < "htpp".length; i++) await page.keyboard.press("Delete");
  await page.keyboard.insertText("http");
  await page.getByText("Valid, 9 cases").waitFor();
  await page.getByRole("button", { name: "Save plan" }).click();

  // Start it, and see it go on.
  await page.getByRole("heading", { name: "Dashboard journey" }).waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
  await page.waitForURL(/\/runs\/run_/);
  const summary = page.getByRole("region", { name: "Summary" });
  await page.getByRole("option", { name: /Running.*Slow case/ }).first().waitFor();
  await summary.getByText(/^[1-7] of 9$/).waitFor();

  // The server goes and comes again; the page stays, says so, and misses nothing.
  await page.evaluate(() => (document.body.dataset.same = "yes"));
  await server.stop();
  await summary.getByText("Connection lost").waitFor();
  await server.start();
  await page.getByRole("heading", { name: /Dashboard journey Failed/ }).waitFor();
  expect(await page.evaluate(() => document.body.dataset.same)).toBe("yes");
  await summary.getByText("9 of 9").waitFor();
  await page.getByRole("tab", { name: "Log", exact: true }).click();
  const log = page.getByRole("log", { name: "Events" });
  await log.getByText("run failed").waitFor();
  const told = await log.locator("p").allInnerTexts();
  expect(told.filter((line) => /slow\.\d+ passed/.test(line.replace(/\s+/g, " ")))).toHaveLength(8);

  // Why did it fail?
  await page.getByRole("tab", { name: /Cases/ }).click();
  await page.getByRole("option", { name: /Failed.*The mug costs nothing/ }).click();
  await page.getByRole("link", { name: "Open" }).click();
  await page.waitForURL(/\/results\/res_/);
  const check = page.getByRole("list", { name: "Checks" });
  await check.getByText("Expected").waitFor();
  expect(await check.locator("mark").allInnerTexts()).toEqual(expect.arrayContaining(["0", "16"]));

  expect(wrong()).toEqual([]);
  await page.close();
});

it("keeps its size, its colours and its keys on a phone and in the dark", async () => {
  const page = await open({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await page.goto(server.url);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  for (const place of ["Plans", "Runs", "Overview"]) {
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: place }).click();
    await page.getByRole("heading", { name: place, level: 1 }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), place).toBe(true);
  }
  await page.keyboard.press("Control+K");
  await page.getByPlaceholder("Find plans, runs and pages").fill("journey");
  await page.getByRole("option", { name: "Dashboard journey" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/plans\/pln_/);
  await page.getByRole("button", { name: "Account and looks" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.close();
});

/** What a page complains of, other than a server that is away. */
function watchConsole(page: Page): () => string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_CONNECTION_|WebSocket connection/.test(message.text())) complaints.push(message.text());
  });
  return () => complaints;
}
