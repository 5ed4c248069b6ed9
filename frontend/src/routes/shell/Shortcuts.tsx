import { clsx } from "clsx";
import { Fragment } from "react";
import { Dialog } from "@/ui/Dialog";
import { Cap } from "@/ui/Key";
import { findShortcut, useShortcuts } from "@/ui/shortcuts";

const groups: { where: string; keys: { press: string[]; does: string; plain?: true }[] }[] = [
  {
    where: "Everywhere",
    keys: [
      { press: [findShortcut], does: "find plans, cases, runs and pages", plain: true },
      { press: ["?"], does: "this list" },
    ],
  },
  {
    where: "Lists",
    keys: [
      { press: ["↓", "↑"], does: "next and previous", plain: true },
      { press: ["Home", "End"], does: "first and last case of a run", plain: true },
    ],
  },
  {
    where: "Review of pictures",
    keys: [
      { press: ["j", "k"], does: "next and previous" },
      { press: ["x"], does: "choose several" },
      { press: ["a"], does: "accept" },
      { press: ["v"], does: "also right" },
      { press: ["r"], does: "reject" },
      { press: ["1", "2", "3", "4", "5"], does: "ways to look" },
    ],
  },
  {
    where: "Generated cases",
    keys: [
      { press: ["j", "k"], does: "next and previous" },
      { press: ["c"], does: "choose several" },
      { press: ["a"], does: "approve" },
      { press: ["x"], does: "reject" },
    ],
  },
  {
    where: "Items of a judgement",
    keys: [
      { press: ["j", "k"], does: "next and previous" },
      { press: ["p"], does: "pass" },
      { press: ["f"], does: "fail" },
      { press: ["u"], does: "unclear" },
    ],
  },
];

/** Which keys do what, and whether letters and digits do anything. */
export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const { on, setOn } = useShortcuts();
  return (
    <Dialog open onOpenChange={onClose} title="Keyboard shortcuts">
      <label className="mb-4 flex items-start gap-2.5 rounded-md border border-line p-3 text-sm">
        <input type="checkbox" role="switch" checked={on} onChange={(event) => setOn(event.target.checked)} className="mt-0.5" />
        <span>
          <span className="block font-medium">Letters and digits are shortcuts</span>
          <span className="text-soft">Switch them off when you speak to your computer, or when keys are pressed by mistake. This browser remembers it.</span>
        </span>
      </label>
      <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
        {groups.map(({ where, keys }) => (
          <section key={where} aria-label={where}>
            <h3 className="mb-1 text-sm font-semibold">{where}</h3>
            <ul className="grid gap-1 text-sm">
              {keys.map(({ press, does, plain }) => (
                <li key={does} className="flex items-baseline gap-2">
                  <span className={clsx("whitespace-nowrap", !on && !plain && "text-faint line-through")}>
                    {press.map((key, i) => <Fragment key={key}>{i > 0 ? " " : ""}<Cap>{key}</Cap></Fragment>)}
                  </span>
                  <span className="min-w-0 text-soft">{does}</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
