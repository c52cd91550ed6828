import { defineConfig } from "vite";

/** The console is served at `/`; its files lie under `/console/`. `PARLEY_DEV_SERVER` is where
 * `npm run dev` finds the API. */
const server = process.env.PARLEY_DEV_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/console/",
  build: {
    outDir: "../../server/static/console",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      // "use client" means nothing here, and Base UI says it in every file.
      onLog(level, log, tell) {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") tell(level, log);
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: server },
      "/ws": { target: server, ws: true },
    },
  },
});
