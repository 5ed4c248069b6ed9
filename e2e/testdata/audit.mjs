// Runs all audits of graphql-http against a server and writes a line for each
// that is not ok, then how many were.
//
//   node audit.mjs PACKAGES URL TOKEN
//
// PACKAGES is a package.json beside which graphql-http is installed.
import { createRequire } from 'node:module';

const [packages, url, token] = process.argv.slice(2);
const { auditServer } = createRequire(packages)('graphql-http');

const results = await auditServer({
  url: url + '/graphql',
  fetchFn: (address, init = {}) =>
    fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
});
let ok = 0;
for (const r of results) {
  if (r.status === 'ok') ok++;
  else console.log(`${r.status} ${r.id} ${r.name}: ${r.reason ?? ''}`);
}
console.log(`${ok} of ${results.length} ok`);
