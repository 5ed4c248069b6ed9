import { getRouteApi } from "@tanstack/react-router";
import { AssessmentListPage } from "@/features/assessments/AssessmentListPage";
import { AssessmentPage } from "@/features/assessments/AssessmentPage";

const list = getRouteApi("/assessments");
const one = getRouteApi("/assessments/$assessmentId");

export function Assessments() {
  return <AssessmentListPage after={list.useSearch().after} />;
}

export function OneAssessment() {
  const { assessmentId } = one.useParams();
  return <AssessmentPage key={assessmentId} assessmentId={assessmentId} />;
}
