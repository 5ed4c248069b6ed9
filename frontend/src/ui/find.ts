/** The looks of the palette, the same while it is on its way: nothing moves when it comes. */
export const find = {
  veil: "fixed inset-0 z-40 bg-[rgb(0_0_0/45%)]",
  frame: "fixed top-[12vh] left-1/2 z-50 w-[min(36rem,calc(100vw-24px))] -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-raised shadow-xl",
  field: "h-12 w-full border-b border-line bg-transparent px-4 text-base",
  hint: "Find plans, cases, runs and pages",
  list: "h-[min(24rem,60vh)] overflow-y-auto p-1.5",
  row: "flex h-9 items-center gap-2.5 rounded-md px-2.5 text-sm",
};
