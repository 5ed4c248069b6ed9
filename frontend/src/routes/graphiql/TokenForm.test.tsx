import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../../auth/session";
import { SessionNotice } from "./SessionNotice";
import { TokenForm } from "./TokenForm";

afterEach(cleanup);

const missing: Session = { status: "missing" };
const field = () => screen.getByLabelText<HTMLInputElement>("API token");

describe("TokenForm", () => {
  it("hands over what was entered, once it is submitted", async () => {
    const onSubmit = vi.fn();
    render(<TokenForm token="" session={missing} onSubmit={onSubmit} />);
    await userEvent.type(field(), "smt_a");
    expect(onSubmit).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole("button", { name: "Use" }));
    expect(onSubmit).toHaveBeenCalledExactlyOnceWith("smt_a");
  });

  it("follows a token that comes from elsewhere", async () => {
    const { rerender } = render(<TokenForm token="smt_a" session={missing} onSubmit={vi.fn()} />);
    await userEvent.type(field(), "x");
    expect(field().value).toBe("smt_ax");
    rerender(<TokenForm token="smt_b" session={missing} onSubmit={vi.fn()} />);
    expect(field().value).toBe("smt_b");
  });

  it("hides the token and marks a refused one", () => {
    render(<TokenForm token="smt_a" session={{ status: "refused", message: "no" }} onSubmit={vi.fn()} />);
    expect(field().type).toBe("password");
    expect(field().getAttribute("aria-invalid")).toBe("true");
  });
});

describe("SessionNotice", () => {
  it.each<[string, Session, RegExp]>([
    ["a missing token", missing, /Enter an API token.*semantest token create/],
    ["a refused token", { status: "refused", message: "not valid" }, /not accept this token.*semantest token create/],
    ["a lost server", { status: "unreachable", message: "The server cannot be reached." }, /cannot be reached/],
    ["a good token", { status: "accepted", project: "Shop", permissions: ["tests:read"] }, /Project Shop · may tests:read/],
  ])("explains %s", (_name, session, text) => {
    render(<SessionNotice session={session} />);
    expect(screen.getByRole("status").textContent).toMatch(text);
  });
});
