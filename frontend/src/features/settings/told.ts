import type { CombinedError } from "urql";
import { messageOf } from "@/graphql/client";
import { toast } from "@/ui/toast";

/** Says how a change went; whether it went well. */
export function told(error: CombinedError | undefined, done: string): boolean {
  if (error) toast(messageOf(error), "wrong");
  else toast(done);
  return !error;
}
