// A language model for pictures and tests of the pages: it speaks OpenAI's API and
// answers checklists, causes of failures and requests for cases with what stands
// in the request, the same each time. Votes of different seeds differ here and there.
//
//   node e2e/model.mjs 127.0.0.1:8099
import { createServer } from "node:http";

/** Serves the model; the promise has the server when it listens. */
export function serveModel(host, port) {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const answer = request.url === "/v1/models" ? { object: "list", data: [{ id: "stub-1", object: "model" }, { id: "stub-2", object: "model" }] } : chat(JSON.parse(body));
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(answer));
    });
  });
  return new Promise((resolve) => server.listen(port, host, () => resolve(server)));
}

function chat(asked) {
  const text = asked.messages.map(({ content }) => (typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n"))).join("\n");
  const form = asked.response_format?.json_schema?.schema;
  const fields = form?.properties ?? {};
  const said = fields.cause ? causeOf(text) : fields.cases ? { cases: casesOf(text) } : checklist(fields, text, asked.model, asked.seed ?? 0);
  const content = JSON.stringify(said);
  return {
    id: "chat_1", object: "chat.completion", model: asked.model,
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
    usage: { prompt_tokens: Math.ceil(text.length / 4), completion_tokens: Math.ceil(content.length / 4), total_tokens: Math.ceil((text.length + content.length) / 4) },
  };
}

// Each item by the first line of its criterion; a line that tells of a failure is answered with fail.
function checklist(fields, text, model, seed) {
  const lines = [...text.matchAll(/^\[(E\d+)\] \((\w+)\) (.+)$/gm)].map(([, id, criterion, line]) => ({ id, criterion, line }));
  const screens = [...text.matchAll(/is the screenshot (S\d+)/g)].map(([, id]) => id);
  return Object.fromEntries(
    Object.keys(fields).map((key, i) => {
      const criterion = key.slice(0, key.indexOf("_"));
      const own = lines.filter((line) => line.criterion === criterion);
      const seen = /_(readable|complete|ordered)$/.test(key);
      if (seen && screens.length > 0) return [key, { evidence: [{ source: screens[0], quote: "The heading, the texts and the buttons stand apart and can be read" }], reason: "The screenshot shows a whole page whose parts stand apart.", answer: "pass" }];
      const bad = own.find(({ line }) => /fail|500|broken|violat|late|missing/i.test(line));
      const strict = /_(main_purpose|no_server_fault|layout_sound|texts_perceivable)$/.test(key);
      const chosen = (strict ? bad : undefined) ?? own[i % Math.max(own.length, 1)];
      if (!chosen) return [key, { evidence: [], reason: "The evidence does not tell.", answer: "unclear" }];
      // One item on which votes differ, and one that a vote answers without evidence.
      const doubts = key.endsWith("_steady") && seed % 2 === 1;
      const careless = key.endsWith("_data_safe") && seed === 1;
      const harsh = model === "stub-2" && key.endsWith("_data_safe");
      const answer = (strict && bad) || doubts || harsh ? "fail" : "pass";
      const quote = careless ? "nobody wrote this line anywhere" : chosen.line.slice(0, 220);
      return [key, { evidence: [{ source: chosen.id, quote }], reason: answer === "fail" ? "A case that stands for it did not do what its plan asks." : "What was measured shows no sign of it.", answer }];
    }),
  );
}

function causeOf(text) {
  const message = /failure 1, case [^:]+: (.+)/.exec(text)?.[1] ?? "";
  const server = /50\d/.test(message);
  return {
    quotes: [message.slice(0, 160)],
    explanation: server ? "The target itself breaks when an order is placed; the request is the one that its documents ask for." : "The answer comes, but holds another value than the plan expects.",
    cause: server || /total|price/.test(message) ? "PRODUCT_FAULT" : "UNKNOWN",
  };
}

// A case for each requirement, of which one cites what nobody wrote and one leaves the target.
function casesOf(text) {
  const required = [...text.matchAll(/^\[?([A-Z]+-?\d+)\]?:? (.+)$/gm)].map(([, id, sentence]) => ({ id, sentence }));
  return required.map(({ id, sentence }, i) => ({
    requirement: id,
    quote: i === 2 ? "a sentence that nobody wrote" : sentence.slice(0, 120),
    case: {
      id: `req.${id.toLowerCase()}`, name: sentence.slice(0, 70), kind: "api",
      steps: [{ http: { url: i === 3 ? "https://elsewhere.test/api/products" : "/api/products/MUG-01" }, check: [{ status: 200 }, { jsonpath: "$.price", equals: i === 1 ? "0.00" : "16.00" }] }],
    },
  }));
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const [host = "127.0.0.1", port = "8099"] = (process.argv[2] ?? "127.0.0.1:8099").split(":");
  await serveModel(host, Number(port));
  console.log(`the model answers at http://${host}:${port}/v1`);
}
