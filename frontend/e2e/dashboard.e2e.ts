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

// One picture and one request; the fault moves the banner.
const pictured = (base: string, fault: string) => `version: "1"
name: Pictured
env: {BASE_URL: "${base}"}
cases:
  - {id: home, name: The front page looks as accepted, kind: visual, url: "/?fault=${fault}", viewport: {width: 800, height: 600}, missing: pass}
  - {id: list, name: Products are listed, kind: api, steps: [{http: /api/products}]}
`;

it("leads from a token of one's own to an accepted picture, a comparison and an assessment", async () => {
  const page = await open({ viewport: { width: 1280, height: 900 } });
  const wrong = watchConsole(page);
  await page.goto(`${server.url}/settings/tokens`);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.keyboard.press("Enter");

  // A token is made, shown once, and good for starting a run.
  await page.getByRole("button", { name: "New token" }).first().click();
  await page.getByLabel("Name of the program").fill("pipeline");
  await page.getByLabel("Name of the token").fill("journey");
  await page.getByRole("button", { name: "Make the token" }).click();
  const token = await page.getByTestId("secret").innerText();
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("list", { name: "Tokens of pipeline" }).getByText("journey").waitFor();
  await start(token, pictured(shop, "none"));

  // What nobody has accepted yet is accepted with a key.
  await page.goto(`${server.url}/runs`);
  await page.getByRole("link", { name: "Pictured" }).click();
  await page.getByRole("heading", { name: /Pictured Passed/ }).waitFor();
  await page.getByRole("link", { name: /^Review/ }).click();
  await page.getByText("1 waits for a person").waitFor();
  await page.getByAltText("What was seen").waitFor();
  await page.keyboard.press("a");
  await page.getByText(/Nothing waits/).waitFor();
  await page.getByText(/^Accepted by admin/i).waitFor();

  // The next run sees a difference; a slider shows it, and it is accepted, too.
  await start(token, pictured(shop, "shifted-banner"));
  await page.goto(`${server.url}/runs`);
  await page.getByRole("link", { name: "Pictured" }).first().click();
  await page.getByRole("heading", { name: /Pictured Failed/ }).waitFor();
  await page.getByRole("link", { name: /^Review 1/ }).click();
  await page.getByAltText("What was seen").waitFor();
  await page.keyboard.press("2");
  await page.getByRole("slider").waitFor();
  await page.keyboard.press("a");
  await page.getByText(/Nothing waits/).waitFor();
  await page.goBack();

  // What changed from one run to the other, and how it is assessed.
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByRole("listitem").filter({ hasText: "Regressed" }).getByText("The front page looks as accepted").waitFor();
  await page.goBack();
  await page.getByRole("tab", { name: "Quality" }).click();
  await page.getByRole("region", { name: "Verdict" }).getByText("of 100 points").waitFor();
  await page.getByRole("region", { name: "Criteria" }).getByRole("button", { name: /Functionality/ }).click();
  await page.getByRole("region", { name: "Parts of Functionality" }).waitFor();

  // A token that is revoked is good for nothing.
  await page.goto(`${server.url}/settings/tokens`);
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("revoked", { exact: true }).waitFor();
  await expect.poll(() => start(token, pictured(shop, "none")).then(() => "started", () => "refused"), { timeout: 30_000 }).toBe("refused");
  expect(wrong()).toEqual([]);
  await page.close();
});

/** Starts a run with a token, as a pipeline would; a run of another source of the same name is of the same plan. */
async function start(token: string, source: string) {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: "mutation($source: String!) { startRun(input: {source: $source}) { run { id } } }", variables: { source } }),
  });
  const { data, errors } = (await response.json()) as { data?: object | null; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.[0]?.message ?? "no answer");
}

it("keeps its size, its colours and its keys on a phone and in the dark", async () => {
  const page = await open({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  const wrong = watchConsole(page);
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
  await page.getByPlaceholder("Find plans, cases, runs and pages").fill("journey");
  await page.getByRole("option", { name: "Dashboard journey" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/plans\/pln_/);

  // A failure is a tap away from its run: there is no room for a preview.
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Runs" }).click();
  await page.getByRole("link", { name: "Dashboard journey" }).click();
  await page.getByRole("option", { name: /Failed.*The mug costs nothing/ }).click();
  await page.waitForURL(/\/results\/res_/);
  await page.getByRole("list", { name: "Checks" }).getByText("Expected").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "the result").toBe(true);
  await page.getByRole("button", { name: "Account and looks" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(wrong()).toEqual([]);
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
