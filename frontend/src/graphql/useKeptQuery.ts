import { useState } from "react";
import { type AnyVariables, useQuery, type UseQueryArgs, type UseQueryResponse } from "urql";

/**
 * useQuery for what is read again and again: while the server is away, the
 * page keeps what it has, beside the error.
 */
export function useKeptQuery<Data, Variables extends AnyVariables>(args: UseQueryArgs<Variables, Data>): UseQueryResponse<Data, Variables> {
  const [result, read] = useQuery(args);
  const asked = JSON.stringify(args.variables);
  const [kept, setKept] = useState<{ asked: string; data: Data | undefined }>({ asked, data: undefined });
  if (result.data && (kept.data !== result.data || kept.asked !== asked)) setKept({ asked, data: result.data });
  const data = result.data ?? (kept.asked === asked ? kept.data : undefined);
  return [{ ...result, data }, read];
}
