import { useMemo } from "react";
import { useQuery } from "urql";
import { type EarlierLoadsQuery, EarlierLoadsDocument, LoadPlaceDocument, type LoadPlaceQuery, type Outcome } from "@/gql/graphql";

export interface Earlier {
  resultId: string;
  runId: string;
  createdAt: string;
  outcome: Outcome;
  version: number;
  sameVersion: boolean;
}

/** The same load in earlier runs, the newest first: those that a threshold would be compared with by default. */
export function useEarlier(resultId: string): Earlier[] {
  const [{ data: place }] = useQuery({ query: LoadPlaceDocument, variables: { id: resultId } });
  const here = place?.result ?? null;
  const [{ data: runs }] = useQuery({ query: EarlierLoadsDocument, variables: { planId: here?.run.plan.id ?? "" }, pause: !here });
  return useMemo(() => (here && runs ? earlierOf(here, runs.runs.nodes) : []), [here, runs]);
}

type Place = NonNullable<LoadPlaceQuery["result"]>;

export function earlierOf({ id, caseKey, run }: Place, runs: EarlierLoadsQuery["runs"]["nodes"]): Earlier[] {
  return runs
    .filter((each) => each.environment === run.environment && each.createdAt < run.createdAt)
    .flatMap(({ id: runId, createdAt, planVersion, results }) => {
      const same = results.nodes.find((result) => result.caseKey === caseKey && result.id !== id);
      if (!same?.outcome) return [];
      const { outcome } = same;
      return [{ resultId: same.id, runId, createdAt, outcome, version: planVersion.number, sameVersion: planVersion.id === run.planVersion.id }];
    })
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}
