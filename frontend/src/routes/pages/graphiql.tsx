export { GraphiqlPage as Graphiql } from "@/features/api/graphiql/GraphiqlPage";
