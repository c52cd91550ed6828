import { defineConfig } from "vite";

/** The loader: `/widget.js`, one classic script under a lasting name. */
export default defineConfig({
  build: {
    outDir: "../../server/static",
    emptyOutDir: false,
    lib: {
      entry: "src/loader/loader.ts",
      formats: ["iife"],
      name: "parleyLoader",
      fileName: () => "widget.js",
    },
  },
});
