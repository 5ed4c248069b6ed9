import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Braces, Gauge, LayoutDashboard, type LucideIcon, Medal, NotebookText, Search, WandSparkles } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Brand } from "@/ui/Brand";
import { Button, IconButton } from "@/ui/Button";
import { ErrorBoundary } from "@/ui/ErrorBoundary";
import { findShortcut } from "@/ui/shortcuts";
import { useKeys } from "@/ui/useKeys";
import { ConnectionLight } from "./ConnectionLight";
import { Find } from "./Find";
import { ProjectSwitcher } from "./ProjectSwitcher";
import { UserMenu } from "./UserMenu";

const Shortcuts = lazy(() => import("./Shortcuts"));

const places: { to: "/" | "/plans" | "/runs" | "/assessments" | "/generations" | "/graphiql"; title: string; icon: LucideIcon }[] = [
  { to: "/", title: "Overview", icon: LayoutDashboard },
  { to: "/plans", title: "Plans", icon: NotebookText },
  { to: "/runs", title: "Runs", icon: Gauge },
  { to: "/assessments", title: "Quality", icon: Medal },
  { to: "/generations", title: "Generate", icon: WandSparkles },
  { to: "/graphiql", title: "API", icon: Braces },
];

/** What stands around every page: where one can go, whom one acts for, and how the connection does. */
export function Shell() {
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setSearching((open) => !open);
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  useKeys({ "?": () => setHelping(true) });
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[3.5rem_minmax(0,1fr)] xl:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a
        href="#page"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
        className="fixed -top-20 left-2 z-60 rounded-md bg-accent px-3 py-2 text-on-accent focus:top-2"
      >
        Skip to the page
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-sunken px-3 md:h-dvh md:flex-col md:items-stretch md:gap-1 md:border-r md:border-b-0 md:px-2 md:py-3">
        <Link to="/" aria-label="Semantest, overview" className="rounded-md md:mb-2 md:px-2 xl:mb-3">
          <span className="md:max-xl:hidden max-md:hidden">
            <Brand />
          </span>
          <span className="block w-6 overflow-hidden whitespace-nowrap xl:hidden">
            <Brand />
          </span>
        </Link>
        <ProjectSwitcher />
        <Button onClick={() => setSearching(true)} className="hidden! justify-start! text-faint! xl:mb-2 xl:inline-flex!">
          <Search size={14} aria-hidden /> Find <kbd className="ml-auto font-sans text-xs">{findShortcut}</kbd>
        </Button>
        <IconButton label="Find" onClick={() => setSearching(true)} className="max-md:ml-auto md:mx-auto xl:hidden!">
          <Search size={17} aria-hidden />
        </IconButton>
        <nav aria-label="Pages" className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-sunken pb-[env(safe-area-inset-bottom)] md:static md:grid md:gap-0.5 md:border-0 md:pb-0">
          {places.map(({ to, title, icon: Icon }) => {
            const here = to === "/" ? path === "/" : path.startsWith(to);
            return (
              <Link
                key={to}
                to={to}
                aria-current={here ? "page" : undefined}
                title={title}
                className={clsx(
                  "flex flex-1 flex-col items-center gap-0.5 rounded-md py-1.5 text-xs md:h-9 md:flex-none md:flex-row md:gap-2.5 md:px-2.5 md:py-0 md:text-sm",
                  here ? "text-text md:bg-hover md:font-medium" : "text-soft hover:text-text md:hover:bg-hover",
                )}
              >
                <Icon size={17} aria-hidden className={here ? "text-accent" : ""} />
                <span className="md:max-xl:sr-only">{title}</span>
              </Link>
            );
          })}
        </nav>
        <div className="flex items-center gap-1 md:mt-auto md:flex-col xl:flex-row">
          <ConnectionLight />
          <UserMenu onShortcuts={() => setHelping(true)} />
        </div>
      </header>
      <main id="page" ref={main} tabIndex={-1} className="min-w-0 pb-16 outline-none md:pb-0">
        <ErrorBoundary key={path}>
          <Outlet />
        </ErrorBoundary>
      </main>
      {searching ? <Find onClose={() => setSearching(false)} onShortcuts={() => setHelping(true)} /> : null}
      {helping ? (
        <Suspense>
          <Shortcuts onClose={() => setHelping(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}
