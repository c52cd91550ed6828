/** Starts the console: preferences first, so that nothing flickers, then who sits here. */
import "@fontsource-variable/inter";
import "./styles/index.css";
import { createRoot } from "react-dom/client";
import { applyPreferences } from "./preferences/actions";
import { followHistory } from "./route/actions";
import { resumeSession } from "./session/actions";
import { App } from "./shell/view";

applyPreferences();
followHistory();
void resumeSession();

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
