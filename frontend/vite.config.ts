import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The address of a running `semantest serve`, for `npm run dev`.
const api = process.env.SEMANTEST_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwind(), withoutEmbeddedFonts()],
  resolve: {
    alias: { "@docs": fileURLToPath(new URL("../docs", import.meta.url)), "@": fileURLToPath(new URL("src", import.meta.url)) },
  },
  build: {
    // A check of `default-src 'self'` must not meet a data: address.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: "router", test: /node_modules\/@tanstack\/(react-router|router-core|history|react-store|store)\// },
            { name: "graphql-client", test: /node_modules\/(urql|@urql|wonka|@0no-co|graphql-ws)\// },
            { name: "editor", test: /node_modules\/(@codemirror|@lezer|crelt|style-mod|w3c-keyname)\// },
            { name: "graphiql-editor", test: /node_modules\/codemirror\// },
            { name: "graphql", test: /node_modules\/(graphql|graphql-language-service)\// },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/graphql": { target: api, ws: true }, "/artifacts": api, "/baselines": api, "/auth": api },
    // Tests hold the operations to the schema, and the editor knows the plan's.
    fs: { allow: [".", "../graph/schema", "../docs"] },
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
