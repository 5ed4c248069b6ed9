import { afterEach, expect, it, vi } from "vitest";
import { mendGraphiql } from "./mend";

afterEach(() => document.body.replaceChildren());

it("names editors and tabs, also those that are drawn later", async () => {
  document.body.innerHTML = `<div id="page"><ul role="tablist"><li role="tab" aria-selected="true" class="graphiql-tab graphiql-tab-active"><button>One</button><button>Close</button></li></ul>
    <div class="graphiql-query-editor"><textarea></textarea><div class="CodeMirror-scroll" tabindex="-1"></div></div></div>`;
  const page = document.getElementById("page");
  if (!page) throw new Error("there is no page");
  const end = mendGraphiql(page);
  expect(page.querySelector("textarea")?.getAttribute("aria-label")).toBe("Operation");
  expect(page.querySelector(".CodeMirror-scroll")?.getAttribute("tabindex")).toBe("0");
  expect(page.querySelectorAll("[role]")).toHaveLength(0);
  expect(page.querySelector("button")?.getAttribute("aria-current")).toBe("true");
  page.insertAdjacentHTML("beforeend", `<div class="result-window"><textarea></textarea></div>`);
  await vi.waitFor(() => expect(page.querySelector(".result-window textarea")?.getAttribute("aria-label")).toBe("Answer"));
  end();
});
