import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { AssessmentListPage } from "@/features/assessments/AssessmentListPage";
import { AssessmentPage } from "@/features/assessments/AssessmentPage";
import { CalibrationPage } from "@/features/assessments/CalibrationPage";
import { CompareAssessmentsPage } from "@/features/assessments/CompareAssessmentsPage";

const list = getRouteApi("/assessments");
const one = getRouteApi("/assessments/$assessmentId");
const calibration = getRouteApi("/assessments/calibration");
const compare = getRouteApi("/assessments/compare");

export function Assessments() {
  return <AssessmentListPage after={list.useSearch().after} />;
}

export function OneAssessment() {
  const { assessmentId } = one.useParams();
  return <AssessmentPage key={assessmentId} assessmentId={assessmentId} />;
}

export function Calibration() {
  const { after } = calibration.useSearch();
  return <CalibrationPage key={after} after={after} />;
}

export function CompareAssessments() {
  const { a, b } = compare.useSearch();
  const navigate = useNavigate();
  return <CompareAssessmentsPage a={a} b={b} onChoose={(search) => void navigate({ to: "/assessments/compare", search, replace: true, resetScroll: false })} />;
}
