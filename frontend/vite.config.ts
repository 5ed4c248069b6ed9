import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The address of a running `semantest serve`, for `npm run dev`.
const api = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), withoutEmbeddedFonts()],
  build: {
    // A check of `default-src 'self'` must not meet a data: address.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: "codemirror", test: /node_modules\/codemirror\// },
            { name: "graphql", test: /node_modules\/(graphql|graphql-language-service)\// },
            { name: "graphiql-ui", test: /node_modules\/(@radix-ui|@floating-ui|framer-motion|motion-dom|motion-utils|markdown-it|entities|linkify-it|mdurl|uc\.micro|zustand)\// },
            { name: "headless-ui", test: /node_modules\/(@headlessui|@react-aria|react-aria|react-stately|@react-types)\// },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/graphql": { target: api, ws: true } },
    // Tests hold the example queries to the schema.
    fs: { allow: [".", "../graph/schema"] },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});

// GraphiQL's stylesheet carries 370 kB of fonts as data: addresses. The pages
// use the system's fonts, and a policy of 'self' would refuse these anyway.
function withoutEmbeddedFonts(): Plugin {
  return {
    name: "without-embedded-fonts",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("/graphiql/dist/style.css")) return null;
      return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ""), map: null };
    },
  };
}
