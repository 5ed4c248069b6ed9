import { useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Command } from "cmdk";
import { Braces, FilePlus2, Gauge, Keyboard, KeyboardOff, LayoutDashboard, type LucideIcon, Medal, Monitor, Moon, NotebookText, OctagonAlert, Scale, Settings, Sparkles, Sun, WandSparkles } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useDeferredValue, useRef, useState } from "react";
import { useQuery } from "urql";
import { useMay } from "@/auth/useIdentity";
import { PaletteSearchDocument } from "@/gql/graphql";
import { find } from "@/ui/find";
import { OutcomeIcon } from "@/ui/Outcome";
import { useShortcuts } from "@/ui/shortcuts";
import { type Theme, useTheme } from "@/ui/theme";
import { RelativeTime } from "@/ui/Time";
import { toast } from "@/ui/toast";

interface Entry {
  title: string;
  icon: LucideIcon;
  open: () => void;
}

const looks: { name: Theme; title: string; icon: LucideIcon }[] = [
  { name: "light", title: "Light looks", icon: Sun },
  { name: "dark", title: "Dark looks", icon: Moon },
  { name: "system", title: "Looks as the system", icon: Monitor },
];

/** Goes to any page, plan, case or run by a few letters of its name, and does what has no page; begun was typed before it was there. */
export default function Palette({ begun = "", onClose, onShortcuts }: { begun?: string; onClose: () => void; onShortcuts: () => void }) {
  const navigate = useNavigate();
  const shortcuts = useShortcuts();
  const { theme, setTheme } = useTheme();
  const mayWrite = useMay("tests:write");
  const mayRun = useMay("tests:execute");
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(begun);
  const [chosen, setChosen] = useState("");
  const search = useDeferredValue(text.trim());
  const [{ data, fetching }] = useQuery({ query: PaletteSearchDocument, variables: { search: search || null, words: search, searching: search !== "" } });
  const then = (act: () => unknown) => () => {
    onClose();
    act();
  };
  const switchShortcuts = (on: boolean) => {
    shortcuts.setOn(on);
    toast(on ? "Letters and digits are shortcuts again." : "Letters and digits are no shortcuts any more, in this browser.");
  };
  const words = text.trim().toLowerCase();
  const has = (name: string) => name.toLowerCase().includes(words);
  const pages: Entry[] = [
    { title: "Overview", icon: LayoutDashboard, open: then(() => navigate({ to: "/" })) },
    { title: "Plans", icon: NotebookText, open: then(() => navigate({ to: "/plans" })) },
    { title: "Runs", icon: Gauge, open: then(() => navigate({ to: "/runs" })) },
    { title: "Failed runs", icon: OctagonAlert, open: then(() => navigate({ to: "/runs", search: { status: ["FAILED", "ERRORED"] } })) },
    { title: "Assessments", icon: Medal, open: then(() => navigate({ to: "/assessments" })) },
    { title: "Generated cases", icon: Sparkles, open: then(() => navigate({ to: "/generations" })) },
    { title: "Calibration of the judge", icon: Scale, open: then(() => navigate({ to: "/assessments/calibration" })) },
    ...(["members", "tokens", "secrets", "webhooks", "limits", "audit", "workers"] as const).map((part) => ({
      title: `Settings: ${part}`, icon: Settings, open: then(() => navigate({ to: "/settings/$part", params: { part } })),
    })),
    { title: "API", icon: Braces, open: then(() => navigate({ to: "/graphiql" })) },
  ].filter(({ title }) => has(title));
  const actions: Entry[] = [
    ...(mayRun ? [{ title: "Generate cases", icon: WandSparkles, open: then(() => navigate({ to: "/generations/new" })) }] : []),
    ...(mayWrite ? [{ title: "Write a new plan", icon: FilePlus2, open: then(() => navigate({ to: "/plans/new" })) }] : []),
    { title: "Keyboard shortcuts", icon: Keyboard, open: then(onShortcuts) },
    { title: shortcuts.on ? "Switch single-key shortcuts off" : "Switch single-key shortcuts on", icon: shortcuts.on ? KeyboardOff : Keyboard, open: then(() => switchShortcuts(!shortcuts.on)) },
    ...looks.filter(({ name }) => name !== theme).map(({ name, title, icon }) => ({ title, icon, open: then(() => setTheme(name)) })),
  ].filter(({ title }) => has(title));
  // Until the server has answered, those of the letters before are there: Enter must not take one that is called otherwise.
  const stale = fetching || search !== text.trim();
  const plans = (data?.plans.nodes ?? []).filter(({ name }) => !stale || has(name));
  const cases = (data?.findCases ?? []).filter(({ title, caseKey }) => !stale || has(`${title} ${caseKey}`));
  const runs = (data?.runs.nodes ?? []).filter(({ id, name, environment }) => has(`${name} ${environment} ${id}`)).slice(0, 8);
  // What was chosen may be gone with the next letter; Enter then takes the first.
  const values = [plans, cases, runs].flatMap((found) => found.map(({ id }) => id));
  const titles = [...pages, ...actions].map(({ title }) => title);
  const all = words ? [...values, ...titles] : [...titles, ...values];
  const selected = all.includes(chosen) ? chosen : (all[0] ?? "");
  const places = [{ heading: "Go to", entries: pages }, { heading: "Do", entries: actions }].map(({ heading, entries }) => (
    <Group key={heading} heading={heading}>
      {entries.map(({ title, icon: Icon, open }) => (
        <Item key={title} value={title} onSelect={open}>
          <Icon size={16} className="shrink-0 text-faint" aria-hidden /> {title}
        </Item>
      ))}
    </Group>
  ));
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className={find.veil} />
        <Dialog.Content
          aria-describedby={undefined}
          className={find.frame}
          onOpenAutoFocus={(event) => {
            // By itself it would select what was typed so far, and the next letter replace it.
            event.preventDefault();
            field.current?.focus();
            field.current?.setSelectionRange(text.length, text.length);
          }}
        >
          <Dialog.Title className="sr-only">Find</Dialog.Title>
          <Command label="Find" shouldFilter={false} loop value={selected} onValueChange={setChosen}>
            <Command.Input
              ref={field}
              value={text}
              onValueChange={setText}
              placeholder={find.hint}
              className={clsx(find.field, "outline-none placeholder:text-faint")}
            />
            <Command.List className={find.list}>
              <Command.Empty className="p-6 text-center text-sm text-faint">Nothing is called that.</Command.Empty>
              {words ? null : places}
              <Group heading="Plans">
                {plans.map(({ id, name }) => (
                  <Item key={id} value={id} onSelect={then(() => navigate({ to: "/plans/$planId", params: { planId: id } }))}>
                    <NotebookText size={16} className="shrink-0 text-faint" aria-hidden />
                    <span className="truncate">{name}</span>
                  </Item>
                ))}
              </Group>
              <Group heading="Cases">
                {cases.map(({ id, title, outcome, status, run }) => (
                  <Item key={id} value={id} onSelect={then(() => navigate({ to: "/runs/$runId/results/$resultId", params: { runId: run.id, resultId: id } }))}>
                    <OutcomeIcon state={outcome ?? status} />
                    <span className="truncate">{title}</span>
                    <span className="ml-auto max-w-[40%] shrink-0 truncate text-xs text-faint">{run.name}</span>
                  </Item>
                ))}
              </Group>
              <Group heading="Runs">
                {runs.map(({ id, name, status, createdAt, environment }) => (
                  <Item key={id} value={id} onSelect={then(() => navigate({ to: "/runs/$runId", params: { runId: id } }))}>
                    <OutcomeIcon state={status} />
                    <span className="truncate">{name}</span>
                    <span className="ml-auto flex shrink-0 gap-2 text-xs text-faint">
                      {environment} <RelativeTime at={createdAt} />
                    </span>
                  </Item>
                ))}
              </Group>
              {words ? places : null}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Command.Group heading={heading} className="**:[[cmdk-group-heading]]:px-2.5 **:[[cmdk-group-heading]]:pt-2 **:[[cmdk-group-heading]]:pb-1 **:[[cmdk-group-heading]]:text-xs **:[[cmdk-group-heading]]:text-faint">
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, children }: { value: string; onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item value={value} onSelect={onSelect} className={clsx(find.row, "cursor-pointer data-[selected=true]:bg-hover")}>
      {children}
    </Command.Item>
  );
}
