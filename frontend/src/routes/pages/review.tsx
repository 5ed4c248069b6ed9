import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ReviewPage } from "@/features/visual/ReviewPage";

const review = getRouteApi("/runs/$runId/review");

export function Review() {
  const { runId } = review.useParams();
  const search = review.useSearch();
  const navigate = useNavigate();
  return <ReviewPage key={runId} runId={runId} search={search} onSearch={(change) => void navigate({ to: "/runs/$runId/review", params: { runId }, search: { ...search, ...change }, replace: true, resetScroll: false })} />;
}
