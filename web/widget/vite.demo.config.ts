import { defineConfig } from "vite";

/** A customer's site with the widget on it: `/demo/`. */
export default defineConfig({
  root: "demo",
  base: "/demo/",
  build: {
    outDir: "../../../server/static/demo",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
});
