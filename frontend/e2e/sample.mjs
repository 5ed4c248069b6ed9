// Fills a server with what pictures need: a plan of three versions, runs of it that
// failed, judgements of two models, labels, failures with their causes, and generated cases.
//
//   SEMANTEST_URL=http://127.0.0.1:8080 SEMANTEST_TOKEN=smt_… node e2e/sample.mjs http://127.0.0.1:8090
//
// The argument is the address of the sample shop (semantest shop); the server needs
// --egress dev and a model, such as that of e2e/model.mjs.
const base = process.env.SEMANTEST_URL ?? "http://127.0.0.1:8080";
const token = process.env.SEMANTEST_TOKEN ?? "";
const shop = process.argv[2] ?? "http://127.0.0.1:8090";

async function ask(query, variables = {}) {
  const response = await fetch(`${base}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(`${errors[0].message}: ${query.slice(0, 90)}`);
  return data;
}

async function until(what, look) {
  const end = Date.now() + 300_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not come within five minutes`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const order = `json: {items: [{sku: TEA-01, quantity: 3}], customer: {name: Ada Lovelace, email: ada@example.com, country: DE}}`;
const plan = (version) => `version: "1"
name: Driftwood shop
description: What people do in the shop, and what its API answers.
tags: [shop]
env: {BASE_URL: "${shop}"}
use: {timeout: ${version === 1 ? "1m" : "2m"}, parallel: 4, viewport: {width: 1280, height: 900}}
gates: {successRate: 0.95, judge: 0.8}
judge: {llm: {votes: 3}}
cases:
  - id: api.product
    name: The price of the mug
    kind: api
    steps:
      - http: /api/products/MUG-01
        check: [{status: 200}, {jsonpath: $.price, equals: "16.00"}]
  - id: api.order
    name: An order is taken
    kind: api
    steps:
      - name: Place an order
        http: {method: POST, url: /api/orders, headers: {X-Shop-Fault: "500"}, ${order}}
        check: [{status: 201}, {jsonpath: $.state, equals: PENDING}]
${version < 2 ? "" : `  - id: api.order.twice
    name: An order is taken once more
    kind: api
    steps:
      - name: Place an order
        http: {method: POST, url: /api/orders, headers: {X-Shop-Fault: "500"}, ${order}}
        check: [{status: 201}, {jsonpath: $.state, equals: PENDING}]
`}${version < 3 ? "" : `  - id: api.total
    name: The API adds up
    kind: api
    steps:
      - http: {method: POST, url: "/api/cart/items?fault=wrong-total", json: {sku: TEA-01, quantity: 3}}
      - name: Read the total
        http: /api/cart
        check: [{status: 200}, {jsonpath: $.total, equals: "31.76"}]
`}  - id: ui.search
    name: Searching finds the mugs
    kind: browser
    steps:
      - goto: /
      - fill: {label: Search the shop, value: mug}
      - expect: {text: {css: "#result-count"}, equals: 2 products}
      - screenshot: {name: found}
  - id: ui.total
    name: The cart adds up
    kind: browser
    steps:
      - goto: /products/TEA-01${version < 3 ? "" : "?fault=wrong-total"}
      - click: {role: button, name: Add to cart}
      - expect: {text: {css: "#cart-count"}, equals: "1"}
      - goto: /cart
      - expect: {text: {css: "#total"}, equals: "14.85"}
        timeout: 2s
  - {id: visual.home, name: The front page looks as accepted, kind: visual, url: "/${version < 3 ? "" : "?fault=shifted-banner"}", viewports: [{width: 1280, height: 900}, {width: 390, height: 844}], missing: pass}
  - id: load.products
    name: The catalogue answers many callers at once
    kind: load
    uses: api.product
    scenarios: {visitors: {executor: constant-vus, vus: 10, duration: 6s, thinkTime: {min: 20ms, max: 80ms}}}
    thresholds: {http_req_failed: ["rate<0.01"], http_req_duration: ["p(95)<500"]}
  - {id: a11y.home, name: The front page is for everybody, kind: accessibility, url: /, standard: wcag2aa}
  - {id: vitals.home, name: The front page is fast, kind: performance, url: /, runs: 2, thresholds: {LCP: ["median<4000"]}}
`;

const ended = (id) => until("the end of the run", async () => {
  const { run } = await ask("query($id: ID!) { run(id: $id) { id status assessment { id status } } }", { id });
  return ["PASSED", "FAILED", "ERRORED"].includes(run.status) && run.assessment && run.assessment.status !== "PENDING" ? run : null;
});
const start = async (planId) => ended((await ask("mutation($id: ID!) { startRun(input: {planId: $id}) { run { id } } }", { id: planId })).startRun.run.id);

const { plan: made } = (await ask("mutation($source: String!) { createPlan(input: {source: $source}) { plan { id } } }", { source: plan(1) })).createPlan;
const before = await start(made.id);
await ask("mutation($id: ID!) { acceptAll(input: {runId: $id}) { clientMutationId } }", { id: before.id });
for (const version of [2, 3]) await ask("mutation($id: ID!, $source: String!) { updatePlan(input: {id: $id, source: $source}) { plan { id } } }", { id: made.id, source: plan(version) });
const run = await start(made.id);

const judged = async (more) => {
  const { assessment } = (await ask(`mutation($id: ID!) { assessRun(input: {runId: $id, judge: LLM, ${more}}) { assessment { id } } }`, { id: run.id })).assessRun;
  return until("the judgement", async () => {
    const { assessment: now } = await ask("query($id: ID!) { assessment(id: $id) { id status panel { items { criterion id answer } } } }", { id: assessment.id });
    return now.status === "PENDING" ? null : now;
  });
};
const first = await judged("votes: 3");
await judged('votes: 5, model: "stub-2"');
for (const [i, { criterion, id, answer }] of (first.panel?.items ?? []).entries()) {
  if (i % 4 === 3) continue;
  const label = i === 1 ? (answer === "FAIL" ? "PASS" : "FAIL") : answer === "UNDECIDED" ? "UNCLEAR" : answer;
  await ask("mutation($input: LabelAssessmentInput!) { labelAssessment(input: $input) { label { id } } }", { input: { assessmentId: first.id, criterion, item: id, label, note: i === 1 ? "The order is lost, look at the log of the shop" : "" } });
}
await ask("mutation($id: ID!) { analyzeFailures(input: {runId: $id}) { clusters { id } } }", { id: run.id });
await until("the causes", async () => {
  const { run: now } = await ask("query($id: ID!) { run(id: $id) { failureClusters { cluster { analysis { status } } } } }", { id: run.id });
  return now.failureClusters.every(({ cluster }) => cluster.analysis && cluster.analysis.status !== "PENDING");
});

// Cases of a document, some of which a person has decided on, and of requirements, one of which asks for what the shop does not do.
const generated = async (input) => {
  const { generation } = (await ask("mutation($input: GenerateTestCasesInput!) { generateTestCases(input: $input) { generation { id } } }", { input })).generateTestCases;
  return until("the generated cases", async () => {
    const { generation: now } = await ask("query($id: ID!) { generation(id: $id) { id status reason cases(states: [PROPOSED]) { id } } }", { id: generation.id });
    return ["QUEUED", "RUNNING"].includes(now.status) ? null : now;
  });
};
await generated({ source: { requirements: "REQ-1: A product can be read by its SKU.\nREQ-2: The mug costs nothing.\nREQ-3: An order has a number.\nREQ-4: Nothing is asked elsewhere." }, target: shop, maxCases: 5, timeoutMs: 60_000 });
const proposals = await generated({ source: { openapiUrl: `${shop}/openapi.yaml` }, target: shop, maxCases: 8, timeoutMs: 120_000 });
const [one, two] = proposals.cases;
if (one) await ask("mutation($ids: [ID!]!) { approveGeneratedCases(input: {ids: $ids, name: \"Driftwood shop, generated\"}) { plan { id } } }", { ids: [one.id] });
if (two) await ask("mutation($ids: [ID!]!) { rejectGeneratedCases(input: {ids: $ids, reason: \"The same is in another plan\"}) { cases { id } } }", { ids: [two.id] });
console.log(`the plan ${made.id}, the run ${run.id}, the assessment ${first.id} and the generation ${proposals.id} are there`);
