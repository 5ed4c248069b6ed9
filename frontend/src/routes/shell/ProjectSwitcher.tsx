import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown } from "lucide-react";
import { identity, useIdentity } from "@/auth/useIdentity";
import { Button } from "@/ui/Button";
import { Menu, MenuChoice, MenuHeading } from "@/ui/Menu";

/** The project that everything is read from, and those one can switch to. */
export function ProjectSwitcher() {
  const { project, projects, by } = useIdentity();
  const navigate = useNavigate();
  const name = project?.name ?? "No project";
  if (by === "token" || projects.length < 2) {
    return (
      <p className="min-w-0 truncate px-1 text-sm font-medium md:hidden xl:mb-1 xl:block xl:px-2.5" title={name}>
        {name}
      </p>
    );
  }
  return (
    <Menu
      align="start"
      trigger={
        <Button aria-label={`Project: ${name}`} title={name} className="min-w-0! shrink! justify-between! md:mb-1 md:px-2!">
          <span className="truncate md:max-xl:hidden">{name}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-faint" />
        </Button>
      }
    >
      <MenuHeading>Projects</MenuHeading>
      {projects.map(({ id, slug, name: title }) => (
        <MenuChoice
          key={id}
          chosen={id === project?.id}
          onSelect={() => {
            // What is shown belongs to the other project.
            void navigate({ to: "/" }).then(() => identity.switchProject(slug));
          }}
        >
          <span className="max-w-64 truncate">{title}</span>
        </MenuChoice>
      ))}
    </Menu>
  );
}
