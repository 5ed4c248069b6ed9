// Compares pairs of pictures by pixelmatch, for the test that holds our counts
// against it. Read from the standard input, all numbers little endian: width and
// height (uint32), threshold (float64), includeAA (uint8), then both pictures as
// RGBA. Written for each pair: the count (uint32) and the picture of it as RGBA.
import { createRequire } from "node:module";
import { readSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(process.argv[2] + "/");
const { default: pixelmatch } = await import(pathToFileURL(require.resolve("pixelmatch")));

function read(n) {
  const out = Buffer.alloc(n);
  for (let at = 0; at < n; ) {
    let got;
    try {
      got = readSync(0, out, at, n - at, null);
    } catch (e) {
      if (e.code === "EAGAIN") continue;
      throw e;
    }
    if (got === 0) return null;
    at += got;
  }
  return out;
}

function write(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (e) {
      if (e.code !== "EAGAIN") throw e;
    }
  }
}

for (let head; (head = read(17)); ) {
  const width = head.readUInt32LE(0);
  const height = head.readUInt32LE(4);
  const one = new Uint8Array(read(width * height * 4));
  const two = new Uint8Array(read(width * height * 4));
  const picture = new Uint8Array(width * height * 4);
  const count = pixelmatch(one, two, picture, width, height, {
    threshold: head.readDoubleLE(8),
    includeAA: head[16] === 1,
  });
  const answer = Buffer.alloc(4);
  answer.writeUInt32LE(count);
  write(answer);
  write(picture);
}
