// Follows a run with the graphql-ws client as its users do, and writes the
// number of each event on a line of its own. The last line is "complete", or
// "error" and what the client threw.
//
//   node follow.mjs PACKAGES URL TOKEN RUN [DISCONNECT]
//
// PACKAGES is a package.json beside which the client is installed. After
// DISCONNECT events the client is disposed and a new one goes on from there.
import { createRequire } from 'node:module';

const [packages, url, token, runId, disconnect] = process.argv.slice(2);
const require = createRequire(packages);
const { createClient } = require('graphql-ws');
const webSocketImpl = globalThis.WebSocket ?? require('ws');

// A client that connects again by itself sends this object again; so it always
// holds the number to go on from.
const payload = {
  query: `subscription($runId: ID!, $after: Int!) { runEvents(runId: $runId, after: $after) { seq type } }`,
  variables: { runId, after: 0 },
};
let left = Number(disconnect ?? 0);

await follow();

async function follow() {
  const client = createClient({
    url: url.replace(/^http/, 'ws') + '/graphql',
    webSocketImpl,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: Infinity,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    shouldRetry: () => true,
  });
  let again = false;
  await new Promise((resolve) => {
    const end = client.subscribe(payload, {
      next({ data, errors }) {
        if (errors) return say('error ' + JSON.stringify(errors));
        if (data.runEvents.seq <= payload.variables.after) say('repeat'); // no number, so a test sees it
        payload.variables.after = data.runEvents.seq;
        say(data.runEvents.seq);
        if (left > 0 && --left === 0) {
          again = true;
          end();
        }
      },
      error(err) {
        say('error ' + (err?.message ?? `${err.code} ${err.reason}` ?? JSON.stringify(err)));
        resolve();
      },
      complete() {
        if (!again) say('complete');
        resolve();
      },
    });
  });
  await client.dispose();
  if (again) await follow();
}

function say(line) {
  process.stdout.write(line + '\n');
}
