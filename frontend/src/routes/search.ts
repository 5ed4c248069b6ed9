// Addresses come from anywhere: what is not one of the words is left out.

export function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" && value.length <= 500 ? value : undefined;
}

/** A count or an ordinal. */
export function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 1e6 ? value : undefined;
}

export function oneOf<Word extends string>(words: readonly Word[], value: unknown): Word | undefined {
  return words.find((word) => word === value);
}

/** The words that a list, or a single value, has. */
export function someOf<Word extends string>(words: readonly Word[], value: unknown): Word[] | undefined {
  const given: unknown[] = Array.isArray(value) ? value : [value];
  const known = words.filter((word) => given.includes(word));
  return known.length > 0 ? known : undefined;
}
