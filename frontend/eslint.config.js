import { readdirSync } from "node:fs";
import { defineConfig } from "eslint/config";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("src/features", import.meta.url));

export default defineConfig(
  { ignores: ["dist", "node_modules", "src/gql"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, reactHooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // It never ends on types that hold themselves, as those of graphql do.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  // Walls: routes join features, features never know each other, and what all
  // of them stand on knows none of them.
  ...features.map((own) => ({
    files: [`src/features/${own}/**`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@/routes/**", "@/features/**", `!@/features/${own}`, `!@/features/${own}/**`],
              message: "A feature knows neither another feature nor the routes; a route joins them.",
            },
            { group: ["../../**"], message: "Leave a feature by @/ so that its walls can be seen." },
          ],
        },
      ],
    },
  })),
  {
    files: ["src/{ui,graphql,auth}/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@/routes/**", "@/features/**"], message: "Features stand on this; it knows none of them." }] },
      ],
    },
  },
);
