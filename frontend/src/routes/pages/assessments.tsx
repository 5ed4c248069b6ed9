import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { AssessmentListPage } from "@/features/assessments/AssessmentListPage";
import { AssessmentPage } from "@/features/assessments/AssessmentPage";
import { CompareAssessmentsPage } from "@/features/assessments/CompareAssessmentsPage";

export { CalibrationPage as Calibration } from "@/features/assessments/CalibrationPage";

const list = getRouteApi("/assessments");
const one = getRouteApi("/assessments/$assessmentId");
const compare = getRouteApi("/assessments/compare");

export function Assessments() {
  return <AssessmentListPage after={list.useSearch().after} />;
}

export function OneAssessment() {
  const { assessmentId } = one.useParams();
  return <AssessmentPage key={assessmentId} assessmentId={assessmentId} />;
}

export function CompareAssessments() {
  const { a, b } = compare.useSearch();
  const navigate = useNavigate();
  return <CompareAssessmentsPage a={a} b={b} onChoose={(search) => void navigate({ to: "/assessments/compare", search, replace: true, resetScroll: false })} />;
}
