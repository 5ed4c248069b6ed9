import { useNavigate } from "@tanstack/react-router";
import { Keyboard, LogOut, Monitor, Moon, Settings, Sun, UserRound } from "lucide-react";
import { identity, useIdentity } from "@/auth/useIdentity";
import { IconButton } from "@/ui/Button";
import { Menu, MenuChoice, MenuHeading, MenuItem, MenuLine } from "@/ui/Menu";
import { type Theme, useTheme } from "@/ui/theme";
import { toast } from "@/ui/toast";

const themes: { name: Theme; title: string; icon: typeof Sun }[] = [
  { name: "system", title: "As the system", icon: Monitor },
  { name: "light", title: "Light", icon: Sun },
  { name: "dark", title: "Dark", icon: Moon },
];

export function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { user, by } = useIdentity();
  const navigate = useNavigate();
  const { theme, setTheme } = useTheme();
  return (
    <Menu
      trigger={
        <IconButton label="Account and looks">
          <UserRound size={17} aria-hidden />
        </IconButton>
      }
    >
      <MenuHeading>{user ? user.name || user.email : "API token"}</MenuHeading>
      <MenuLine />
      <MenuHeading>Looks</MenuHeading>
      {themes.map(({ name, title, icon: Icon }) => (
        <MenuChoice key={name} chosen={theme === name} onSelect={() => setTheme(name)}>
          <Icon size={15} aria-hidden /> {title}
        </MenuChoice>
      ))}
      <MenuLine />
      <MenuItem onSelect={onShortcuts}>
        <Keyboard size={15} aria-hidden /> Keyboard shortcuts
      </MenuItem>
      <MenuItem onSelect={() => void navigate({ to: "/settings/$part", params: { part: "members" } })}>
        <Settings size={15} aria-hidden /> Settings
      </MenuItem>
      <MenuItem
        onSelect={() =>
          void identity.logout().catch((error: unknown) => toast(error instanceof Error ? error.message : String(error), "wrong"))
        }
      >
        <LogOut size={15} aria-hidden /> {by === "token" ? "Forget the token" : "Sign out"}
      </MenuItem>
    </Menu>
  );
}
