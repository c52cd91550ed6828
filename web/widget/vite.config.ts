import { defineConfig } from "vite";

/** The frame's app: `/widget/`. */
export default defineConfig({
  base: "/widget/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../server/static/widget",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
});
