/** How often a value was recorded; values are those of the histogram's unit, microseconds. */
export interface Bin {
  value: number;
  count: number;
}

const compressedCookie = 0x1c849304;
const cookie = 0x1c849303;
/** Bytes of a histogram that are read: what is larger is no histogram of ours. */
const most = 8 << 20;

/**
 * Reads HdrHistogram's compressed form (V2) in base64. Each bin stands for the
 * values that the histogram cannot tell apart, by the one in their middle.
 */
export async function decodeHistogram(data: string): Promise<Bin[]> {
  const outer = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const head = new DataView(outer.buffer);
  if (outer.length < 8 || cookieOf(head.getInt32(0)) !== compressedCookie) throw new Error("This is no compressed histogram.");
  const inner = await inflate(outer.subarray(8, 8 + head.getInt32(4)));
  const view = new DataView(inner.buffer, inner.byteOffset, inner.byteLength);
  if (inner.length < 40 || cookieOf(view.getInt32(0)) !== cookie) throw new Error("This is no histogram.");
  const length = view.getInt32(4);
  const digits = view.getInt32(12);
  const lowest = Number(view.getBigInt64(16));
  return [...bins(inner.subarray(40, 40 + length), digits, lowest)];
}

// The lowest four bits of the second byte hold the width of words.
function cookieOf(value: number): number {
  return value & ~0xf0;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const whole = new Uint8Array(await new Response(stream).arrayBuffer());
  if (whole.length > most) throw new Error("The histogram is too large.");
  return whole;
}

function* bins(payload: Uint8Array, digits: number, lowest: number): Generator<Bin> {
  const unit = Math.max(Math.floor(Math.log2(Math.max(lowest, 1))), 0);
  const subBits = Math.max(Math.ceil(Math.log2(2 * 10 ** digits)), 1);
  const subCount = 2 ** subBits;
  const half = subCount / 2;
  let index = 0;
  let at = 0;
  while (at < payload.length) {
    let value = 0;
    let weight = 1;
    // ZigZag LEB128: seven bits a byte, and all eight of a ninth.
    for (let n = 0; ; n++) {
      const byte = payload[at++];
      if (byte === undefined) return;
      if (n === 8) {
        value += byte * weight;
        break;
      }
      value += (byte & 0x7f) * weight;
      weight *= 128;
      if ((byte & 0x80) === 0) break;
    }
    const count = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    if (count < 0) {
      index -= count; // so many empty bins
      continue;
    }
    if (count > 0) {
      let bucket = Math.floor(index / half) - 1;
      let sub = (index % half) + half;
      if (bucket < 0) {
        sub -= half;
        bucket = 0;
      }
      const width = 2 ** (bucket + unit);
      yield { value: sub * width + Math.floor(width / 2), count };
    }
    index++;
  }
}
