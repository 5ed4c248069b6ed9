/** A step of a case under way, with the times at which this page saw it. */
export interface ObservedStep {
  index: number;
  /** How many steps the case has. */
  of: number | null;
  /** Empty where it passed between two looks. */
  name: string;
  startedAt: number;
  /** null while it goes on. */
  endedAt: number | null;
}
