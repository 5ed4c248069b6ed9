import type { JudgeAnswer, JudgedItemDetailFragment, LabelDetailFragment } from "@/gql/graphql";

type ItemRef = Pick<JudgedItemDetailFragment, "criterion" | "id">;
type LabelRef = Pick<LabelDetailFragment, "criterion" | "item">;

/** What people say of an item. */
export function labelsOf<Label extends LabelRef>(labels: Label[], { criterion, id }: ItemRef): Label[] {
  return labels.filter((label) => label.criterion === criterion && label.item === id);
}

/** The next item without a label of one's own, round the end; where all have one, the one after, and at the end the last. */
export function nextToLabel(items: ItemRef[], own: LabelRef[], at: number): number {
  for (let step = 1; step < items.length; step++) {
    const next = (at + step) % items.length;
    const item = items[next];
    if (item && labelsOf(own, item).length === 0) return next;
  }
  return Math.min(at + 1, items.length - 1);
}

type Mark = Exclude<JudgeAnswer, "UNDECIDED"> | "dropped" | "missing";

/** A mark for each vote on an item, and the same in words. */
export function pips({ pass, fail, unclear, dropped }: Pick<JudgedItemDetailFragment, "pass" | "fail" | "unclear" | "dropped">, votes: number): { marks: Mark[]; told: string } {
  const missing = Math.max(votes - pass - fail - unclear - dropped, 0);
  const counts: [Mark, number, string][] = [["PASS", pass, "pass"], ["FAIL", fail, "fail"], ["UNCLEAR", unclear, "unclear"], ["dropped", dropped, "without evidence"], ["missing", missing, "did not come in"]];
  return {
    marks: counts.flatMap(([mark, count]) => Array.from({ length: count }, () => mark)),
    told: counts.filter(([, count]) => count > 0).map(([, count, word]) => `${count} ${word}`).join(", "),
  };
}

/** Whether a person and the judge say different things, both having decided. */
export function differs({ label, said }: Pick<LabelDetailFragment, "label" | "said">): boolean {
  const decided = (answer: JudgeAnswer) => answer === "PASS" || answer === "FAIL";
  return decided(label) && decided(said) && label !== said;
}

/** Where a value stands on a line, in percent of its length. */
export function placeOn(value: number, [from, to]: readonly [number, number]): number {
  return Math.min(Math.max(((value - from) / (to - from)) * 100, 0), 100);
}

/** What a κ is called, after Landis and Koch. */
export function kappaWord(kappa: number): string {
  if (kappa <= -0.005) return "less than by chance";
  const words = [[0.2, "slight"], [0.4, "fair"], [0.6, "moderate"], [0.8, "substantial"]] as const;
  return words.find(([below]) => kappa < below)?.[1] ?? "almost perfect";
}
