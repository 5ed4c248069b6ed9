import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

interface Props<Name extends string> {
  label: string;
  value: Name;
  onChange: (name: Name) => void;
  tabs: { name: Name; title: ReactNode; content: ReactNode }[];
}

/** Tabs whose choice the caller keeps, mostly in the address. */
export function Tabs<Name extends string>({ label, value, onChange, tabs }: Props<Name>) {
  return (
    <Radix.Root value={value} onValueChange={(name) => onChange(name as Name)}>
      <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map(({ name, title }) => (
          <Radix.Trigger
            key={name}
            value={name}
            className="-mb-px flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2.5 text-sm whitespace-nowrap text-soft hover:text-text focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text"
          >
            {title}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ name, content }) => (
        <Radix.Content key={name} value={name} className="pt-4 outline-none">
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
