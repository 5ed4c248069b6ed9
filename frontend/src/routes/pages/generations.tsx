import { getRouteApi } from "@tanstack/react-router";
import { GenerationListPage } from "@/features/generations/GenerationListPage";
import { GenerationPage } from "@/features/generations/GenerationPage";
import { NewGenerationPage } from "@/features/generations/NewGenerationPage";

const list = getRouteApi("/generations");
const fresh = getRouteApi("/generations/new");
const one = getRouteApi("/generations/$generationId");

export function Generations() {
  return <GenerationListPage after={list.useSearch().after} />;
}

export function NewGeneration() {
  return <NewGenerationPage planId={fresh.useSearch().plan} />;
}

export function OneGeneration() {
  const { generationId } = one.useParams();
  return <GenerationPage key={generationId} generationId={generationId} />;
}
