import { isObject, textOr } from "./unknown";

export const consoleLevels = ["error", "warning", "info", "debug"] as const;
export type ConsoleLevel = (typeof consoleLevels)[number];

export interface ConsoleLine {
  /** The time of day. */
  at: string;
  level: ConsoleLevel;
  text: string;
  /** Address, line and column; empty where nobody knows. */
  where: string;
  uncaught: boolean;
}

/** The lines of console.jsonl; what is no line of it is left out. */
export function readConsole(text: string): ConsoleLine[] {
  return text.split("\n").flatMap((line) => {
    let said: unknown;
    try {
      said = JSON.parse(line);
    } catch {
      return [];
    }
    if (!isObject(said)) return [];
    return [
      {
        at: /T(\d\d:\d\d:\d\d\.?\d{0,3})/.exec(textOr(said.time, ""))?.[1] ?? "",
        level: consoleLevels.find((level) => level === said.level) ?? "info",
        text: textOr(said.text, ""),
        where: textOr(said.where, ""),
        uncaught: said.uncaught === true,
      },
    ];
  });
}
