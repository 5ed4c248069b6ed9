import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { WhichIsBetter } from "@/features/assessments/WhichIsBetter";
import { ComparePage } from "@/features/compare/ComparePage";

const compare = getRouteApi("/runs/$runId/compare");

export function Compare() {
  const { runId } = compare.useParams();
  const search = compare.useSearch();
  const navigate = useNavigate();
  return (
    <ComparePage
      key={runId}
      runId={runId}
      search={search}
      onSearch={(change) => void navigate({ to: "/runs/$runId/compare", params: { runId }, search: { ...search, ...change }, replace: true, resetScroll: false })}
      judge={(beforeId) => <WhichIsBetter key={beforeId} beforeId={beforeId} runId={runId} />}
    />
  );
}
