export { OverviewPage as Overview } from "@/features/overview/OverviewPage";
