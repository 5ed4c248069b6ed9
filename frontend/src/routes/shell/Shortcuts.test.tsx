import { cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Key, KeyHints } from "@/ui/Key";
import { useKeys } from "@/ui/useKeys";
import Shortcuts from "./Shortcuts";

beforeEach(() => {
  window.localStorage.clear();
  vi.resetModules();
});
afterEach(cleanup);

function List({ onPress }: { onPress: (key: string) => void }) {
  useKeys({ a: () => onPress("a"), "1": () => onPress("1"), ArrowDown: () => onPress("down") });
  return <p><KeyHints>Press <Key>a</Key></KeyHints></p>;
}

it("lets letters and digits be switched off, and on again, and remembers it", async () => {
  const user = userEvent.setup();
  const pressed: string[] = [];
  render(<List onPress={(key) => pressed.push(key)} />);
  await user.keyboard("a1{ArrowDown}");
  expect(pressed).toEqual(["a", "1", "down"]);

  const help = render(<Shortcuts onClose={() => undefined} />);
  const dialog = within(screen.getByRole("dialog", { name: "Keyboard shortcuts" }));
  expect(dialog.getByRole("region", { name: "Items of a judgement" }).textContent).toContain("unclear");
  await user.click(dialog.getByRole("switch", { name: /Letters and digits/ }));
  expect(window.localStorage.getItem("semantest.shortcuts")).toBe("off");
  help.unmount();
  await user.keyboard("a1{ArrowDown}");
  // What no field takes as text is not what speech or a slip of the hand brings.
  expect(pressed).toEqual(["a", "1", "down", "down"]);
  expect(screen.queryByText(/Press/)).toBeNull();

  // Who comes again finds them as they were left.
  const again = await import("@/ui/shortcuts");
  expect(again.shortcutsOn()).toBe(false);

  render(<Shortcuts onClose={() => undefined} />);
  await user.click(screen.getByRole("switch", { name: /Letters and digits/ }));
  cleanup();
  render(<List onPress={(key) => pressed.push(key)} />);
  await user.keyboard("a");
  expect(pressed.at(-1)).toBe("a");
  expect(screen.getByText(/Press/)).toBeDefined();
});
