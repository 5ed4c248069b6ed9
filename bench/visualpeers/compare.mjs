// Compares files by what is installed beside it, as the benchmark visual asks:
// a line of JSON for each comparison, on the standard input and output. The time
// is that of the call as a test would make it, without starting anything.
import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import { readFile, writeFile } from "node:fs/promises";

const peers = {
  async odiff() {
    const { ODiffServer } = await import("odiff-bin");
    const server = new ODiffServer();
    return async ({ one, two, out, threshold }) => {
      const found = await server.compare(one, two, out, { threshold, antialiasing: true });
      return found.match ? 0 : found.diffCount;
    };
  },
  async blazediff() {
    const { compare, hasNativeBinding } = await import("@blazediff/bin");
    if (!hasNativeBinding()) throw new Error("its native part is not there");
    return async ({ one, two, out, threshold }) => {
      const found = await compare(one, two, out, { threshold, antialiasing: true });
      return found.match ? 0 : found.diffCount;
    };
  },
  async pixelmatch() {
    const { default: pixelmatch } = await import("pixelmatch");
    const { PNG } = await import("pngjs");
    return async ({ one, two, out, threshold }) => {
      const [a, b] = (await Promise.all([readFile(one), readFile(two)])).map((file) => PNG.sync.read(file));
      const picture = new PNG({ width: a.width, height: a.height });
      const count = pixelmatch(a.data, b.data, picture.data, a.width, a.height, { threshold });
      await writeFile(out, PNG.sync.write(picture));
      return count;
    };
  },
};

const started = {};
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  let answer;
  try {
    started[task.peer] ??= await peers[task.peer]();
    const began = performance.now();
    const count = await started[task.peer](task);
    answer = { count, milliseconds: performance.now() - began };
  } catch (e) {
    answer = { error: String(e.message ?? e).split("\n")[0] };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
process.exit(0);
